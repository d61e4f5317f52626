package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/giftbridge/giftbridge/internal/check"
)

// colour says when output is coloured: auto, always or never. It is a flag.
type colour string

// String implements pflag.Value.
func (c *colour) String() string { return string(*c) }

// Type implements pflag.Value.
func (*colour) Type() string { return "when" }

// Set implements pflag.Value.
func (c *colour) Set(s string) error {
	switch s {
	case "auto", "always", "never":
		*c = colour(s)
		return nil
	}
	return fmt.Errorf("%q is not one of auto, always, never", s)
}

// paints reports whether output is coloured, given whether it is a terminal. Both NO_COLOR (https://no-color.org) and a
// terminal without abilities are respected, unless a person asks for colour.
func (c colour) paints(isTerminal bool, env func(string) string) bool {
	switch c {
	case "always":
		return true
	case "never":
		return false
	}
	return isTerminal && env("NO_COLOR") == "" && env("TERM") != "dumb"
}

// output is the standard output of a command, and whether it is coloured, which a flag decides.
type output struct {
	*os.File
	colour *colour
}

func (o *output) coloured() bool {
	return o.colour.paints(term.IsTerminal(int(o.Fd())), os.Getenv)
}

// isColoured reports whether tables that are written to w are coloured.
func isColoured(w io.Writer) bool {
	o, ok := w.(interface{ coloured() bool })
	return ok && o.coloured()
}

// Tinted is a cell of a table that is coloured by what it means.
type Tinted struct {
	Text   string
	Status check.Status
}

// String returns the text without a colour.
func (t Tinted) String() string { return t.Text }

// codes are the colours: the basic ones of a terminal, which its user has chosen to be readable.
var codes = map[check.Status]string{check.OK: "32", check.Warn: "33", check.Fail: "31"}

// paint colours the cells of a line of a table, in which they stand in this order.
func paint(line string, cells []string, statuses []check.Status) string {
	var b strings.Builder
	for i, cell := range cells {
		code := codes[statuses[i]]
		at := strings.Index(line, cell)
		if cell == "" || at < 0 {
			continue
		}
		b.WriteString(line[:at])
		if code == "" {
			b.WriteString(cell)
		} else {
			b.WriteString("\x1b[" + code + "m" + cell + "\x1b[0m")
		}
		line = line[at+len(cell):]
	}
	return b.String() + line
}
