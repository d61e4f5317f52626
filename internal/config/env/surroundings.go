package env

import (
	"fmt"
	"os"
	"strings"
	"unicode"
)

// surroundings collects the names of variables whose values have characters around them that are not part of the value,
// for each kind of character. Usually a whole file has the same fault, which is then reported once.
type surroundings struct{ marks, returns, leading, spaces, quotes []string }

// byteOrderMark is what some editors put at the beginning of a file.
const byteOrderMark = "\ufeff"

// typographic lists the quotes that word processors and wikis make of straight ones.
var typographic = [][2]string{{"“", "”"}, {"‘", "’"}, {"„", "“"}}

// stripLeading is strip for a value that white space may not begin with. A list removes that itself.
func (s *surroundings) stripLeading(name, value string) string {
	if bare := strings.TrimLeftFunc(value, unicode.IsSpace); bare != value {
		s.leading = append(s.leading, name)
		value = bare
	}
	return s.strip(name, value)
}

// strip returns the intended value, without its surroundings, and records what it removed.
func (s *surroundings) strip(name, value string) string {
	if bare, found := strings.CutPrefix(value, byteOrderMark); found {
		s.marks = append(s.marks, name)
		value = bare
	}
	if bare, found := strings.CutSuffix(value, "\r"); found {
		s.returns = append(s.returns, name)
		value = bare
	}
	if bare := strings.TrimRightFunc(value, unicode.IsSpace); bare != value {
		s.spaces = append(s.spaces, name)
		value = bare
	}
	for _, pair := range typographic {
		if bare, found := strings.CutPrefix(value, pair[0]); found && strings.HasSuffix(bare, pair[1]) {
			s.quotes = append(s.quotes, name)
			value = strings.TrimSuffix(bare, pair[1])
		}
	}
	if n := len(value); n > 1 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		s.quotes = append(s.quotes, name)
		value = value[1 : n-1]
	}
	return value
}

// stripOthers checks the variables that libraries read, except certificates and keys, which may end in a line end.
func (s *surroundings) stripOthers(others []string) {
	for _, name := range others {
		if !strings.HasSuffix(name, "_DATA") {
			s.strip(name, os.Getenv(name))
		}
	}
}

// report adds a problem for each kind of character.
func (s *surroundings) report(ps *Problems) {
	for _, kind := range []struct {
		names          []string
		one, many, why string
	}{
		{
			s.marks, "a byte order mark in front of its value", "a byte order mark in front of them",
			"; save the file as UTF-8 without it",
		},
		{s.leading, "white space at the beginning of its value", "white space at the beginning", ""},
		{
			s.returns, "a carriage return at the end of its value", "a carriage return at the end",
			"; the file has Windows line endings",
		},
		{s.spaces, "white space at the end of its value", "white space at the end", ""},
		{
			s.quotes, "quotes around its value", "quotes around them",
			"; shells remove quotes, docker's --env-file keeps them",
		},
	} {
		switch n := len(kind.names); n {
		case 0:
		case 1:
			ps.Add(kind.names[0], "has %s: need the bare value%s", kind.one, kind.why)
		default:
			ps.list = append(ps.list, Problem{
				Name: kind.names[0], Also: kind.names[1:],
				Text: fmt.Sprintf("%d values have %s, %s: need the bare values%s",
					n, kind.many, strings.Join(kind.names, ", "), kind.why),
			})
		}
	}
}
