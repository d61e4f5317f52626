// Package printable makes foreign text fit to be shown: in mails, logs, search attributes, error texts and terminals.
// What it returns cannot send commands to a terminal, cannot change the order in which other text is read, and hides
// nothing: a character that would not be seen is shown as U+FFFD.
package printable

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line makes one line of a text, of at most that many characters; 0 is no bound. White space and control characters
// are collapsed to single spaces.
func Line(s string, most int) string {
	var b strings.Builder
	n, space := 0, false
	put := func(r rune) (more bool) {
		if most > 0 && n >= most-1 {
			b.WriteRune('…')
			return false
		}
		b.WriteRune(r)
		n++
		return true
	}
	var last rune
	for _, r := range s {
		if unicode.IsSpace(r) || unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			space = n > 0
			continue
		}
		if space && !put(' ') {
			break
		}
		space = false
		if !put(shown(r, last)) {
			break
		}
		last = r
	}
	return b.String()
}

// Text keeps the lines and the spaces of a text, and is like [Line] otherwise.
func Text(s string) string {
	var last rune
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		r, last = shown(r, last), r
		return r
	}, s)
}

// JSON escapes what [Text] replaces: JSON says the same then, and can be looked at.
func JSON(b []byte) []byte {
	out := make([]byte, 0, len(b))
	var last rune
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		switch {
		case r == '\n' || r == '\t' || shown(r, last) == r:
			out = append(out, b[:size]...)
		case r > 0xffff:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		last = r
		b = b[size:]
	}
	return out
}

// Visible tells whether a character is one that people see, or a space.
func Visible(r rune) bool {
	const brailleBlank = '\u2800'
	return unicode.IsGraphic(r) && r != brailleBlank &&
		!unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// shown returns the character that stands for r after last. A variation selector is part of the emoji before it.
func shown(r, last rune) rune {
	if Visible(r) || (unicode.Is(unicode.Variation_Selector, r) && unicode.Is(unicode.So, last)) {
		return r
	}
	return unicode.ReplacementChar
}
