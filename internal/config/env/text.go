package env

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Setting is one variable with its value, safe to display: secrets are redacted.
type Setting struct {
	Name string
	// Value is the value as it would be written in the environment; empty when it is not set.
	Value string
	// IsDefault reports whether the value is the same as in an empty environment.
	IsDefault bool
	// About describes the variable, in Markdown.
	About string
}

// Describe lists every variable of the configuration that c points to, in the order of its fields. def points to the
// configuration of an empty environment.
func (s Schema) Describe(c, def any) []Setting {
	defaults := variables(def)
	var out []Setting
	for i, v := range variables(c) {
		value := written(v.value)
		out = append(out, Setting{
			Name:      v.name,
			Value:     value,
			IsDefault: value == written(defaults[i].value),
			About:     s.reference(v.name).About,
		})
	}
	return out
}

// Environ returns the variables that express the configuration that c points to, including its secrets, as NAME=value.
func Environ(c any) []string {
	var out []string
	for _, v := range variables(c) {
		out = append(out, v.name+"="+text(v.value))
	}
	return out
}

// text returns a value as the environment has it.
func text(v reflect.Value) string {
	switch value := v.Interface().(type) {
	case revealer:
		return value.Reveal()
	case time.Time:
		if value.IsZero() {
			return ""
		}
		return value.Format(time.RFC3339Nano)
	case fmt.Stringer: // A list, a duration or a clock.
		return value.String()
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	}
	return fmt.Sprint(v.Interface())
}

// written returns a value as it would be written in the environment.
func written(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case revealer:
		if x.Reveal() == "" {
			return ""
		}
		return fmt.Sprint(x)
	case time.Time:
		if x.IsZero() {
			return ""
		}
		return x.Format(time.RFC3339Nano)
	case time.Duration:
		return short(x)
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	case string:
		if strings.Contains(x, "://") {
			return PublicURL(x)
		}
		return x
	default:
		return fmt.Sprint(x)
	}
}

// short formats a duration without zero units at the end: 5m rather than 5m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
