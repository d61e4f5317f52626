package shopifytest

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
)

//go:embed schema.graphql
var schemaText string

var schema = sync.OnceValue(func() *ast.Schema {
	return gqlparser.MustLoadSchema(&ast.Source{Name: "schema.graphql", Input: schemaText})
})

// graphError is one of the errors in a response.
type graphError struct {
	Message    string         `json:"message"`
	Path       []any          `json:"path,omitempty"`
	Extensions map[string]any `json:"extensions,omitempty"`
}

func (e *graphError) Error() string { return e.Message }

func coded(code, message string) *graphError {
	return &graphError{Message: message, Extensions: map[string]any{"code": code}}
}

// validationErrors converts gqlparser's errors. It gives the codes of the rules that matter their Shopify names.
func validationErrors(list gqlerror.List) []*graphError {
	var out []*graphError
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
		out = append(out, coded(code, e.Message))
	}
	return out
}

// documents parses and validates query documents. It caches the results, as clients keep sending the same few
// documents.
type documents struct {
	mu     sync.Mutex
	parsed map[string]document
}

type document struct {
	query  *ast.QueryDocument
	errors []*graphError
}

func (d *documents) parse(text string) document {
	d.mu.Lock()
	defer d.mu.Unlock()
	if doc, ok := d.parsed[text]; ok {
		return doc
	}
	query, errs := gqlparser.LoadQuery(schema(), text)
	doc := document{query: query, errors: validationErrors(errs)}
	if d.parsed == nil || len(d.parsed) > 100 {
		d.parsed = map[string]document{}
	}
	d.parsed[text] = doc
	return doc
}

// operation returns the operation to run, or nil if it cannot be determined.
func (d document) operation(name string) *ast.OperationDefinition {
	if d.query == nil || len(d.errors) > 0 || name == "" && len(d.query.Operations) != 1 {
		return nil
	}
	return d.query.Operations.ForName(name)
}

// kind returns the name of an operation's first root field.
func kind(op *ast.OperationDefinition) string {
	if op == nil {
		return "invalid"
	}
	for _, s := range op.SelectionSet {
		if f, ok := s.(*ast.Field); ok {
			return f.Name
		}
	}
	return "other"
}

func variables(op *ast.OperationDefinition, given map[string]any) (map[string]any, *graphError) {
	vars, err := validator.VariableValues(schema(), op, given)
	if err != nil {
		return nil, coded("INVALID_VARIABLE", err.Error())
	}
	return vars, nil
}

// object is a value with fields. A field's value is nil, a string, bool, int, int64, time, object, or list of objects,
// some of which may be nil.
type object interface {
	typeName() string
	field(x *execution, name string, args map[string]any) (any, *graphError)
}

// selected is one field of a selection set, with fragments spread, conditions evaluated, and equal keys merged.
type selected struct {
	key, name string
	def       *ast.FieldDefinition
	args      map[string]any
	set       ast.SelectionSet
	byType    map[string][]*selected
}

// on returns the fields selected of an object of the given type.
func (s *selected) on(typeName string, vars map[string]any) []*selected {
	if list, ok := s.byType[typeName]; ok {
		return list
	}
	list := collect(typeName, s.set, vars, nil)
	if s.byType == nil {
		s.byType = map[string][]*selected{}
	}
	s.byType[typeName] = list
	return list
}

func collect(typeName string, set ast.SelectionSet, vars map[string]any, into []*selected) []*selected {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			if !included(sel.Directives, vars) {
				continue
			}
			i := slices.IndexFunc(into, func(s *selected) bool { return s.key == sel.Alias })
			if i >= 0 {
				into[i].set = slices.Concat(into[i].set, sel.SelectionSet)
				continue
			}
			into = append(into, &selected{
				key: sel.Alias, name: sel.Name, def: sel.Definition, args: sel.ArgumentMap(vars), set: sel.SelectionSet,
			})
		case *ast.InlineFragment:
			if included(sel.Directives, vars) && applies(sel.TypeCondition, typeName) {
				into = collect(typeName, sel.SelectionSet, vars, into)
			}
		case *ast.FragmentSpread:
			if included(sel.Directives, vars) && applies(sel.Definition.TypeCondition, typeName) {
				into = collect(typeName, sel.Definition.SelectionSet, vars, into)
			}
		}
	}
	return into
}

