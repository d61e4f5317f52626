package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// schema is an introspection result, limited to the parts that are read.
type schema struct {
	QueryType struct {
		Name string `json:"name"`
	} `json:"queryType"`
	MutationType struct {
		Name string `json:"name"`
	} `json:"mutationType"`
	Types []typeDef `json:"types"`
}

type typeDef struct {
	Kind   ast.DefinitionKind `json:"kind"`
	Name   string             `json:"name"`
	Fields []fieldDef         `json:"fields"`
	// InputFields are the fields of an input object.
	InputFields []argDef `json:"inputFields"`
	EnumValues  []struct {
		Name string `json:"name"`
	} `json:"enumValues"`
	PossibleTypes []typeRef `json:"possibleTypes"`
}

type fieldDef struct {
	Name              string   `json:"name"`
	Args              []argDef `json:"args"`
	Type              typeRef  `json:"type"`
	IsDeprecated      bool     `json:"isDeprecated"`
	DeprecationReason string   `json:"deprecationReason"`
}

type argDef struct {
	Name         string  `json:"name"`
	Type         typeRef `json:"type"`
	DefaultValue string  `json:"defaultValue"`
}

type typeRef struct {
	Kind   string   `json:"kind"`
	Name   string   `json:"name"`
	OfType *typeRef `json:"ofType"`
}

func (r typeRef) ast() *ast.Type {
	switch r.Kind {
	case "NON_NULL":
		t := r.OfType.ast()
		t.NonNull = true
		return t
	case "LIST":
		return ast.ListType(r.OfType.ast(), nil)
	default:
		return ast.NamedType(r.Name, nil)
	}
}

// named returns the name of the type inside lists and non-nulls.
func (r typeRef) named() string {
	for r.OfType != nil {
		r = *r.OfType
	}
	return r.Name
}

// id is the only field of the interface Node.
const id = "id"

// cutter collects the types and fields that the documents use.
type cutter struct {
	types     map[string]typeDef
	fragments ast.FragmentDefinitionList
	used      map[string]map[string]bool
	// narrowed are the types that the documents select from an interface.
	narrowed map[string][]string
	// old are the deprecated fields that documents may select.
	old []string
}

