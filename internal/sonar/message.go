package sonar

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/giftbridge/giftbridge/internal/redact"
)

// The types of structured messages (docs.sendsonar.com, "retail structured messages").
const (
	TypeReceipts       = "retail_receipts"
	TypeShipments      = "retail_shipments"
	TypeUpdateReceipts = "retail_updatereceipts"
	TypeNotifyMe       = "notifyme"
)

// Message is a message to one customer. It holds personal data, and does not print it.
type Message struct {
	// To is the customer's phone number in E.164 form: "+14155550100". Only a message of type [TypeNotifyMe] may have none.
	// Assumed: such a message goes to all customers who asked for the product; the published sample has no number.
	To string
	// Text is what a phone shows. The service publishes that it cannot be blank, structured messages included.
	Text string
	// Type and Data are the structure: one of the published types, and one JSON object. A plain message has neither.
	Type string
	Data json.RawMessage
}

// Format implements [fmt.Formatter] for all verbs. It keeps personal data out of logs.
func (Message) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redact.Secret) }

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// InvalidError is a message that was not sent, because the service could not take it.
type InvalidError struct {
	// Field is the field of the message in the service's words, Problem what is wrong with it.
	Field, Problem string
}

// Error implements error.
func (e *InvalidError) Error() string { return service + ": " + e.Field + " " + e.Problem }

// check returns an [*InvalidError] if the service could not take the message.
func (m Message) check() error {
	switch {
	case m.To == "" && m.Type != TypeNotifyMe:
		return &InvalidError{"to", "is missing"}
	case m.To != "" && !e164.MatchString(m.To):
		return &InvalidError{"to", "is not a phone number in E.164 form"}
	case strings.TrimSpace(m.Text) == "":
		return &InvalidError{"text", "is blank"}
	case !utf8.ValidString(m.Text):
		return &InvalidError{"text", "is not valid UTF-8"}
	case m.Type == "" && len(m.Data) > 0:
		return &InvalidError{"type", "is missing, though there are data"}
	case m.Type != "" && !isObject(m.Data):
		return &InvalidError{"data", "is not a JSON object"}
	}
	return nil
}

func isObject(data []byte) bool {
	return json.Valid(data) && bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{"))
}

// form returns the fields that are sent. Their order is that of their names.
func (m Message) form() url.Values {
	form := url.Values{}
	for name, value := range map[string]string{"to": m.To, "text": m.Text, "type": m.Type, "data": string(m.Data)} {
		if value != "" {
			form.Set(name, value)
		}
	}
	return form
}

// secrets are what neither an error nor an answer may hold: the token, and the number in full and without what countries and
// areas put in front, longest first.
func (m Message) secrets(token string) []string {
	out := []string{token, m.To}
	digits := strings.TrimPrefix(m.To, "+")
	for _, n := range []int{len(digits), 10, 7} { // 10: North America without its country code. 7: the shortest of any number.
		if len(digits) >= n {
			out = append(out, digits[len(digits)-n:])
		}
	}
	return out
}

var (
	// foreignText matches what is judged as a whole: an address on the Web, an e-mail address, a word.
	foreignText = regexp.MustCompile(`(?i)https?:\S+|[^\s@<>"'(),;:\[\]]*@[^\s@<>"'(),;:\[\]]*|[\pL\pN]+`)
	words       = regexp.MustCompile(`[\pL\pN]+`)
	// looksLikeNumber matches what is as long as a telephone number without its country code, or longer.
	looksLikeNumber = regexp.MustCompile(`\+?[0-9](?:[ ().-]*[0-9]){6,}`)
)

// scrubber returns a function that removes from the service's words what must not be shown: token, addresses, long numbers, and
// each word that the message also holds, since a service may repeat any part of what it was sent.
func (m Message) scrubber(token string) func(string) string {
	const (
		least  = 3 // Shorter words are syllables of any text.
		inside = 5 // Words of this length are found within others too.
	)
	told, long := map[string]bool{}, []string{}
	add := func(s string) {
		for _, word := range words.FindAllString(strings.ToLower(s), -1) {
			n := utf8.RuneCountInString(word)
			if n >= inside && !told[word] {
				long = append(long, word)
			}
			told[word] = n >= least
		}
	}
	add(m.Text)
	var data any
	if json.Unmarshal(m.Data, &data) == nil {
		eachText(data, add)
	}
	return func(said string) string {
		said = foreignText.ReplaceAllStringFunc(shortened(redact.Secrets(said, token)), func(s string) string {
			word := strings.ToLower(s)
			switch {
			case strings.Contains(s, ":"): // No other pattern matches a colon.
				return "[URL]"
			case strings.Contains(s, "@"):
				return redact.Address
			case told[word], slices.ContainsFunc(long, func(l string) bool { return strings.Contains(word, l) }):
				return redact.Secret
			}
			return s
		})
		return looksLikeNumber.ReplaceAllLiteralString(said, "[number]")
	}
}

// shortened returns the beginning of a text on one line, up to a whole word. More than this is never shown.
func shortened(s string) string {
	const most = 4096
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > most {
		s = s[:strings.LastIndexByte(s[:most], ' ')+1]
	}
	return s
}

// eachText calls f with each text below a node of JSON. Names of fields are the service's own words.
func eachText(node any, f func(string)) {
	switch n := node.(type) {
	case string:
		f(n)
	case []any:
		for _, child := range n {
			eachText(child, f)
		}
	case map[string]any:
		for _, child := range n {
			eachText(child, f)
		}
	}
}