func included(directives ast.DirectiveList, vars map[string]any) bool {
	for _, d := range directives {
		if want := d.Name == "include"; want || d.Name == "skip" {
			if d.ArgumentMap(vars)["if"] != want {
				return false
			}
		}
	}
	return true
}

func applies(condition, typeName string) bool {
	if condition == "" || condition == typeName {
		return true
	}
	def := schema().Types[condition]
	return def != nil && slices.Contains(def.Types, typeName)
}

// execution runs one operation and writes its data.
type execution struct {
	server *Server
	vars   map[string]any
	buf    bytes.Buffer
	path   []any
	errors []*graphError
	search []searchReport
}

// object writes the selected fields and returns their cost. ok is false if a non-nullable field is null: then the
// object itself is null.
func (x *execution) object(o object, fields []*selected) (cost float64, ok bool) {
	start := x.buf.Len()
	x.buf.WriteByte('{')
	for i, f := range fields {
		if i > 0 {
			x.buf.WriteByte(',')
		}
		x.text(f.key)
		x.buf.WriteByte(':')
		x.path = append(x.path, f.key)
		c, ok := x.field(o, f)
		x.path = x.path[:len(x.path)-1]
		if !ok {
			x.buf.Truncate(start)
			return 0, false
		}
		cost += c
	}
	x.buf.WriteByte('}')
	return cost, true
}

func (x *execution) field(o object, f *selected) (cost float64, ok bool) {
	if f.name == "__typename" {
		x.text(o.typeName())
		return 0, true
	}
	value, err := any(nil), (*graphError)(nil)
	if x.server.deniedField(o.typeName() + "." + f.name) {
		err = coded("ACCESS_DENIED", "Access denied for "+f.name+" field.")
	} else {
		value, err = o.field(x, f.name, f.args)
	}
	if err != nil {
		err.Path = slices.Clone(x.path)
		x.errors = append(x.errors, err)
		value = nil
	}
	start := x.buf.Len()
	if value != nil {
		if cost, ok = x.value(value, f); ok {
			return cost, true
		}
		x.buf.Truncate(start)
	}
	x.buf.WriteString("null")
	return 0, !f.def.Type.NonNull
}

func (x *execution) value(value any, f *selected) (cost float64, ok bool) {
	switch v := value.(type) {
	case string:
		x.text(v)
	case bool:
		x.buf.WriteString(strconv.FormatBool(v))
	case int:
		x.buf.WriteString(strconv.Itoa(v))
	case time.Time:
		x.text(v.UTC().Format(time.RFC3339))
	case object:
		cost, ok = x.object(v, f.on(v.typeName(), x.vars))
		return ownCost(v.typeName()) + cost, ok
	case []object:
		return x.list(v, f)
	}
	return 0, true
}

func (x *execution) list(list []object, f *selected) (cost float64, ok bool) {
	x.buf.WriteByte('[')
	for i, o := range list {
		if i > 0 {
			x.buf.WriteByte(',')
		}
		if o == nil {
			x.buf.WriteString("null")
			continue
		}
		x.path = append(x.path, i)
		c, ok := x.object(o, f.on(o.typeName(), x.vars))
		x.path = x.path[:len(x.path)-1]
		if !ok {
			return 0, false // only in a lookup by ids may an element be null
		}
		cost += ownCost(o.typeName()) + c
	}
	x.buf.WriteByte(']')
	return x.listCost(f, list, cost), true
}

func (x *execution) text(s string) {
	b, _ := json.Marshal(s) //nolint:errchkjson // a string
	x.buf.Write(b)
}

// run writes the data of an operation, and returns its actual cost.
func (x *execution) run(root object, op *ast.OperationDefinition) float64 {
	cost, ok := x.object(root, collect(root.typeName(), op.SelectionSet, x.vars, nil))
	if !ok {
		x.buf.WriteString("null")
	}
	return cost
}

// searchReport is an element of extensions.search: how a search was understood. It is present only if something is
// unusual.
type searchReport struct {
	Path     []any          `json:"path"`
	Query    string         `json:"query"`
	Parsed   map[string]any `json:"parsed"`
	Warnings []warning      `json:"warnings"`
}
