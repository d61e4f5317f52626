package env

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

// Problems collects problems. A [Schema] says what is wanted of each variable.
type Problems struct {
	schema Schema
	list   []Problem
}

// Problems returns an empty list of problems with a configuration.
func (s Schema) Problems() *Problems { return &Problems{schema: s} }

// Add adds a problem with a variable.
func (ps *Problems) Add(name, format string, args ...any) {
	ps.list = append(ps.list, Problem{Name: name, Text: fmt.Sprintf(format, args...)})
}

// Bad adds a problem with a value that is safe to show, and says what was expected instead.
func (ps *Problems) Bad(name, value string) {
	ps.Add(name, "%s: need %s", Show(value), ps.Want(name))
}

// Want returns the form of a valid value.
func (ps *Problems) Want(name string) string { return ps.schema.reference(name).Want }

// Err returns a [*ValidationError], or nil if there is no problem.
func (ps *Problems) Err() error {
	if len(ps.list) == 0 {
		return nil
	}
	return &ValidationError{Problems: ps.list}
}

// Merge adds what validation found. It leaves out problems with a variable that could not be read, whether from the
// environment or from its file: the validated value is only the default in its place.
func (ps *Problems) Merge(invalid *Problems) {
	seen := make(map[string]bool, len(ps.list))
	for _, p := range ps.list {
		seen[strings.TrimSuffix(p.Name, inFile)] = true
		for _, name := range p.Also {
			seen[name] = true
		}
	}
	for _, p := range invalid.list {
		if !seen[p.Name] {
			ps.list = append(ps.list, p)
		}
	}
}

// maxShown limits how many characters of a bad value are shown: a whole file pasted into a variable would not help.
const maxShown = 80

// Show quotes a value for a problem, and shortens it.
func Show(value string) string {
	if r := []rune(value); len(r) > maxShown {
		value = string(r[:maxShown]) + "…"
	}
	return fmt.Sprintf("%q", value)
}
