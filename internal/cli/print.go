package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

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

// Table prints rows in aligned columns. Cells contain text from services and customers, so they are made harmless.
func Table(w io.Writer, rows func(row func(cells ...any))) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	rows(func(cells ...any) {
		for i, c := range cells {
			if i > 0 {
				_, _ = fmt.Fprint(t, "\t")
			}
			_, _ = fmt.Fprint(t, printable.Line(fmt.Sprint(c), 0))
		}
		_, _ = fmt.Fprintln(t)
	})
	return t.Flush()
}

// Checks prints a line for each check, and below it what to do, if anything.
func Checks(w io.Writer, checks []check.Check) error {
	return Table(w, func(row func(...any)) {
		for _, c := range checks {
			status := string(c.Status)
			if c.Status == check.Fail {
				status = "FAIL"
			}
			row(status, c.Name, c.Found)
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
