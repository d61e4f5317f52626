// Package envfile reads files of environment variables, one NAME=value a line, as people write them for Docker, Compose
// and shells. Quotes around a value are removed, as Compose and shells do; a value without them is taken as it stands, as
// Docker does. A dollar sign stands for itself: nothing is expanded. Where one of the three would cut a value short (a #
// after white space) or change it (an escape that this package does not know), the file is refused instead.
package envfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"unicode/utf8"
)

// MaxSize is the maximum size of a file in bytes. A larger file was named by mistake.
const MaxSize = 1 << 20

// Variable is a variable of a file.
type Variable struct{ Name, Value string }

// LineError is a fault of a file. Its text never contains any of the file's values.
type LineError struct {
	Line int
	Text string
}

// Error implements error.
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Text) }

// Read returns the variables of the file at path, in their order. Errors name the path, and the line.
func Read(path string) ([]Variable, error) {
	f, err := os.Open(path) //nolint:gosec // A person names the file.
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if len(text) > MaxSize {
		return nil, fmt.Errorf("%s is larger than 1 MiB: is it the right file?", path)
	}
	out, err := Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s, %w", path, err)
	}
	return out, nil
}

var nameForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Parse returns the variables of a file's text, in their order. The error is a [*LineError].
func Parse(text string) ([]Variable, error) {
	text = strings.TrimPrefix(text, "\ufeff") // The mark that Windows editors begin a file with.
	text = strings.ReplaceAll(text, "\r\n", "\n")
	var out []Variable
	at := map[string]int{}
	for line := 1; text != ""; {
		fault := func(format string, args ...any) error {
			return &LineError{Line: line, Text: fmt.Sprintf(format, args...)}
		}
		first, rest, _ := strings.Cut(text, "\n")
		bare := strings.TrimSpace(first)
		if bare == "" || strings.HasPrefix(bare, "#") {
			text = rest
			line++
			continue
		}
		left, after, found := strings.Cut(text, "=")
		left = strings.TrimLeft(left, " \t")
		if name, exported := strings.CutPrefix(left, "export"); exported && strings.TrimLeft(name, " \t") != name {
			left = strings.TrimLeft(name, " \t")
		}
		switch {
		case !found, strings.Contains(left, "\n"):
			return nil, fault("need NAME=value")
		case strings.TrimRight(left, " \t") != left:
			return nil, fault("need NAME=value without white space before the =")
		case !nameForm.MatchString(left):
			return nil, fault("the name may have only letters, digits and underscores, and no digit first")
		case at[left] > 0:
			return nil, fault("%s is set already, in line %d", left, at[left])
		}
		value, rest, err := parseValue(after)
		if err != nil {
			return nil, fault("%s %s", left, err)
		}
		if strings.ContainsRune(value, 0) || !utf8.ValidString(value) {
			return nil, fault("%s contains bytes that are not text", left)
		}
		out = append(out, Variable{left, value})
		at[left] = line
		line += strings.Count(text[:len(text)-len(rest)], "\n")
		text = rest
	}
	return out, nil
}

// parseValue returns the value at the beginning of a text, and the text from the next line on.
func parseValue(text string) (value, rest string, err error) {
	if text != "" && (text[0] == '"' || text[0] == '\'') {
		return quoted(text)
	}
	value, rest, _ = strings.Cut(text, "\n")
	bare := strings.TrimRight(value, " \t\r")
	switch {
	case strings.TrimLeft(bare, " \t") != bare:
		return "", "", errors.New("has white space after the =: write the value directly after it, in quotes if it begins " +
			"with white space")
	case strings.Contains(bare, " #"), strings.Contains(bare, "\t#"):
		return "", "", errors.New("has a # after white space: put the value in quotes, and a comment on a line of its own")
	}
	return bare, rest, nil
}

// escapes are the characters that a backslash stands for within double quotes.
var escapes = map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', '"': '"', '\\': '\\', '$': '$'}

// quoted parses a value in quotes. Within single quotes every character stands for itself.
func quoted(text string) (value, rest string, err error) {
	var b strings.Builder
	quote := text[0]
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == quote:
			after, rest, _ := strings.Cut(text[i+1:], "\n")
			if after = strings.TrimSpace(after); after != "" && !strings.HasPrefix(after, "#") {
				return "", "", errors.New("has text after its closing quote")
			}
			return b.String(), rest, nil
		case c == '\\' && quote == '"':
			i++
			if i == len(text) {
				return "", "", errors.New("has no closing quote")
			}
			to, known := escapes[text[i]]
			if !known {
				return "", "", errors.New(`has a backslash within double quotes that is not one of \n \r \t \" \\ \$: ` +
					"use single quotes, in which it stands for itself")
			}
			b.WriteByte(to)
		default:
			b.WriteByte(c)
		}
	}
	return "", "", errors.New("has no closing quote")
}
