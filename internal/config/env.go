package config

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"

	"github.com/kelseyhightower/envconfig"
)

// leaf is one variable: a field of one of Config's sections.
type leaf struct {
	section  string
	name     string
	def      string
	required bool
	field    reflect.StructField
	value    reflect.Value
}

func (l leaf) secret() bool {
	t := l.field.Type
	return t == reflect.TypeFor[Secret]() || t == reflect.TypeFor[PayloadKeys]()
}

// leaves lists the variables in the order of Config's fields. Values can be set when c is the caller's own.
func leaves(c *Config) []leaf {
	var out []leaf
	for section, sv := range reflect.ValueOf(c).Elem().Fields() {
		for f, fv := range sv.Fields() {
			if f.Tag.Get("ignored") != "" {
				continue // It is no variable.
			}
			out = append(out, leaf{
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

// noVariable is a prefix that no environment variable can have: with it, envconfig finds defaults only.
const noVariable = "\x00"

// placeholder is what our examples hold where no value is right for all.
const placeholder = "CHANGE-ME"

// fill lets envconfig read one variable. Each goes alone, under its full name, for two reasons: envconfig stops at the
// first value it cannot read, and within a nested struct it would also take a variable without the section's prefix.
// Where there is no variable it gets def.
func (l leaf) fill(prefix, def string) error {
	tag := fmt.Sprintf("default:%q", def)
	if prefix == "" {
		tag += fmt.Sprintf(" envconfig:%q", l.name)
	}
	one := reflect.New(reflect.StructOf([]reflect.StructField{{
		Name: l.field.Name, Type: l.field.Type, Tag: reflect.StructTag(tag),
	}}))
	if err := envconfig.Process(prefix, one.Interface()); err != nil {
		return err
	}
	l.value.Set(one.Elem().Field(0))
	return nil
}

// Default returns the configuration of an empty environment. It is not valid: what has no default is missing.
func Default() Config {
	var c Config
	for _, l := range leaves(&c) {
		if err := l.fill(noVariable, l.def); err != nil {
			panic(fmt.Sprintf("config: default of %s: %v", l.name, err)) // A slip in a tag above, found by any test.
		}
	}
	return c
}

func read() (Config, problems) {
	c := Default()
	var found problems
	var around surroundings
	for _, l := range leaves(&c) {
		err := l.fill("", l.def)
		// What was meant goes on, so that no other variable is blamed.
		if value := os.Getenv(l.name); value != "" {
			if meant := around.strip(l.name, value); meant != value {
				err = l.fill(noVariable, meant)
			}
			if value == placeholder {
				found.add(l.name, "is still %s, as in the example: need %s", placeholder, references[l.name].want)
				continue
			}
		}
		if err == nil {
			err = l.fromFile(&around, &found)
		}
		if err == nil {
			continue
		}
		var cannot *envconfig.ParseError
		switch {
		case !errors.As(err, &cannot):
			found.add(l.name, "cannot be read")
		case l.secret():
			found.add(l.name, "%v", cannot.Err) // Our own decoders' words, which never hold the value.
		default:
			found.bad(l.name, cannot.Value)
		}
	}
	c.Issue.DedupesStated = os.Getenv("ISSUER_DEDUPES") != ""
	around.stripOthers()
	return c, slices.Concat(around.problems(), found, unknown())
}
