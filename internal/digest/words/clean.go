package words

import (
	"net/url"

	"github.com/giftbridge/giftbridge/internal/printable"
)

// Bounds in characters, which keep a mail readable and limit its size, whatever a report contains.
const (
	maxName    = 80
	maxMessage = 500
	maxLink    = 2000
	maxCommand = 500
)

// Name turns a name, a code or an amount from outside into one line; see [printable.Line].
func Name(s string) string { return printable.Line(s, maxName) }

// Message turns a text from outside into one line.
func Message(s string) string { return printable.Line(s, maxMessage) }

// Link returns a web address, or the empty string for any other address.
func Link(s string) string {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
		return ""
	}
	link := u.String()
	if len(link) > maxLink || printable.Line(link, maxLink+1) != link {
		return ""
	}
	return link
}

// Command returns a command to copy, or the empty string if it cannot be displayed exactly.
func Command(s string) string {
	if printable.Line(s, maxCommand) != s {
		return ""
	}
	return s
}
