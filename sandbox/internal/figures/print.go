package figures

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
