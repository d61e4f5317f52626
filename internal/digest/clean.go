package digest

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds in characters, which keep a mail readable and its size within limits whatever a report holds.
const (
	maxName    = 80
	maxMessage = 500
	maxLink    = 2000
	maxCommand = 2000
)

// clean makes one line of a value that came from outside. Spaces are collapsed; control characters count as spaces.
// Invisible characters, those among them that reverse the order of what is read (U+202A to U+202E, U+2066 to U+2069),
// become U+FFFD; the joiners that scripts and emoji need stay.
func clean(s string, limit int) string {
	var b strings.Builder
	n, space := 0, false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r), r == '\u2028', r == '\u2029':
			space = n > 0
			continue
		case unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d', !unicode.IsGraphic(r) && !unicode.Is(unicode.Cf, r):
			r = utf8.RuneError
		}
		if space {
			b.WriteByte(' ')
			n++
			space = false
		}
		if n >= limit-1 {
			b.WriteRune('…')
			break
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// cleanLink returns the address of a page on the web, and nothing for any other address.
func cleanLink(s string) string {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
		return ""
	}
	link := u.String()
	if len(link) > maxLink || clean(link, maxLink+1) != link {
		return ""
	}
	return link
}

// cleanCommand returns a command to copy, and nothing where it could not be shown exactly.
func cleanCommand(s string) string {
	c := clean(s, maxCommand)
	if strings.ContainsAny(c, "\ufffd…") {
		return ""
	}
	return c
}

func cleanAll(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = clean(n, maxName)
	}
	return out
}
