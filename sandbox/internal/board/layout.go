package board

import (
	"bytes"
	"strings"
	"unicode"

	"github.com/giftbridge/giftbridge/internal/printable"
)

// style is a colour of a terminal, as the parameter of the command that sets it.
type style string

const (
	plain  style = ""
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
	cyan   style = "36"
)

// Screen is what text is written to.
type Screen struct {
	// Width is the number of characters of a line.
	Width int
	Color bool
}

// piece is a part of a line that is only broken if it is longer than a line.
type piece struct {
	text string
	style
	// spare reports that the piece is left away if it does not fit on the line, whole that it is never broken: nobody
	// could open half an address, or copy half a command.
	spare, whole bool
}

// lay returns pieces as lines that fit on the screen. Continued lines are indented.
func (s Screen) lay(indent int, pieces ...piece) string {
	var b bytes.Buffer
	column := 0
	put := func(text string, in style) {
		switch {
		case column == 0:
		case column+1+cells(text) <= s.Width:
			b.WriteByte(' ')
			column++
		default:
			b.Truncate(len(bytes.TrimRight(b.Bytes(), " ")))
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		}
		column += cells(text)
		if s.Color && in != plain {
			text = "\x1b[" + string(in) + "m" + text + "\x1b[0m"
		}
		b.WriteString(text)
	}
	for _, p := range pieces {
		room := s.Width - indent
		switch n := cells(p.text); {
		case p.text == "", p.spare && column+1+n > s.Width:
		case n <= room || column == 0 || p.whole:
			put(p.text, p.style)
		default:
			for word := range strings.FieldsSeq(p.text) {
				put(cut(word, room), p.style)
			}
		}
	}
	b.WriteByte('\n')
	return b.String()
}

// fill returns text in exactly the given number of cells.
func fill(text string, n int) string {
	text = cut(text, n)
	return text + strings.Repeat(" ", n-cells(text))
}

// cut returns text as one harmless line of at most n cells.
func cut(text string, n int) string {
	text = printable.Line(text, 0)
	if cells(text) <= n {
		return text
	}
	var b strings.Builder
	used := 0
	for _, r := range text {
		if used += cell(r); used > n-1 {
			break
		}
		b.WriteRune(r)
	}
	return b.String() + "…"
}

// cells returns how many cells of a terminal a text takes.
func cells(text string) int {
	n := 0
	for _, r := range text {
		n += cell(r)
	}
	return n
}

func cell(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana),
		r >= 0xff01 && r <= 0xff60, r >= 0x3000 && r <= 0x303e, r >= 0x1f300 && r <= 0x1faff:
		return 2
	}
	return 1
}
