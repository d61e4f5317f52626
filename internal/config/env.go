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

// leaves lists the variables in the order of Config's fields. Setting a leaf's value sets the field of c.
func leaves(c *Config) []leaf {
	var out []leaf
	for section, sv := range reflect.ValueOf(c).Elem().Fields() {
		for f, fv := range sv.Fields() {
			if f.Tag.Get("ignored") != "" {
				continue // It is not a variable.
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

// noVariable is a prefix that no environment variable can have. With it, envconfig finds only defaults.
const noVariable = "\x00"

// dedupesVariable is the variable that an operator must state, although it has a default.
const dedupesVariable = "ISSUER_DEDUPES"

// placeholder is the value in our examples where no value suits every installation.
const placeholder = "CHANGE-ME"

// fill sets one variable with envconfig. Each variable is read on its own, under its full name, for two reasons:
// envconfig stops at the first value it cannot parse, and within a nested struct it would also accept a variable
// without the section's prefix. If the variable is not set, it gets def.
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

// Default returns the configuration of an empty environment. It is not valid: values without a default are missing.
func Default() Config {
	var c Config
	for _, l := range leaves(&c) {
		if err := l.fill(noVariable, l.def); err != nil {
			panic(fmt.Sprintf("config: default of %s: %v", l.name, err)) // A mistake in a tag above; any test finds it.
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
		// Use the value without its surroundings, so that validation does not blame another variable.
		if value := os.Getenv(l.name); value != "" {
			if meant := around.strip(l.name, value); meant != value {
				err = l.fill(noVariable, meant)
			}
			if value == placeholder {
				found.add(l.name, "still has the example value %s: need %s", placeholder, references[l.name].want)
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
			found.add(l.name, "%v", cannot.Err) // The error is from our own decoders and never contains the value.
		default:
			found.bad(l.name, cannot.Value)
		}
	}
	c.Issue.DedupesStated = os.Getenv(dedupesVariable) != ""
	around.stripOthers()
	return c, slices.Concat(around.problems(), found, unknown())
}
