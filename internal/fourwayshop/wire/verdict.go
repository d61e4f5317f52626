package wire

import (
	"encoding/json"
	"regexp"

	"github.com/giftbridge/giftbridge/internal/redact"
	"github.com/giftbridge/giftbridge/internal/rest"
)

// Verdict is what every answer and every callback says about itself. Code is that of the vendor's older services.
type Verdict struct {
	Success Flag   `json:"success"`
	Message Remark `json:"message"`
	Code    Remark `json:"code"`
}

// Remark is a [Text] that decides nothing. A value of another form is left out, so that the rest can be read.
type Remark string

// UnmarshalJSON implements json.Unmarshaler.
func (r *Remark) UnmarshalJSON(b []byte) error {
	var t Text
	if t.UnmarshalJSON(b) != nil {
		t = ""
	}
	*r = Remark(t)
	return nil
}

// Said returns the verdict. An answer that embeds it has this method too.
func (v *Verdict) Said() Verdict { return *v }

// ReadVerdict reads the body of a response other than 2xx. It returns the zero verdict if the body is not the service's
// own.
func ReadVerdict(body []byte) Verdict {
	var v Verdict
	if json.Unmarshal(body, &v) != nil {
		return Verdict{}
	}
	return v
}

// Words returns the service's own words without the secrets, and without anything that looks like a barcode or an
// address.
func (v Verdict) Words(secrets ...string) (code, message string) {
	clean := func(t Remark) string { return rest.Clip(Scrub(redact.Secrets(string(t), secrets...))) }
	return clean(v.Code), clean(v.Message)
}

// Messages may be English or Italian, and their wording is not fixed.
var (
	saysMissing = regexp.MustCompile(`(?i)\b(not (found|exist\w*)|does(n['’]t| not) exist|unknown|no such|` +
		`non (è |e['’] )?(stat[oa] )?(trovat|esist)\w*|inesistent[ei]|sconosciut[oaie])\b`)
	saysInvalid = regexp.MustCompile(`(?i)\b(not (a )?valid|invalid[oa]?|non (è |e['’] )?(un )?valid[oa]?)\b`)
	saysRefused = regexp.MustCompile(`(?i)\b(not (allowed|accepted|permitted)|non (è |e['’] )?(ammess|accettat|consentit)[oa])\b`)
	saysAmount  = regexp.MustCompile(`(?i)\b(amount|denomination|importo|taglio)\b`)
	saysItem    = regexp.MustCompile(`(?i)\b(item|articol|prodott)`)
	saysBarcode = regexp.MustCompile(`(?i)\b(bar ?code|codice a barre|gift ?card|carta\b|card\b|buono\b)`)
)

// MissesItem reports whether the message says that there is no such item.
func (v Verdict) MissesItem() bool {
	m := string(v.Message)
	return (saysMissing.MatchString(m) || saysInvalid.MatchString(m)) && saysItem.MatchString(m)
}

// MissesBarcode reports whether the message says that there is no such card. One that is not valid may be expired.
func (v Verdict) MissesBarcode() bool {
	m := string(v.Message)
	return saysMissing.MatchString(m) && saysBarcode.MatchString(m) && !saysItem.MatchString(m)
}

// RefusesAmount reports whether the message says that cards cannot have such a value. Assumed: no other refusal of an amount,
// such as one that exceeds a balance, is worded so.
func (v Verdict) RefusesAmount() bool {
	m := string(v.Message)
	return (saysInvalid.MatchString(m) || saysRefused.MatchString(m)) && saysAmount.MatchString(m)
}

var (
	looksLikeURL    = regexp.MustCompile(`(?i)https?:\S+`)
	looksLikeNumber = regexp.MustCompile(`\d([ -]?\d){7,}`)
)

// Scrub removes whatever looks like an address or a barcode from a text.
func Scrub(s string) string {
	s = looksLikeURL.ReplaceAllLiteralString(s, "[URL]")
	s = redact.Addresses(s)
	return looksLikeNumber.ReplaceAllLiteralString(s, "[number]")
}
