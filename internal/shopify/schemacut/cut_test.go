package main

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"
)

const introspection = `{"queryType":{"name":"Q"},"mutationType":{"name":"M"},"types":[
	{"kind":"OBJECT","name":"M","fields":[
		{"name":"feed","type":{"kind":"SCALAR","name":"Int"},"args":[
			{"name":"meals","type":{"kind":"LIST","ofType":{"kind":"INPUT_OBJECT","name":"Meal"}}}]}]},
	{"kind":"INPUT_OBJECT","name":"Meal","inputFields":[
		{"name":"of","type":{"kind":"NON_NULL","ofType":{"kind":"INPUT_OBJECT","name":"Food"}}},
		{"name":"for","type":{"kind":"SCALAR","name":"ID"}},
		{"name":"by","type":{"kind":"ENUM","name":"By"}}]},
	{"kind":"INPUT_OBJECT","name":"Food","inputFields":[
		{"name":"grams","type":{"kind":"SCALAR","name":"Int"}},
		{"name":"sauce","type":{"kind":"INPUT_OBJECT","name":"Food"}}]},
	{"kind":"OBJECT","name":"Q","fields":[
		{"name":"cat","type":{"kind":"UNION","name":"Pet"},"args":[
			{"name":"by","type":{"kind":"ENUM","name":"By"},"defaultValue":"AGE"}]},
		{"name":"unused","type":{"kind":"OBJECT","name":"Unused"}},
		{"name":"old","type":{"kind":"SCALAR","name":"ID"},"isDeprecated":true,"deprecationReason":"gone"}]},
	{"kind":"UNION","name":"Pet","possibleTypes":[{"kind":"OBJECT","name":"Cat"},{"kind":"OBJECT","name":"Dog"}]},
	{"kind":"OBJECT","name":"Cat","fields":[
		{"name":"names","type":{"kind":"NON_NULL","ofType":{"kind":"LIST","ofType":{"kind":"NON_NULL","ofType":
			{"kind":"SCALAR","name":"String"}}}}},
		{"name":"age","type":{"kind":"SCALAR","name":"Int"}}]},
	{"kind":"OBJECT","name":"Dog","fields":[{"name":"age","type":{"kind":"SCALAR","name":"Int"}}]},
	{"kind":"OBJECT","name":"Unused","fields":[{"name":"age","type":{"kind":"SCALAR","name":"Int"}}]},
	{"kind":"ENUM","name":"By","enumValues":[{"name":"AGE"},{"name":"NAME"}]},
	{"kind":"SCALAR","name":"String"},{"kind":"SCALAR","name":"Int"},{"kind":"SCALAR","name":"ID"}]}`

func cutFor(t *testing.T, document string, old ...string) (string, error) {
	t.Helper()
	var full schema
	require.NoError(t, json.Unmarshal([]byte(introspection), &full))
	doc, err := parser.ParseQuery(&ast.Source{Input: document})
	require.NoError(t, err)
	out, err := cut(&full, doc, old...)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	formatter.NewFormatter(&b, formatter.WithIndent(" ")).FormatSchemaDocument(out)
	return b.String(), nil
}

func TestOnlyWhatIsUsedIsKept(t *testing.T) {
	t.Parallel()
	got, err := cutFor(t, `query q($by: By) { cat(by: $by) { __typename ... on Cat { ...n } } }
		fragment n on Cat { names }`)
	require.NoError(t, err)
	require.Equal(t, `schema {
 query: Q
}
enum By {
 AGE
 NAME
}
type Cat {
 names: [String!]!
}
union Pet = Cat
type Q {
 cat(by: By = AGE): Pet
}
`, got)
}

// Input objects of Shopify have dozens of fields. Those that a document writes are kept, and all of a variable's type.
func TestOfInputsOnlyWhatIsWrittenIsKept(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]string{
		`mutation m { feed(meals: [{of: {grams: 1}}, {for: "a"}]) }`: `input Food {
 grams: Int
}
type M {
 feed(meals: [Meal]): Int
}
input Meal {
 of: Food!
 for: ID
}
`,
		`mutation m($food: Food!) { feed(meals: [{of: $food}]) }`: `input Food {
 grams: Int
 sauce: Food
}
type M {
 feed(meals: [Meal]): Int
}
input Meal {
 of: Food!
}
`,
	} {
		got, err := cutFor(t, document)
		require.NoError(t, err)
		require.Equal(t, "schema {\n mutation: M\n}\n"+want, got)
	}
}

func TestADocumentThatDoesNotFitIsRefused(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]string{
		`query q { dog }`:                             "query q: no field Q.dog",
		`query q { old }`:                             "query q: field Q.old is deprecated: gone",
		`query q { ...f }`:                            "query q: no fragment f",
		`mutation m { cat }`:                          "mutation m: no field M.cat",
		`subscription s { cat }`:                      "operation s: only queries and mutations are known",
		`mutation m { feed(meals: {of: {salt: 1}}) }`: "mutation m: no field Food.salt",
		`query q { cat { a } }`:                       "query q: no field Pet.a",
	} {
		_, err := cutFor(t, document)
		require.EqualError(t, err, want)
	}
}
