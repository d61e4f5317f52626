package cli

import (
	"fmt"
	"io"
	"slices"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/printable"
)

// Width returns the width of a terminal in characters, or 0 if w is not a terminal.
func Width(w io.Writer) int {
	width, _ := Size(w)
	return width
}

// Size returns the width and the height of a terminal in characters, or 0 if w is not a terminal.
func Size(w io.Writer) (width, height int) {
	f, ok := w.(interface{ Fd() uintptr })
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, 0
	}
	width, height, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0, 0
	}
	return max(width, 0), max(height, 0)
}

// Grid is a table with a header, which is fitted to a width.
type Grid struct {
	Header []string
	Rows   [][]string
	// Spare names the columns to leave out if there is too little room for the last one, first ones first.
	Spare []string
	// Status returns what a cell of a column means, for its colour. It may be nil.
	Status func(column, cell string) check.Status
}

const (
	// gap is the space between columns, and lastAtLeast is the room that the last column needs.
	gap         = 2
	lastAtLeast = 24
)

// Print prints the grid. If width is not 0, it leaves out spare columns and cuts the last one, or whole lines if
// that is not enough, so that a row is a line of a terminal of that width.
func (g Grid) Print(w io.Writer, width int) error {
	header := slices.Clone(g.Header)
	rows := make([][]string, len(g.Rows))
	for i, r := range g.Rows {
		rows[i] = make([]string, len(r))
		for j, cell := range r {
			rows[i][j] = printable.Line(cell, 0)
		}
	}
	last, spare := len(header)-1, slices.Clone(g.Spare)
	for width > 0 && room(header, rows, width) < lastAtLeast && len(spare) > 0 {
		i := slices.Index(header, spare[0])
		spare = spare[1:]
		header = slices.Delete(header, i, i+1)
		for j := range rows {
			rows[j] = slices.Delete(rows[j], i, i+1)
		}
		last--
	}
	if width > 0 {
		most := max(room(header, rows, width), len(header[last]))
		for _, r := range rows {
			r[last] = printable.Line(r[last], most)
		}
	}
	return table(w, width, func(row func(...any)) {
		for n, r := range append([][]string{header}, rows...) {
			cells := make([]any, len(r))
			for i, c := range r {
				cells[i] = c
				if n > 0 && g.Status != nil {
					cells[i] = Tinted{c, g.Status(header[i], c)}
				}
			}
			row(cells...)
		}
	})
}

// room returns how many characters are left for the last column.
func room(header []string, rows [][]string, width int) int {
	for i := range header[:len(header)-1] {
		widest := utf8.RuneCountInString(header[i])
		for _, r := range rows {
			widest = max(widest, utf8.RuneCountInString(r[i]))
		}
		width -= widest + gap
	}
	return width
}

// Ago returns how long ago a time was, in the largest unit, for tables.
func Ago(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case t.IsZero():
		return ""
	case d < 0:
		return t.Format(time.RFC3339)
	case d < time.Minute:
		return fmt.Sprintf("%ds ago", int(d/time.Second))
	case d < time.Hour:
		return fmt.Sprintf("%dm ago", int(d/time.Minute))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh ago", int(d/time.Hour))
	}
	return fmt.Sprintf("%dd ago", int(d/(24*time.Hour)))
}
