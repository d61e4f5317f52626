package words

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Width is the maximum line width of the text, except where a line cannot be broken.
const Width = 78

// Count formats a number of things: "1 order", "2 orders", "5,000 orders".
func Count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return Number(n) + " " + thing + "s"
}

// Number groups thousands.
func Number(n int) string { return groups(strconv.Itoa(n)) }

// groups groups the thousands of a whole number.
func groups(s string) string {
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Span formats a duration in the largest unit that is precise enough.
func Span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < time.Hour:
		return Count(int(d/time.Minute), "minute")
	case d < 48*time.Hour:
		return Count(int(d/time.Hour), "hour")
	default:
		return Count(int(d/(24*time.Hour)), "day")
	}
}

// Wrap breaks text between words so that it fits the width, and indents each line. It never breaks a word.
func Wrap(indent, text string) string {
	var b strings.Builder
	n := 0
	for word := range strings.FieldsSeq(text) {
		w := utf8.RuneCountInString(word)
		switch {
		case n == 0:
			b.WriteString(indent)
			n = len(indent)
		case n+1+w > Width:
			b.WriteString("\n" + indent)
			n = len(indent)
		default:
			b.WriteByte(' ')
			n++
		}
		b.WriteString(word)
		n += w
	}
	return b.String()
}

// Enumerate joins parts: "a, b and c".
func Enumerate(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}

// Plural returns the words for one thing or for many.
func Plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
