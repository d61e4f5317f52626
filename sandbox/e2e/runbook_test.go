package e2e_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/sandbox/internal/programs"
)

// step is one thing that happens in a section of the runbook.
type step struct {
	kind stepKind
	line int // The number of its first line in the runbook.
	// what is the name of an event, a command as it is typed, or nothing.
	what string
	// typed are the answers to the questions of a command, each with its line end.
	typed []string
	// want is the output of a command, or a mail. In it, … stands for any text within a line and, on a line of its own,
	// for any number of lines.
	want string
}

type stepKind string

const (
	stepEvent   stepKind = "event"   // <!-- event: NAME -->: something that no command does.
	stepCommand stepKind = "command" // A line $ COMMAND in a block console, and the lines below it.
	stepMail    stepKind = "mail"    // A block mail: the newest mail.
)

var (
	eventLine = regexp.MustCompile(`^<!-- event: (.+) -->$`)
	// question matches the end of a question and, in the runbook, the answer.
	question   = regexp.MustCompile(`(\[[^\[\]\s]+/[^\[\]\s]+\] )(\S+\n)?`)
	manySpaces = regexp.MustCompile(` {2,}`)
)

// readSection returns the steps of a section of a document. It refuses whatever would not be executed: other comments,
// blocks of other kinds, and output without a command.
func readSection(document, heading string) ([]step, error) {
	var steps []step
	inside, block := false, ""
	for i, line := range strings.Split(document, "\n") {
		fence, fenced := strings.CutPrefix(line, "```")
		switch {
		case block == "" && strings.HasPrefix(line, "## "):
			inside = line == "## "+heading
		case !inside:
		case fenced && block != "":
			block = ""
		case fenced && fence == "console":
			block = fence
			steps = append(steps, step{})
		case fenced && fence == "mail":
			block = fence
			steps = append(steps, step{kind: stepMail, line: i + 1})
		case fenced:
			return nil, fmt.Errorf("line %d: a block %q is not executed", i+1, fence)
		case block == "console" && strings.HasPrefix(line, "$ giftbridge "):
			steps = append(steps, step{kind: stepCommand, line: i + 1, what: line[len("$ "):]})
		case block == "console" && (strings.HasPrefix(line, "$") || steps[len(steps)-1].kind != stepCommand):
			return nil, fmt.Errorf("line %d: neither a command of giftbridge nor its output", i+1)
		case block != "":
			steps[len(steps)-1].want += line + "\n"
		case strings.HasPrefix(line, "<!--"):
			name := eventLine.FindStringSubmatch(line)
			if name == nil {
				return nil, fmt.Errorf("line %d: a comment that is not an event", i+1)
			}
			steps = append(steps, step{kind: stepEvent, line: i + 1, what: name[1]})
		}
	}
	steps = slices.DeleteFunc(steps, func(s step) bool { return s.kind == "" }) // The beginnings of blocks.
	if len(steps) == 0 || block != "" {
		return nil, fmt.Errorf("the section %q is missing, empty or not closed", heading)
	}
	for i := range steps {
		if s := &steps[i]; s.kind == stepCommand {
			for _, asked := range question.FindAllStringSubmatch(s.want, -1) {
				s.typed = append(s.typed, asked[2])
			}
		}
	}
	return steps, nil
}

// difference returns the first line of the document that a text does not have, or nothing. Columns may be wider or
// narrower than in the document.
func difference(want, text string) string {
	text = byName(text)
	pattern := `^`
	for line := range strings.Lines(byName(want)) {
		if line == "…\n" {
			pattern += `(?:.*\n)*?`
			continue
		}
		cells := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSuffix(line, "\n")), "…", `.*`)
		pattern += manySpaces.ReplaceAllString(cells, ` +`) + " *\n"
		if !regexp.MustCompile(pattern).MatchString(text) {
			return line
		}
	}
	if !regexp.MustCompile(pattern + `$`).MatchString(text) {
		return "(the end)"
	}
	return ""
}

// byName sorts the rows of each list of orders. Lists are sorted by when orders ended, which varies.
func byName(text string) string {
	lines := strings.SplitAfter(text, "\n")
	for i := 0; i < len(lines); i++ {
		first := i
		for i < len(lines) && strings.HasPrefix(lines[i], "#") {
			i++
		}
		slices.Sort(lines[first:i])
	}
	return strings.Join(lines, "")
}

