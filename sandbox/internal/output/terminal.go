package output

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/term"
)

// defaultWidth is the width of lines for a writer whose width is not known.
const defaultWidth = 80

// Terminal returns how many characters fit on a line of w, and whether to use colour: on a terminal, unless NO_COLOR is
// set (https://no-color.org).
func Terminal(w io.Writer) (width int, color bool) {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		color = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return max(width, defaultWidth/2), color
		}
	}
	if width, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && width >= defaultWidth/2 {
		return width, color
	}
	return defaultWidth, color
}
