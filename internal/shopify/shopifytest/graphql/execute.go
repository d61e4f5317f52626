package graphql

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/giftbridge/giftbridge/internal/simulator"
)

// Object is a value with fields. A field's value is nil, a string, list of strings, bool, int, time, Object, or list of
// objects, some of which may be nil.
type Object interface {
	TypeName() string
	Field(x *Execution, name string, args map[string]any) (any, *Error)
}

// selected is one field of a selection set, with fragments spread, conditions evaluated, and equal keys merged.
type selected struct {
	key, name string
	def       *ast.FieldDefinition
	args      map[string]any
	set       ast.SelectionSet
	byType    map[string][]*selected
}

// on returns the fields that s selects of an object of the given type.
func (x *Execution) on(s *selected, typeName string) []*selected {
	if list, ok := s.byType[typeName]; ok {
		return list
	}
	list := x.collect(typeName, s.set, nil)
	if s.byType == nil {
		s.byType = map[string][]*selected{}
	}
	s.byType[typeName] = list
	return list
}

func (x *Execution) collect(typeName string, set ast.SelectionSet, into []*selected) []*selected {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			if !x.included(sel.Directives) {
				continue
			}
			i := slices.IndexFunc(into, func(s *selected) bool { return s.key == sel.Alias })
			if i >= 0 {
				into[i].set = slices.Concat(into[i].set, sel.SelectionSet)
				continue
			}
			into = append(into, &selected{
				key: sel.Alias, name: sel.Name, def: sel.Definition, args: sel.ArgumentMap(x.vars), set: sel.SelectionSet,
			})
		case *ast.InlineFragment:
			if x.included(sel.Directives) && x.applies(sel.TypeCondition, typeName) {
				into = x.collect(typeName, sel.SelectionSet, into)
			}
		case *ast.FragmentSpread:
			if x.included(sel.Directives) && x.applies(sel.Definition.TypeCondition, typeName) {
				into = x.collect(typeName, sel.Definition.SelectionSet, into)
			}
		}
	}
	return into
}

func (x *Execution) included(directives ast.DirectiveList) bool {
	for _, d := range directives {
		if want := d.Name == "include"; want || d.Name == "skip" {
			if d.ArgumentMap(x.vars)["if"] != want {
				return false
			}
		}
	}
	return true
}

func (x *Execution) applies(condition, typeName string) bool {
	if condition == "" || condition == typeName {
		return true
	}
	def := x.schema.Types[condition]
	return def != nil && slices.Contains(def.Types, typeName)
}

// Execution runs one operation and writes its data. It is for one request.
type Execution struct {
	schema *ast.Schema
	op     *ast.OperationDefinition
	vars   map[string]any
	rules  Rules
	buf    bytes.Buffer
	path   []any
	errors []*Error
	search []searchReport
}

// Mutates reports whether the operation is a mutation.
func (x *Execution) Mutates() bool { return x.op.Operation == ast.Mutation }

func (x *Execution) rootType() string {
	if x.Mutates() {
		return x.schema.Mutation.Name
	}
	return x.schema.Query.Name
}

// object writes the selected fields and returns their cost. ok is false if a non-nullable field is null: then the
// object itself is null.
func (x *Execution) object(o Object, fields []*selected) (cost float64, ok bool) {
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

func (x *Execution) field(o Object, f *selected) (cost float64, ok bool) {
	if f.name == "__typename" {
		x.text(o.TypeName())
		return 0, true
	}
	value, err := any(nil), (*Error)(nil)
	if x.rules.Denied(o.TypeName() + "." + f.name) {
		err = Coded("ACCESS_DENIED", "Access denied for "+f.name+" field.")
	} else {
		value, err = o.Field(x, f.name, f.args)
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

func (x *Execution) value(value any, f *selected) (cost float64, ok bool) {
	switch v := value.(type) {
	case string:
		x.text(v)
	case []string:
		x.buf.Write(simulator.MustMarshal(v))
	case bool:
		x.buf.WriteString(strconv.FormatBool(v))
	case int:
		x.buf.WriteString(strconv.Itoa(v))
	case time.Time:
		x.text(v.UTC().Format(time.RFC3339))
	case Object:
		cost, ok = x.object(v, x.on(f, v.TypeName()))
		return ownCost(v.TypeName()) + cost, ok
	case []Object:
		return x.list(v, f)
	}
	return 0, true
}

func (x *Execution) list(list []Object, f *selected) (cost float64, ok bool) {
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
		c, ok := x.object(o, x.on(f, o.TypeName()))
		x.path = x.path[:len(x.path)-1]
		if !ok {
			return 0, false // only in a lookup by ids may an element be null
		}
		cost += ownCost(o.TypeName()) + c
	}
	x.buf.WriteByte(']')
	return x.listCost(f, list, cost), true
}

func (x *Execution) text(s string) {
	b, _ := json.Marshal(s) //nolint:errchkjson // a string
	x.buf.Write(b)
}

// Run writes the data of the operation, and returns its actual cost.
func (x *Execution) Run(root Object) float64 {
	cost, ok := x.object(root, x.collect(root.TypeName(), x.op.SelectionSet, nil))
	if !ok {
		x.buf.WriteString("null")
	}
	return math.Ceil(cost)
}

// Errors returns the errors of fields. The other fields have data nevertheless.
func (x *Execution) Errors() []*Error { return x.errors }

// searchReport is an element of extensions.search: how a search was understood. It is present only if something is
// unusual.
type searchReport struct {
	Path     []any          `json:"path"`
	Query    string         `json:"query"`
	Parsed   map[string]any `json:"parsed"`
	Warnings any            `json:"warnings"`
}

// WarnOfSearch reports that the search of the current field was understood in another way than it was meant.
func (x *Execution) WarnOfSearch(query string, warnings any) {
	x.search = append(x.search, searchReport{
		Path: []any{x.path[len(x.path)-1]}, Query: query, Parsed: map[string]any{}, Warnings: warnings,
	})
}

// Response returns the response to the operation that ran.
func (x *Execution) Response(cost CostReport) []byte {
	extensions := map[string]any{"cost": cost}
	if len(x.search) > 0 {
		extensions["search"] = x.search
	}
	var b bytes.Buffer
	b.WriteString(`{"data":`)
	b.Write(x.buf.Bytes())
	if len(x.errors) > 0 {
		b.WriteString(`,"errors":`)
		b.Write(simulator.MustMarshal(x.errors))
	}
	b.WriteString(`,"extensions":`)
	b.Write(simulator.MustMarshal(extensions))
	b.WriteByte('}')
	return b.Bytes()
}

// Failure returns the response to an operation that did not run. The cost may be nil.
func Failure(cost *CostReport, errs ...*Error) []byte {
	body := map[string]any{"errors": errs}
	if cost != nil {
		body["extensions"] = map[string]any{"cost": cost}
	}
	return simulator.MustMarshal(body)
}