// cut returns the definitions of the types, fields and arguments that the documents use. All arguments of a used field
// and all values of a used enum are kept. Of an input object, the fields are kept that a document writes; all of them, if
// a document has a variable of its type. Old are the deprecated fields that the documents may select nevertheless.
func cut(full *schema, doc *ast.QueryDocument, old ...string) (*ast.SchemaDocument, error) {
	c := cutter{
		types: map[string]typeDef{}, fragments: doc.Fragments, used: map[string]map[string]bool{}, narrowed: map[string][]string{},
		old: old,
	}
	for _, t := range full.Types {
		c.types[t.Name] = t
	}
	roots := map[ast.Operation]string{ast.Query: full.QueryType.Name, ast.Mutation: full.MutationType.Name}
	for _, op := range doc.Operations {
		root, ok := roots[op.Operation]
		if !ok {
			return nil, fmt.Errorf("operation %s: only queries and mutations are known", op.Name)
		}
		if err := c.selections(root, op.SelectionSet); err != nil {
			return nil, fmt.Errorf("%s %s: %w", op.Operation, op.Name, err)
		}
		for _, v := range op.VariableDefinitions {
			c.input(v.Type.Name())
		}
	}
	var types ast.OperationTypeDefinitionList
	for _, of := range []ast.Operation{ast.Query, ast.Mutation} {
		if _, ok := c.used[roots[of]]; ok {
			types = append(types, &ast.OperationTypeDefinition{Operation: of, Type: roots[of]})
		}
	}
	out := &ast.SchemaDocument{Schema: ast.SchemaDefinitionList{{OperationTypes: types}}}
	for _, t := range full.Types {
		if fields, ok := c.used[t.Name]; ok && !builtIn(t.Name) {
			out.Definitions = append(out.Definitions, c.definition(t, fields))
		}
	}
	slices.SortFunc(out.Definitions, func(a, b *ast.Definition) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return out, nil
}

func (c *cutter) use(typeName string) map[string]bool {
	if c.used[typeName] == nil {
		c.used[typeName] = map[string]bool{}
	}
	return c.used[typeName]
}

func (c *cutter) selections(typeName string, set ast.SelectionSet) error {
	t, ok := c.types[typeName]
	if !ok {
		return fmt.Errorf("no type %s", typeName)
	}
	c.use(typeName)
	for _, s := range set {
		var err error
		switch s := s.(type) {
		case *ast.Field:
			err = c.field(t, s)
		case *ast.InlineFragment:
			if t.Kind == ast.Interface {
				c.narrowed[t.Name] = append(c.narrowed[t.Name], s.TypeCondition)
				c.use(t.Name)[id] = true // An interface must have a field.
				c.use(s.TypeCondition)[id] = true
			}
			err = c.selections(s.TypeCondition, s.SelectionSet)
		case *ast.FragmentSpread:
			f := c.fragments.ForName(s.Name)
			if f == nil {
				return fmt.Errorf("no fragment %s", s.Name)
			}
			err = c.selections(f.TypeCondition, f.SelectionSet)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *cutter) field(t typeDef, f *ast.Field) error {
	if f.Name == "__typename" {
		return nil
	}
	i := slices.IndexFunc(t.Fields, func(d fieldDef) bool { return d.Name == f.Name })
	if i < 0 {
		return fmt.Errorf("no field %s.%s", t.Name, f.Name)
	}
	d := t.Fields[i]
	if d.IsDeprecated && !slices.Contains(c.old, t.Name+"."+f.Name) {
		return fmt.Errorf("field %s.%s is deprecated: %s", t.Name, f.Name, d.DeprecationReason)
	}
	c.use(t.Name)[f.Name] = true
	for _, a := range d.Args {
		c.use(a.Type.named())
		if given := f.Arguments.ForName(a.Name); given != nil {
			if err := c.written(a.Type.named(), given.Value); err != nil {
				return err
			}
		}
	}
	return c.selections(d.Type.named(), f.SelectionSet)
}

// input keeps a whole input type; other types have no input fields.
func (c *cutter) input(typeName string) {
	fields := c.use(typeName)
	for _, f := range c.types[typeName].InputFields {
		if !fields[f.Name] {
			fields[f.Name] = true
			c.input(f.Type.named())
		}
	}
}

// written keeps the fields of an input type that a document writes.
func (c *cutter) written(typeName string, v *ast.Value) error {
	if v.Kind == ast.ListValue {
		for _, child := range v.Children {
			if err := c.written(typeName, child.Value); err != nil {
				return err
			}
		}
	}
	if v.Kind != ast.ObjectValue {
		return nil
	}
	t := c.types[typeName]
	for _, child := range v.Children {
		i := slices.IndexFunc(t.InputFields, func(d argDef) bool { return d.Name == child.Name })
		if i < 0 {
			return fmt.Errorf("no field %s.%s", t.Name, child.Name)
		}
		d := t.InputFields[i]
		c.use(t.Name)[d.Name] = true
		c.use(d.Type.named())
		if err := c.written(d.Type.named(), child.Value); err != nil {
			return err
		}
	}
	return nil
}

func (c *cutter) definition(t typeDef, fields map[string]bool) *ast.Definition {
	d := &ast.Definition{Kind: t.Kind, Name: t.Name}
	for _, name := range slices.Sorted(maps.Keys(c.narrowed)) {
		if slices.Contains(c.narrowed[name], t.Name) {
			d.Interfaces = append(d.Interfaces, name)
		}
	}
	for _, f := range t.Fields {
		if !fields[f.Name] {
			continue
		}
		fd := &ast.FieldDefinition{Name: f.Name, Type: f.Type.ast()}
		for _, a := range f.Args {
			arg := &ast.ArgumentDefinition{Name: a.Name, Type: a.Type.ast()}
			if a.DefaultValue != "" {
				arg.DefaultValue = &ast.Value{Raw: a.DefaultValue, Kind: ast.EnumValue}
			}
			fd.Arguments = append(fd.Arguments, arg)
		}
		d.Fields = append(d.Fields, fd)
	}
	for _, f := range t.InputFields {
		if fields[f.Name] {
			d.Fields = append(d.Fields, &ast.FieldDefinition{Name: f.Name, Type: f.Type.ast()})
		}
	}
	for _, v := range t.EnumValues {
		d.EnumValues = append(d.EnumValues, &ast.EnumValueDefinition{Name: v.Name})
	}
	for _, p := range t.PossibleTypes {
		if _, ok := c.used[p.Name]; ok && t.Kind == ast.Union {
			d.Types = append(d.Types, p.Name)
		}
	}
	return d
}

func builtIn(name string) bool {
	return slices.Contains([]string{"String", "Int", "Float", "Boolean", "ID"}, name)
}
