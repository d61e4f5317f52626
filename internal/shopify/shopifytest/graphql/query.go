// Package graphql runs queries as Shopify's GraphQL Admin API does: it validates them against a schema, charges what they
// cost, and reports failures in the words of the API. What there is to query is in the package of the shop.
package graphql

import (
	"slices"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
)

// Schema is a schema and the queries that were validated against it. It is safe for concurrent use.
type Schema struct {
	types *ast.Schema

	mu     sync.Mutex
	parsed map[string]document
}

// NewSchema parses a schema, and leaves out the named fields, such as "Order.email", which an older version of it lacks.
// It panics if the schema is not valid.
func NewSchema(text string, without ...string) *Schema {
	types := gqlparser.MustLoadSchema(&ast.Source{Name: "schema.graphql", Input: text})
	for _, name := range without {
		typeName, field, _ := strings.Cut(name, ".")
		t := types.Types[typeName]
		t.Fields = slices.DeleteFunc(t.Fields, func(f *ast.FieldDefinition) bool { return f.Name == field })
	}
	return &Schema{types: types}
}

// Error is one of the errors in a response.
type Error struct {
	Message    string         `json:"message"`
	Path       []any          `json:"path,omitempty"`
	Extensions map[string]any `json:"extensions,omitempty"`
}

// Code returns the error's code, empty if it has none.
func (e *Error) Code() string {
	code, _ := e.Extensions["code"].(string)
	return code
}

// Coded returns an error with a code.
func Coded(code, message string) *Error {
	return &Error{Message: message, Extensions: map[string]any{"code": code}}
}

// validationErrors converts gqlparser's errors. It gives the codes of the rules that matter their Shopify names.
func validationErrors(list gqlerror.List) []*Error {
	var out []*Error
	for _, e := range list {
		code := map[string]string{
			"FieldsOnCorrectType":       "undefinedField",
			"KnownArgumentNames":        "argumentNotAccepted",
			"ProvidedRequiredArguments": "missingRequiredArguments",
			"ScalarLeafs":               "selectionMismatch",
			"":                          "parseError",
		}[e.Rule]
		if code == "" {
			code = strings.ToLower(e.Rule[:1]) + e.Rule[1:]
		}
		out = append(out, Coded(code, e.Message))
	}
	return out
}

type document struct {
	query  *ast.QueryDocument
	errors []*Error
}

// parse parses and validates a query document. It caches the results, as clients keep sending the same few documents.
func (s *Schema) parse(text string) document {
	s.mu.Lock()
	defer s.mu.Unlock()
	if doc, ok := s.parsed[text]; ok {
		return doc
	}
	query, errs := gqlparser.LoadQuery(s.types, text)
	doc := document{query: query, errors: validationErrors(errs)}
	if s.parsed == nil || len(s.parsed) > 100 {
		s.parsed = map[string]document{}
	}
	s.parsed[text] = doc
	return doc
}

// operation returns the operation to run, or nil if it cannot be determined.
func (d document) operation(name string) *ast.OperationDefinition {
	if d.query == nil || len(d.errors) > 0 || name == "" && len(d.query.Operations) != 1 {
		return nil
	}
	return d.query.Operations.ForName(name)
}

// Query is an operation of a query document, or what is wrong with the document.
type Query struct {
	schema *Schema
	op     *ast.OperationDefinition
	errors []*Error
}

// Parse validates a query document, and returns its operation of the given name. A document with a single operation
// needs no name.
func (s *Schema) Parse(text, operation string) Query {
	doc := s.parse(text)
	q := Query{schema: s, op: doc.operation(operation), errors: doc.errors}
	if q.op == nil && len(q.errors) == 0 {
		q.errors = []*Error{Coded("operationNotFound", "An operation name is required")}
	}
	return q
}

// Kind returns the name of the operation's first root field, "invalid" if there is no operation, or "other".
func (q Query) Kind() string {
	if q.op == nil {
		return "invalid"
	}
	for _, s := range q.op.SelectionSet {
		if f, ok := s.(*ast.Field); ok {
			return f.Name
		}
	}
	return "other"
}

// Rules are what a shop lets an app query, and at what price.
type Rules struct {
	// Denied reports whether the app has no access to a field such as "Order.email".
	Denied func(field string) bool
	// NodesCostOne charges a lookup of several ids as one; otherwise each id is charged.
	NodesCostOne bool
}

// Bind returns the execution of a query with variables, or what is wrong with the query.
func (q Query) Bind(variables map[string]any, rules Rules) (*Execution, []*Error) {
	if len(q.errors) > 0 {
		return nil, q.errors
	}
	vars, err := validator.VariableValues(q.schema.types, q.op, variables)
	if err != nil {
		return nil, []*Error{Coded("INVALID_VARIABLE", err.Error())}
	}
	return &Execution{schema: q.schema.types, op: q.op, vars: vars, rules: rules}, nil
}
