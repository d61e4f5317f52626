package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// Variable is one variable with its value, fit to be shown: secrets are redacted.
type Variable struct {
	Name string
	// Value is as it would be written in the environment; empty when it is not set.
	Value string
	// IsDefault reports that the value is the one an empty environment gives.
	IsDefault bool
	// About says what the variable does, in Markdown.
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

// Table is [Config.Describe] as aligned text, one variable a line.
func (c Config) Table() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, v := range c.Describe() {
		value, note := v.Value, ""
		switch {
		case v.Value == "":
			value = "-"
		case v.Name == "ISSUER_DEDUPES" && !c.Issue.DedupesStated:
			note = "(not set: a new installation has to say true or false, see docs/configuration.md)"
		case v.IsDefault:
			note = "(default)"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", v.Name, value, note)
	}
	_ = w.Flush() // Neither the tabwriter nor the builder below it can fail.
	return b.String()
}

// written returns a value as the environment would hold it.
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

// short writes 5m where a duration's own form is 5m0s.
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
