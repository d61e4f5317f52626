package graphql_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/graphql"
)

const schema = `
	schema { query: QueryRoot }
	type QueryRoot { box(deep: Boolean): Box, nodes(ids: [ID!]!): [Node]! }
	interface Node { id: ID! }
	type Box implements Node { id: ID!, label: String, inner: Box }
`

// box is an object with another one in it.
type box struct{ inner *box }

func (*box) TypeName() string { return "Box" }

func (b *box) Field(_ *graphql.Execution, name string, _ map[string]any) (any, *graphql.Error) {
	switch name {
	case "id":
		return "1", nil
	case "label":
		return nil, graphql.Coded("BROKEN", "The label is broken.")
	}
	if b.inner == nil {
		return nil, nil
	}
	return b.inner, nil
}

type root struct{}

func (root) TypeName() string { return "QueryRoot" }

func (root) Field(x *graphql.Execution, name string, args map[string]any) (any, *graphql.Error) {
	if name == "box" {
		x.WarnOfSearch("q", []string{"w"})
		return &box{inner: &box{}}, nil
	}
	return make([]graphql.Object, len(args["ids"].([]any))), nil
}

func TestResponseOfAQuery(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		`{ box { a: id inner { id inner { id } } } }`: `{"data":{"box":{"a":"1","inner":{"id":"1","inner":null}}},` +
			`"extensions":{"cost":COST,"search":[{"path":["box"],"query":"q","parsed":{},"warnings":["w"]}]}}`,
		`{ box { label } }`: `{"data":{"box":{"label":null}},"errors":[{"message":"The label is broken.",` +
			`"path":["box","label"],"extensions":{"code":"BROKEN"}}],"extensions":{"cost":COST,` +
			`"search":[{"path":["box"],"query":"q","parsed":{},"warnings":["w"]}]}}`,
		`{ box { it: inner { secret: id } } nodes(ids: ["1"]) { id } }`: `{"data":{"box":{"it":null},"nodes":[null]},` +
			`"errors":[{"message":"Access denied for id field.","path":["box","it","secret"],` +
			`"extensions":{"code":"ACCESS_DENIED"}}],"extensions":{"cost":COST,"search":[{"path":["box"],"query":"q","parsed":{},"warnings":["w"]}]}}`,
	} {
		x, errs := graphql.NewSchema(schema).Parse(query, "").Bind(nil, graphql.Rules{
			Denied: func(field string) bool { return field == "Box.id" && strings.Contains(query, "secret") },
		})
		require.Empty(t, errs)
		x.Run(root{})
		cost := `{"requestedQueryCost":0,"actualQueryCost":null,` +
			`"throttleStatus":{"maximumAvailable":0,"currentlyAvailable":0,"restoreRate":0}}`
		require.JSONEq(t, strings.ReplaceAll(want, "COST", cost), string(x.Response(graphql.CostReport{})), query)
	}
}

func TestCostOfALookUpByIDs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		asOne     bool
		requested float64
	}{{false, 3}, {true, 1}} {
		x, errs := graphql.NewSchema(schema).Parse(`{ nodes(ids: ["1", "2", "3"]) { id } }`, "").Bind(nil, graphql.Rules{
			Denied: func(string) bool { return false }, NodesCostOne: tt.asOne,
		})
		require.Empty(t, errs)
		require.InDelta(t, tt.requested, x.RequestedCost(), 0)
	}
}

func TestADocumentThatCannotRun(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ query, operation, kind, code string }{
		"no field":        {`{ bag }`, "", "invalid", "undefinedField"},
		"not GraphQL":     {`{`, "", "invalid", "parseError"},
		"two operations":  {`query a { box { id } } query b { box { id } }`, "", "invalid", "operationNotFound"},
		"another name":    {`query a { box { id } }`, "b", "invalid", "operationNotFound"},
		"variables":       {`query($deep: Boolean!) { box(deep: $deep) { id } }`, "", "box", "INVALID_VARIABLE"},
		"only a fragment": {`query { ...f } fragment f on QueryRoot { box { ids } }`, "", "invalid", "undefinedField"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := graphql.NewSchema(schema).Parse(tt.query, tt.operation)
			require.Equal(t, tt.kind, q.Kind())
			_, errs := q.Bind(nil, graphql.Rules{})
			require.NotEmpty(t, errs)
			require.Equal(t, tt.code, errs[0].Code())
		})
	}
	require.Equal(t, "other", graphql.NewSchema(schema).
		Parse(`query { ...f } fragment f on QueryRoot { box { id } }`, "").Kind())
}
