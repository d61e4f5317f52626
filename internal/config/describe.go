package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// Variable is one variable with its value, safe to display: secrets are redacted.
type Variable struct {
	Name string
	// Value is the value as it would be written in the environment; empty when it is not set.
	Value string
	// IsDefault reports whether the value is the same as in an empty environment.
	IsDefault bool
	// About describes the variable, in Markdown.
	About string
}

// Describe lists every variable, in the order of the reference.
func (c Config) Describe() []Variable {
	def := Default()
	defaults := leaves(&def)
	var out []Variable
	for i, l := range leaves(&c) {
		value := written(l.value)
		out = append(out, Variable{
			Name:      l.name,
			Value:     value,
			IsDefault: value == written(defaults[i].value),
			About:     references[l.name].about,
		})
	}
	return out
}

// Table returns [Config.Describe] as aligned text, one variable per line.
func (c Config) Table() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, v := range c.Describe() {
		value, note := v.Value, ""
		switch {
		case v.Value == "":
			value = "-"
		case v.Name == dedupesVariable && !c.Issue.DedupesStated:
			note = "(not set: a new installation must set true or false; see docs/configuration.md)"
		case v.IsDefault:
			note = "(default)"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", v.Name, value, note)
	}
	_ = w.Flush() // Neither the tabwriter nor the underlying builder can fail.
	return b.String()
}

// written returns a value as it would be written in the environment.
func written(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case Secret:
		if x.IsSet() {
			return redacted
		}
		return ""
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
			return publicURL(x)
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
