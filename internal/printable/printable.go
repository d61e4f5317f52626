// Package printable makes foreign text safe to display in mails, logs, search attributes, error texts and terminals.
// The returned text cannot send commands to a terminal, cannot change the reading order of other text, and hides
// nothing: an invisible character is shown as U+FFFD.
package printable

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line returns a text as one line of at most the given number of characters; 0 means no limit. White space and control
// characters are collapsed to single spaces.
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

// Text is like [Line], but keeps the lines and the spaces of a text and does not limit its length.
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

// JSON returns JSON in which the characters that [Text] replaces are escaped. It has the same meaning and is safe to
// display.
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

// Visible reports whether r is a visible character or a space.
func Visible(r rune) bool {
	const brailleBlank = '\u2800'
	return unicode.IsGraphic(r) && r != brailleBlank &&
		!unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// shown returns the character to display for r after last. A variation selector is part of the emoji before it.
func shown(r, last rune) rune {
	if Visible(r) || (unicode.Is(unicode.Variation_Selector, r) && unicode.Is(unicode.So, last)) {
		return r
	}
	return unicode.ReplacementChar
}
