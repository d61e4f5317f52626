package activities

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/printable"
)

// The bounds of an address are those of SMTP (RFC 5321, section 4.5.3.1). Assumed: CashStar's are no wider.
const (
	maxAddress   = 254
	maxLocalPart = 64
)

// emailAddress returns the one address that a card goes to, without the white space and invisible characters that
// copying an address can add around it. Its errors name the fault and never the address.
//
// Every well-formed address is accepted, whatever its script; whether the mailbox exists is for CashStar to find out.
// Quoted local parts are refused: they are not used in practice, and two addresses can look like one of them.
func emailAddress(s string) (string, error) {
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

// ownWords returns a customer's text as it was written, in any script and with its text-direction characters, since the
// text is theirs. It removes only control characters other than line breaks and tabs, and the two noncharacters.
//
// Assumed: CashStar's service translates XML, which cannot contain these characters (XML 1.0, section 2.2).
func ownWords(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(s, string(unicode.ReplacementChar)))
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if (unicode.IsControl(r) && r != '\n' && r != '\t') || r == '\ufffe' || r == '\uffff' {
			return -1
		}
		return r
	}, s))
}

// ownName is ownWords on one line.
func ownName(s string) string {
	return strings.Join(strings.FieldsFunc(ownWords(s), func(r rune) bool { return r == '\n' || r == '\t' }), " ")
}
