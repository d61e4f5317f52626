package bench

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Table prints rows in aligned columns.
func Table(w io.Writer, fill func(row func(cells ...any))) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fill(func(cells ...any) {
		for i, c := range cells {
			if i > 0 {
				_, _ = fmt.Fprint(t, "\t")
			}
			if f, ok := c.(float64); ok {
				c = number(f)
			}
			_, _ = fmt.Fprint(t, c)
		}
		_, _ = fmt.Fprintln(t)
	})
	return t.Flush()
}

// number formats f with as many digits as are meaningful.
func number(f float64) string {
	switch {
	case f == float64(int64(f)), f >= 100, f <= -100:
		return fmt.Sprintf("%.0f", f)
	case f >= 10:
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.2f", f)
}

// PrintMachine prints the machine on which the figures were measured.
func PrintMachine(w io.Writer, m Machine) error {
	_, err := fmt.Fprintf(w, "%d cores (%s), Linux %s, %s, load %s\n\n", m.Cores, m.CPU, m.Kernel, m.Go, m.Load)
	return err
}

// PrintBars prints the bars and whether each is held.
func PrintBars(w io.Writer, bars []Bar) error {
	_, _ = fmt.Fprintln(w)
	return Table(w, func(row func(...any)) {
		row("bar", "is", "need", "")
		for _, b := range bars {
			held := "held"
			if !b.Held {
				held = "MISSED"
			}
			row(b.Figure, b.Got, b.Need(), held)
		}
	})
}
