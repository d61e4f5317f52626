package config

import (
	"fmt"
	"strings"
)

// Problem is one thing that is wrong with the configuration.
type Problem struct {
	// Name is the variable at fault.
	Name string
	// Also lists further variables with the same fault. If there are any, Text is a whole sentence and names them all.
	Also []string
	// Text says what is wrong and what is expected. It never contains a secret.
	Text string
}

// ValidationError lists everything that is wrong with a configuration.
type ValidationError struct {
	Problems []Problem
}

// Error returns one line with the number of problems, and one line for each problem.
func (e *ValidationError) Error() string {
	var b strings.Builder
	if len(e.Problems) == 1 {
		b.WriteString("configuration: 1 problem")
	} else {
		fmt.Fprintf(&b, "configuration: %d problems", len(e.Problems))
	}
	for _, p := range e.Problems {
		b.WriteString("\n  ")
		if len(p.Also) == 0 {
			b.WriteString(p.Name + ": ")
		}
		b.WriteString(p.Text)
	}
	return b.String()
}

type problems []Problem

func (ps *problems) add(name, format string, args ...any) {
	*ps = append(*ps, Problem{Name: name, Text: fmt.Sprintf(format, args...)})
}

// bad adds a problem with a value that is safe to show, and says what was expected instead.
func (ps *problems) bad(name, value string) {
	ps.add(name, "%s: need %s", show(value), references[name].want)
}

func (ps problems) err() error {
	if len(ps) == 0 {
		return nil
	}
	return &ValidationError{Problems: ps}
}

// merge combines both lists. It leaves out problems that validation found in a variable that could not be read, whether
// from the environment or from its file: the validated value is only the default in its place.
func merge(unread, invalid problems) error {
	all := unread
	seen := make(map[string]bool, len(unread))
	for _, p := range unread {
		seen[strings.TrimSuffix(p.Name, inFile)] = true
		for _, name := range p.Also {
			seen[name] = true
		}
	}
	for _, p := range invalid {
		if !seen[p.Name] {
			all = append(all, p)
		}
	}
	return all.err()
}

// maxShown limits how many characters of a bad value are shown: a whole file pasted into a variable would not help.
const maxShown = 80

func show(value string) string {
	if r := []rune(value); len(r) > maxShown {
		value = string(r[:maxShown]) + "…"
	}
	return fmt.Sprintf("%q", value)
}
