package config

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Environ returns the environment variables that express c, including its secrets, as NAME=value. [Load] in that
// environment returns c again. A process with the same configuration is started in this environment.
func Environ(c Config) []string {
	var out []string
	for _, l := range leaves(&c) {
		if l.name == dedupesVariable && !c.Issue.DedupesStated {
			continue
		}
		out = append(out, l.name+"="+text(l.value))
	}
	return out
}

// text returns a value as the environment has it.
func text(v reflect.Value) string {
	switch value := v.Interface().(type) {
	case Secret:
		return value.Reveal()
	case PayloadKeys:
		keys := make([]string, len(value))
		for i, k := range value {
			keys[i] = k.ID + ":" + base64.StdEncoding.EncodeToString([]byte(k.Key.Reveal()))
		}
		return strings.Join(keys, ",")
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
