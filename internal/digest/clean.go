package digest

import (
	"net/url"

	"github.com/giftbridge/giftbridge/internal/printable"
)

// Bounds in characters, which keep a mail readable and limit its size, whatever a report contains.
const (
	maxName    = 80
	maxMessage = 500
	maxLink    = 2000
	maxCommand = 2000
)

// clean turns a value from outside into one line; see [printable.Line].
func clean(s string, limit int) string { return printable.Line(s, limit) }

// cleanLink returns a web address, or the empty string for any other address.
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

// cleanCommand returns a command to copy, or the empty string if it cannot be displayed exactly.
func cleanCommand(s string) string {
	if clean(s, maxCommand) != s {
		return ""
	}
	return s
}
