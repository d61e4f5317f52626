package config

import (
	"fmt"
	"os"
	"strings"
	"unicode"
)

// surroundings collects what stands around values and is no part of them, for each kind the names of the variables. It
// is mostly a whole file that is at fault, and then said once.
type surroundings struct{ returns, spaces, quotes []string }

// strip returns the value that was meant.
func (s *surroundings) strip(name, value string) string {
	if bare, found := strings.CutSuffix(value, "\r"); found {
		s.returns = append(s.returns, name)
		value = bare
	}
	if bare := strings.TrimRightFunc(value, unicode.IsSpace); bare != value {
		s.spaces = append(s.spaces, name)
		value = bare
	}
	if n := len(value); n > 1 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		s.quotes = append(s.quotes, name)
		value = value[1 : n-1]
	}
	return value
}

// stripOthers looks at what our libraries read. Certificates and keys end in line ends, and may.
func (s *surroundings) stripOthers() {
	for _, name := range others {
		if !strings.HasSuffix(name, "_DATA") {
			s.strip(name, os.Getenv(name))
		}
	}
}

func (s *surroundings) problems() problems {
	var ps problems
	for _, kind := range []struct {
		names          []string
		one, many, why string
	}{
		{
			s.returns, "a carriage return at the end of its value", "a carriage return at their end",
			"; the file has Windows line ends",
		},
		{s.spaces, "white space at the end of its value", "white space at their end", ""},
		{
			s.quotes, "quotes around its value", "quotes around them",
			"; shells remove quotes, docker's --env-file keeps them",
		},
	} {
		switch n := len(kind.names); n {
		case 0:
		case 1:
			ps.add(kind.names[0], "has %s: need it without%s", kind.one, kind.why)
		default:
			ps = append(ps, Problem{
				Name: kind.names[0], Also: kind.names[1:],
				Text: fmt.Sprintf("%d values have %s, %s: need them without%s",
					n, kind.many, strings.Join(kind.names, ", "), kind.why),
			})
		}
	}
	return ps
}
