package cashstar

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/giftbridge/giftbridge/internal/rest"
)

// StatusEnhanceYourCalm is CashStar's status of a rate limit. 429 is assumed to mean the same.
const StatusEnhanceYourCalm = 420

// IsRateLimit reports whether the service refused the request because there were too many.
func IsRateLimit(err error) bool {
	s := rest.StatusOf(err)
	return s == StatusEnhanceYourCalm || s == http.StatusTooManyRequests
}

var (
	namesAuditNumber = regexp.MustCompile(`(?i)\baudit[ _-]?(number|no)\b`)
	saysRepeated     = regexp.MustCompile(`(?i)\b(already|duplicated?|in use|used|exists?|unique|repeated)\b`)
	saysDifferent    = regexp.MustCompile(`(?i)\b(differ\w*|mismatch\w*)\b`)
)

// IsDuplicate reports whether the service refused an order because its audit number was used before: the card exists.
//
// Assumed, since nobody outside has seen the refusal: it is 409, or 400 with a message that names the audit number and
// says that it was used. A 400 that finds other fault with the audit number ("is too long"), or that says the number
// belongs to a different order, is no duplicate: to take it for one would leave a customer without a card.
func IsDuplicate(err error) bool {
	var e *rest.Error
	if !errors.As(err, &e) || e.Outcome != rest.Refused {
		return false
	}
	switch e.Status {
	case http.StatusConflict:
		return true
	case http.StatusBadRequest:
		return namesAuditNumber.MatchString(e.Message) && saysRepeated.MatchString(e.Message) &&
			!saysDifferent.MatchString(e.Message)
	}
	return false
}

// errorAnswer is what the service says of an error: a text under "error", or texts or objects with a "message" under
// "errors".
type errorAnswer struct {
	Error  json.RawMessage `json:"error"`
	Errors json.RawMessage `json:"errors"`
}

func (a errorAnswer) message() string {
	var all []string
	for _, raw := range []json.RawMessage{a.Error, a.Errors} {
		var list oneOrMany[json.RawMessage]
		if raw == nil || json.Unmarshal(raw, &list) != nil {
			continue
		}
		for _, entry := range list {
			var s string
			var o struct {
				Message string `json:"message"`
			}
			switch {
			case json.Unmarshal(entry, &s) == nil && s != "":
				all = append(all, s)
			case json.Unmarshal(entry, &o) == nil && o.Message != "":
				all = append(all, o.Message)
			}
		}
	}
	return strings.Join(all, "; ")
}

// contradicts tells of an answer that lacks what was asked for, in the service's own words if it has any: some
// services answer 200 with an error in it.
func (a errorAnswer) contradicts(op, what string, message rest.ErrorBody) error {
	err := contradiction(op, what)
	if b, e := json.Marshal(a); e == nil {
		_, said := message(b)
		err.Message = rest.Clip(said)
	}
	return err
}

func contradiction(op, what string) *rest.Error {
	return &rest.Error{Service: service, Op: op, Outcome: rest.Contradictory, Err: errors.New(what)}
}

// errorMessage reads an error body. Anything in it that looks like an address or a card number is taken out.
func errorMessage(body []byte) (code, message string) {
	return "", scrub(readError(body))
}

// errorMessage also takes out what the order itself says of people: a refusal may quote it. It does so before
// [IsDuplicate] reads the message, so that a greeting cannot pass for the service's own words.
func (r CreateOrderRequest) errorMessage() rest.ErrorBody {
	const least = 3 // shorter values are no more than syllables of the message
	var pairs []string
	for _, s := range []string{
		r.Delivery.Target, r.Challenge, r.Message.Body, r.Message.From, r.Message.To,
	} {
		if utf8.RuneCountInString(s) >= least {
			pairs = append(pairs, s, redacted)
		}
	}
	personal := strings.NewReplacer(pairs...)
	return func(body []byte) (code, message string) {
		return "", scrub(personal.Replace(readError(body)))
	}
}

func readError(body []byte) string {
	var a errorAnswer
	if json.Unmarshal(body, &a) != nil {
		return "" // HTML of a proxy, most likely; the status says it all
	}
	return a.message()
}

var (
	looksLikeURL    = regexp.MustCompile(`(?i)https?:\S+`)
	looksLikeEmail  = regexp.MustCompile(`[^\s@<>"'()\[\],;:]+@[^\s@<>"'()\[\],;:]+`)
	looksLikeCode   = regexp.MustCompile(`(?i)\b(access[ _-]?code|pin)\b["':=\s]{0,4}\w+`)
	looksLikeNumber = regexp.MustCompile(`\d([ -]?\d){11,}`)
)

func scrub(s string) string {
	s = looksLikeURL.ReplaceAllLiteralString(s, "[URL]")
	s = looksLikeEmail.ReplaceAllLiteralString(s, "[e-mail]")
	s = looksLikeCode.ReplaceAllString(s, "$1 [code]")
	return looksLikeNumber.ReplaceAllLiteralString(s, "[number]")
}

// quote shows a foreign value that should be a word.
func quote(s string) string {
	const most = 40
	if s == "" {
		return "none"
	}
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strconv.Quote(scrub(s))
}
