package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/printable"
)

// JSON prints a value unaltered, in a form that a terminal displays completely.
func JSON(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(printable.JSON(b.Bytes()))
	return err
}

// Table prints rows in aligned columns. Cells contain text from services and customers, so they are made harmless. A cell
// that is [Tinted] is coloured, if w is the output of a command and coloured.
func Table(w io.Writer, rows func(row func(cells ...any))) error { return table(w, 0, rows) }

// table is [Table] with lines of at most width characters, or of any length if the width is 0.
func table(w io.Writer, width int, rows func(row func(cells ...any))) error {
	var plain bytes.Buffer
	var texts [][]string
	var statuses [][]check.Status
	t := tabwriter.NewWriter(&plain, 0, 0, gap, ' ', 0)
	rows(func(cells ...any) {
		text, status := make([]string, len(cells)), make([]check.Status, len(cells))
		for i, c := range cells {
			text[i] = printable.Line(fmt.Sprint(c), 0)
			if tinted, ok := c.(Tinted); ok {
				status[i] = tinted.Status
			}
		}
		texts, statuses = append(texts, text), append(statuses, status)
		_, _ = fmt.Fprintln(t, strings.Join(text, "\t"))
	})
	if err := t.Flush(); err != nil {
		return err
	}
	// Colours come last: they take no room, and tabwriter would count them.
	var out strings.Builder
	i, coloured := 0, isColoured(w)
	for line := range strings.Lines(plain.String()) {
		if text := strings.TrimSuffix(line, "\n"); width > 0 && utf8.RuneCountInString(text) > width {
			line = string([]rune(text)[:width-1]) + "…\n"
		}
		if coloured {
			line = paint(line, texts[i], statuses[i])
		}
		out.WriteString(line)
		i++
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// Checks prints a line for each check, and below it what to do, if anything.
func Checks(w io.Writer, checks []check.Check) error {
	return Table(w, func(row func(...any)) {
		for _, c := range checks {
			status := string(c.Status)
			if c.Status == check.Fail {
				status = "FAIL"
			}
			row(Tinted{status, c.Status}, c.Name, c.Found)
			if c.Fix != "" {
				row("", "", "→ "+c.Fix)
			}
		}
	})
}

// Numbers formats numbers as "1, 2, 5".
func Numbers(list []int) string {
	parts := make([]string, len(list))
	for i, n := range list {
		parts[i] = strconv.Itoa(n)
	}
	return strings.Join(parts, ", ")
}
