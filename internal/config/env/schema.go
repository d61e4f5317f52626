// Package env reads a configuration from environment variables: a struct whose fields are sections, each a struct with
// a field for each variable. Everything that is wrong with the environment is one error, [ValidationError].
//
// The package does not know what the variables mean. Each section of a configuration brings its fields, its [Section]
// and a check of its values.
package env

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Schema describes a configuration.
type Schema struct {
	// Sections are in the order in which people read them: the order of the configuration's fields.
	Sections []Section
	// Others lists the names that libraries read from the same environment.
	Others []string
}

// Section describes the variables of one field of a configuration.
type Section struct {
	// Field is the name of the configuration's field.
	Field   string
	Heading string
	// Prefixes are those that only this section uses: an unknown name with such a prefix is a typo. Other programs share
	// the prefixes of the other variables, so there only a name that is very close to a known one counts as a typo.
	Prefixes []string
	// Variables documents the variables by name.
	Variables map[string]Reference
}

// Reference is the documentation of a variable.
type Reference struct {
	Want  string // The form of a valid value; follows "need" in a problem.
	About string // What the variable does, in a sentence or two of Markdown.
}

// What is wanted of variables of the same kind.
const (
	WantDuration = "a duration such as 90s, 10m or 336h"
	WantBool     = "true or false"
	WantText     = "text"
	WantSecret   = "a secret"
	WantBaseURL  = "an https URL, or an http URL on this machine (localhost, 127.0.0.0/8, ::1) or a host in " +
		"PLAIN_HTTP_HOSTS"
	WantHostPort = "host:port"
)

func (s Schema) reference(name string) Reference {
	for _, section := range s.Sections {
		if ref, ok := section.Variables[name]; ok {
			return ref
		}
	}
	return Reference{}
}

// prefixes lists the prefixes that only the configuration uses.
func (s Schema) prefixes() []string {
	var out []string
	for _, section := range s.Sections {
		out = append(out, section.Prefixes...)
	}
	return out
}

// variable is one variable: a field of one of the configuration's sections.
type variable struct {
	section  string
	name     string
	def      string
	required bool
	field    reflect.StructField
	value    reflect.Value
}

// revealer is a value that prints as something else than it is: a secret.
type revealer interface{ Reveal() string }

func (v variable) secret() bool { return v.field.Type.Implements(reflect.TypeFor[revealer]()) }

// variables lists the variables in the order of the fields of a configuration, which c points to. Setting the value of
// a variable sets the field.
func variables(c any) []variable {
	var out []variable
	for section, sv := range reflect.ValueOf(c).Elem().Fields() {
		for f, fv := range sv.Fields() {
			if f.Tag.Get("ignored") != "" {
				continue // It is not a variable.
			}
			out = append(out, variable{
				section:  section.Name,
				name:     f.Tag.Get("envconfig"),
				def:      f.Tag.Get("default"),
				required: f.Tag.Get("required") == "true",
				field:    f,
				value:    fv,
			})
		}
	}
	return out
}

// Required adds a problem for each required variable of the configuration that c points to, if it has no value.
func Required(c any, ps *Problems) {
	for _, v := range variables(c) {
		if v.required && v.value.IsZero() {
			ps.Add(v.name, "is not set: need %s", ps.Want(v.name))
		}
	}
}

// Markdown returns a reference of all variables, with a table for each section. c points to any configuration.
func (s Schema) Markdown(c any) string {
	var b strings.Builder
	section := ""
	for _, v := range variables(c) {
		if v.section != section {
			section = v.section
			i := slices.IndexFunc(s.Sections, func(s Section) bool { return s.Field == section })
			fmt.Fprintf(&b, "\n## %s\n\n| variable | value | default | meaning |\n|---|---|---|---|\n", s.Sections[i].Heading)
		}
		std := "-"
		switch {
		case v.def != "":
			std = "`" + v.def + "`"
		case v.required:
			std = "**required**"
		}
		ref := s.reference(v.name)
		cell := strings.NewReplacer("|", `\|`) // A bare one would end the cell, in code as well.
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", v.name, cell.Replace(ref.Want), cell.Replace(std), cell.Replace(ref.About))
	}
	return b.String()
}
