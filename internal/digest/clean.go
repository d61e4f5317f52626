package digest

import (
	"net/url"

	"github.com/giftbridge/giftbridge/internal/printable"
)

// Bounds in characters, which keep a mail readable and its size within limits whatever a report holds.
const (
	maxName    = 80
	maxMessage = 500
	maxLink    = 2000
	maxCommand = 2000
)

// clean makes one line of a value that came from outside; see [printable.Line].
func clean(s string, limit int) string { return printable.Line(s, limit) }

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
	if clean(s, maxCommand) != s {
		return ""
	}
	return s
}
