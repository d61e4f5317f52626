package digest

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// width is the maximum line width of the text, except where a line cannot be broken.
const width = 78

// count formats a number of things: "1 order", "2 orders", "5,000 orders".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return number(n) + " " + thing + "s"
}

// number groups thousands.
func number(n int) string { return groups(strconv.Itoa(n)) }

// groups groups the thousands of a whole number.
func groups(s string) string {
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// span formats a duration in the largest unit that is precise enough.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < time.Hour:
		return count(int(d/time.Minute), "minute")
	case d < 48*time.Hour:
		return count(int(d/time.Hour), "hour")
	default:
		return count(int(d/(24*time.Hour)), "day")
	}
}

// wrap breaks text between words so that it fits the width, and indents each line. It never breaks a word.
func wrap(indent, text string) string {
	var b strings.Builder
	n := 0
	for word := range strings.FieldsSeq(text) {
		w := utf8.RuneCountInString(word)
		switch {
		case n == 0:
			b.WriteString(indent)
			n = len(indent)
		case n+1+w > width:
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

// enumerate joins parts: "a, b and c".
func enumerate(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
