package cardmail

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/printable"
)

// Card is a gift card, and what its buyer says with it. The texts are a buyer's input, unchecked.
type Card struct {
	// Code is what the card is spent with.
	Code  string
	Value giftcard.Money
	// ValidFrom and ValidUntil are when the card can be spent; zero if the issuer does not say.
	ValidFrom, ValidUntil time.Time
	// Shop is the name under which the mail is sent, and Order the name of the order.
	Shop, Order string
	// To is the recipient's name, From the giver's, and Message the greeting; each may be empty.
	To, From, Message string
}

// Bounds in characters of what buyers write.
const (
	maxName    = 80
	maxMessage = 2000
)

// view is what the templates see. docs/operations.md lists its fields: they are never renamed or removed.
type view struct {
	// Subject is the subject of the mail.
	Subject string
	// Shop is the name under which the mail is sent.
	Shop, Order string
	// To, From and Message are the recipient's name, the giver's, and the greeting; each may be empty.
	To, From, Message string
	// Value is the amount with its currency, for people: "€50.00".
	Value string
	// Code is the number below the barcode, as it can be copied, and SpacedCode the same in groups.
	Code, SpacedCode string
	// ValidFrom and ValidUntil are days such as "31 December 2027"; empty if the card has no such day. ValidFrom is also
	// empty if the card can be spent already.
	ValidFrom, ValidUntil string
	// Picture is the address of the picture within the mail, and PictureWidth and PictureHeight its size in pixels.
	Picture                     pictureURL
	PictureWidth, PictureHeight int
	// Document reports whether a printable document is attached.
	Document bool
}

func newView(c Card, p Picture, document bool, now time.Time) view {
	v := view{
		Shop: printable.Line(c.Shop, maxName), Order: printable.Line(c.Order, maxName),
		To: printable.Line(c.To, maxName), From: printable.Line(c.From, maxName), Message: message(c.Message),
		Value: amount(c.Value), Code: c.Code, SpacedCode: grouped(c.Code),
		Picture: "cid:" + PictureID, PictureWidth: p.Width, PictureHeight: p.Height, Document: document,
	}
	if c.ValidFrom.After(now) {
		v.ValidFrom = day(c.ValidFrom)
	}
	if !c.ValidUntil.IsZero() {
		v.ValidUntil = day(c.ValidUntil)
	}
	return v
}

// day formats a day for people. The issuer's times are in UTC, and so is the day: where clocks are ahead of UTC, the card is
// valid for some hours longer than the mail says.
func day(t time.Time) string { return t.UTC().Format("2 January 2006") }

// message returns a greeting that cannot hide anything, with at most one empty line between its paragraphs.
func message(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	if utf8.RuneCountInString(s) > maxMessage {
		s = string([]rune(s)[:maxMessage]) + "…"
	}
	var lines []string
	for line := range strings.SplitSeq(strings.TrimSpace(printable.Text(s)), "\n") {
		line = strings.TrimRight(line, " \t")
		if line == "" && len(lines) > 0 && lines[len(lines)-1] == "" {
			continue
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// symbols are written before an amount. Other currencies are written by their codes, after it.
var symbols = map[string]string{"EUR": "€", "GBP": "£", "USD": "$"}

// amount formats money for people: "€1,250.00", "50.00 CHF".
func amount(m giftcard.Money) string {
	whole, cents, _ := strings.Cut(m.Amount(), ".")
	var b strings.Builder
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	if symbol := symbols[m.Currency]; symbol != "" {
		return fmt.Sprintf("%s%s.%s", symbol, &b, cents)
	}
	return fmt.Sprintf("%s.%s %s", &b, cents, m.Currency)
}

// grouped writes a code in groups that people can read out: an EAN-13 as it is printed below its bars, others in fours.
func grouped(code string) string {
	const ean13, group = 13, 4
	if len(code) == ean13 && strings.Trim(code, "0123456789") == "" {
		return code[:1] + " " + code[1:7] + " " + code[7:]
	}
	var b strings.Builder
	for i, r := range []rune(code) {
		if i > 0 && i%group == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}
