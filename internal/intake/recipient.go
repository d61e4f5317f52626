package intake

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/printable"
)

// The bounds of an address are those of SMTP (RFC 5321, section 4.5.3.1). Assumed: no issuer's are wider.
const (
	maxAddress   = 254
	maxLocalPart = 64
)

// Address returns the one address that a card goes to, without the white space and invisible characters that
// copying an address can add around it. Its errors name the fault and never the address.
//
// Every well-formed address is accepted, whatever its script; whether the mailbox exists is for the issuer to find out.
// Quoted local parts are refused: they are not used in practice, and two addresses can look like one of them.
func Address(s string) (string, error) {
	s = withoutUnseen(s)
	if s == "" {
		return "", giftcard.Errorf(giftcard.InvalidRequest,
			"there is no e-mail address to send it to: neither the line, the order nor the customer has one")
	}
	local, domain, _ := strings.Cut(s, "@")
	fault := ""
	switch {
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || !printable.Visible(r) }) ||
		!utf8.ValidString(s):
		fault = "contains an invisible character"
	case strings.Count(s, "@") > 1 || strings.ContainsAny(s, ",;"):
		fault = "is more than one address"
	case len(s) > maxAddress || len(local) > maxLocalPart:
		fault = "is too long"
	case local == "" || domain == "" || strings.ContainsAny(s, `<>()[]:"\`) || strings.ContainsFunc(s, unicode.IsSpace):
		fault = "is not an address"
	case !strings.Contains(domain, ".") || strings.Contains(domain, "..") || strings.Trim(domain, ".-") != domain:
		fault = "has no valid domain"
	default:
		return s, nil
	}
	return "", giftcard.Errorf(giftcard.InvalidRequest, "the recipient's e-mail address %s", fault)
}

// withoutUnseen trims white space and invisible characters.
func withoutUnseen(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !printable.Visible(r) })
}

// BoundedAddress bounds an address so that [Address] refuses it as too long if it was cut: a cut address must not become
// another valid one. It therefore first removes what Address trims.
func BoundedAddress(s string) string { return Bounded(withoutUnseen(s), maxAddress+1) }

// Bounds, in characters, of texts that buyers can make long. The texts of a line go into the input of each of its
// cards, up to [giftcard.MaxUnits] times, and Temporal terminates an order whose history takes 50 MB, between two
// cards. Within these bounds a card's texts take 5 kB in letters and at worst 17 kB (JSON takes 6 bytes for a character
// such as <), and a thousand cards take 17 MB. SKUs need no bound: those of a gift-card order are the configured ones.
//
// A longer text is cut, and ends in an ellipsis. Refusing it would deny a recipient a card that was paid for, because
// of words that no greeting card shows.
const (
	// MaxGreeting is ten times what the shop's themes let a buyer write.
	MaxGreeting = 2000
	// MaxPersonName is the length that the shop allows for names of people and companies. No account's code is longer,
	// so a code that was cut never matches one.
	MaxPersonName = 255
	// MaxValue is for days, offsets and amounts, which have about ten characters. A value that was cut is not valid.
	MaxValue = 64
)

// Bounded returns s cut to at most the given number of characters, with an ellipsis if it was longer.
func Bounded(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for i := range s {
		if most == 0 {
			return s[:i] + "…"
		}
		most--
	}
	return s
}

// plausibleYears and plausibleDays bound how far the day of delivery may be from the time when the order was judged, in
// either direction; the day allows for time zones. Shopify's form offers 90 days ahead. A day further away is a typing
// error or a year of another calendar: a card for 2569 never arrives, and one for 26 arrives at once, which may spoil a
// present.
const plausibleYears, plausibleDays = 1, 1

// maxOffset is the largest offset from UTC in use anywhere on Earth, in minutes.
const maxOffset = 14 * 60

// SendOn returns the start of the day of delivery if it lies in the future, else the zero time, which means at once. It
// refuses an implausible day. now is the time at which the order was judged, so that repeated requests for the same
// card are identical.
//
// Assumed: a buyer whose offset from UTC is unknown means a day in UTC. Shopify uses the shop's time zone in that case,
// which may differ by hours.
func SendOn(to giftcard.Recipient, now time.Time) (time.Time, error) {
	day := strings.TrimSpace(to.SendOn)
	if day == "" {
		return time.Time{}, nil
	}
	zone := time.UTC
	if behind, err := strconv.Atoi(strings.TrimSpace(to.Offset)); err == nil && -maxOffset <= behind && behind <= maxOffset {
		zone = time.FixedZone("", -behind*60)
	}
	t, err := time.ParseInLocation(time.DateOnly, day, zone)
	if err != nil {
		return time.Time{}, giftcard.Errorf(giftcard.InvalidRequest, "its delivery date is not a valid date (yyyy-mm-dd)")
	}
	switch ahead := t.After(now); {
	case now.IsZero():
		return t, nil // There is no time to compare it with.
	case ahead && t.After(now.AddDate(plausibleYears, 0, plausibleDays)):
		return time.Time{}, implausible(t, "in the future")
	case ahead:
		return t, nil
	case t.Before(now.AddDate(-plausibleYears, 0, -plausibleDays)):
		return time.Time{}, implausible(t, "in the past")
	}
	return time.Time{}, nil
}

// implausible returns the error for an implausible day. It quotes the day, which is a date and not personal data.
func implausible(day time.Time, where string) error {
	return giftcard.Errorf(giftcard.InvalidRequest, "its delivery date, %s, is more than a year %s, which cannot be intended",
		day.Format(time.DateOnly), where)
}