// follow executes a section of the runbook, and compares what it shows. The section names the given events, each once.
// Orders come to rest before each step.
func (w *system) follow(heading string, events map[string]func()) {
	w.t.Helper()
	document, err := os.ReadFile(runbookFile)
	require.NoError(w.t, err)
	steps, err := readSection(string(document), heading)
	require.NoError(w.t, err)
	var problems []string
	for _, s := range steps {
		w.rest()
		var got string
		switch s.kind {
		case stepEvent:
			happens, ok := events[s.what]
			require.True(w.t, ok, "line %d: nothing is known of the event %q, or it has happened already", s.line, s.what)
			delete(events, s.what)
			happens()
			continue
		case stepMail:
			m := w.lastMail()
			got = "Subject: " + m.Subject + "\n\n" + strings.ReplaceAll(m.Text, "\r\n", "\n")
		case stepCommand:
			got = w.enter(s)
		}
		if missing := difference(s.want, got); missing != "" {
			problems = append(problems, fmt.Sprintf("line %d: %s %s: this differs first:\n%s\nand the whole output is\n%s",
				s.line, s.kind, s.what, missing, got))
		}
	}
	require.Empty(w.t, strings.Join(problems, "\n"), runbookFile)
	require.Empty(w.t, events, "events that the section lacks")
}

// enter runs a command with the answers of its step, and returns what a terminal would show. A command may fail only if
// its step shows the error.
func (w *system) enter(s step) string {
	w.t.Helper()
	c := w.command(w.ctx, programs.Starter, nil, asShellReads(w.t, s.what))
	var shown bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(strings.Join(s.typed, "")), &shown, &shown
	err := c.Run()
	var exit *exec.ExitError
	require.Truef(w.t, err == nil || errors.As(err, &exit), "%v", err)
	require.Equal(w.t, strings.Contains(s.want, "\ngiftbridge "), err != nil,
		"line %d: %s: whether it fails; %v\n%s", s.line, s.what, err, &shown)
	answers := slices.Clone(s.typed)
	out := question.ReplaceAllStringFunc(shown.String(), func(asked string) string {
		if len(answers) > 0 {
			asked, answers = asked+answers[0], answers[1:]
		}
		return asked
	})
	return strings.ReplaceAll(out, cli.Whoami(), "ann@desk")
}

// A section with something that would not be executed is refused.
func TestSectionsAreExecutedInFull(t *testing.T) {
	t.Parallel()
	const block = "```"
	for text, want := range map[string]string{
		"## Other\n" + block + "console\n$ giftbridge status\n" + block: "missing",
		"## Night\n": "missing",
		"## Night\n" + block + "console\n$ giftbridge status\n":                                             "not closed",
		"## Night\n" + block + "\n$ giftbridge status\n" + block:                                            "line 2: a block \"\" is not executed",
		"## Night\n" + block + "console\nok\n" + block:                                                      "line 3: neither",
		"## Night\n" + block + "console\n$ rm -r x\n" + block:                                               "line 3: neither",
		"## Night\n<!-- note -->\n":                                                                         "line 2: a comment",
		"## Night\n" + block + "console\n$ giftbridge x\n" + block + "\n" + block + "console\nok\n" + block: "line 6: neither",
	} {
		_, err := readSection(text, "Night")
		require.ErrorContains(t, err, want, text)
	}
	steps, err := readSection("## Night\n"+block+"console\n$ giftbridge a\nSure? [y/N] y\ndone\n$ giftbridge b\n"+block+
		"\n<!-- event: dawn -->\n"+block+"mail\nSubject: …\n"+block+"\n## Day\n"+block+"\nother\n"+block, "Night")
	require.NoError(t, err)
	require.Equal(t, []step{
		{kind: stepCommand, line: 3, what: "giftbridge a", typed: []string{"y\n"}, want: "Sure? [y/N] y\ndone\n"},
		{kind: stepCommand, line: 6, what: "giftbridge b"},
		{kind: stepEvent, line: 8, what: "dawn"},
		{kind: stepMail, line: 9, want: "Subject: …\n"},
	}, steps)
}

func TestDifference(t *testing.T) {
	t.Parallel()
	tests := []struct{ want, text, first string }{
		{"a  b\n", "a      b\n", ""},
		{"a  b\n", "a b  \n", ""},
		{"a b\n", "a  b\n", "a b\n"},
		{"one … three\n", "one two three\n", ""},
		{"one …\n", "one\n", "one …\n"},
		{"…\nlast\n", "first\nsecond\nlast\n", ""},
		{"first\n…\n", "first\n", ""},
		{"…\nb\n…\na\n", "a\nb\n", "a\n"},
		{"first\n", "first\nsecond\n", "(the end)"},
		{"", "first\n", "(the end)"},
		{"a.b\n", "axb\n", "a.b\n"},
		{"#1 x\n#2 y\n", "#2 y\n#1 x\n", ""},
		{"#1 x\n#2 y\n", "#2 y\n", "#1 x\n"},
	}
	for _, tt := range tests {
		require.Equal(t, tt.first, difference(tt.want, tt.text), "%q", tt)
	}
}
