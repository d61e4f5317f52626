package env

import (
	"errors"
	"fmt"
	"os"
	"reflect"

	"github.com/kelseyhightower/envconfig"
)

// noVariable is a prefix that no environment variable can have. With it, envconfig finds only defaults.
const noVariable = "\x00"

// placeholder is the value in our examples where no value suits every installation.
const placeholder = "CHANGE-ME"

// fill sets one variable with envconfig. Each variable is read on its own, under its full name, for two reasons:
// envconfig stops at the first value it cannot parse, and within a nested struct it would also accept a variable
// without the section's prefix. If the variable is not set, it gets def.
func (v variable) fill(prefix, def string) error {
	tag := fmt.Sprintf("default:%q", def)
	if prefix == "" {
		tag += fmt.Sprintf(" envconfig:%q", v.name)
	}
	one := reflect.New(reflect.StructOf([]reflect.StructField{{
		Name: v.field.Name, Type: v.field.Type, Tag: reflect.StructTag(tag),
	}}))
	if err := envconfig.Process(prefix, one.Interface()); err != nil {
		return err
	}
	v.value.Set(one.Elem().Field(0))
	return nil
}

// Default sets the configuration that c points to as an empty environment does. It panics if a default cannot be
// parsed: that is a mistake in a tag, and any test finds it.
func Default(c any) {
	for _, v := range variables(c) {
		if err := v.fill(noVariable, v.def); err != nil {
			panic(fmt.Sprintf("env: default of %s: %v", v.name, err))
		}
	}
}

// Read reads the environment into the configuration that c points to, as far as it can be read. It returns what is
// wrong with the environment: values that cannot be parsed, and unknown names. Whether the values make sense is not its
// business.
func (s Schema) Read(c any) *Problems {
	Default(c)
	found := s.Problems()
	var around surroundings
	for _, v := range variables(c) {
		err := v.fill("", v.def)
		// Use the value without its surroundings, so that validation does not blame another variable.
		if value := os.Getenv(v.name); value != "" {
			strip := around.stripLeading
			if v.field.Type.Kind() == reflect.Slice {
				strip = around.strip
			}
			if meant := strip(v.name, value); meant != value {
				err = v.fill(noVariable, meant)
			}
			if value == placeholder {
				found.Add(v.name, "still has the example value %s: need %s", placeholder, found.Want(v.name))
				continue
			}
		}
		if err == nil {
			err = v.fromFile(&around, found)
		}
		if err == nil {
			continue
		}
		var cannot *envconfig.ParseError
		switch {
		case !errors.As(err, &cannot):
			found.Add(v.name, "cannot be read")
		case v.secret():
			found.Add(v.name, "%v", cannot.Err) // The error is from our own decoders and never contains the value.
		default:
			found.Bad(v.name, cannot.Value)
		}
	}
	around.stripOthers(s.Others)
	all := s.Problems()
	around.report(all)
	all.list = append(all.list, found.list...)
	s.unknown(c, all)
	return all
}
