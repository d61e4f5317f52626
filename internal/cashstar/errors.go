package cashstar

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/giftbridge/giftbridge/internal/redact"

	"github.com/giftbridge/giftbridge/internal/rest"
)

// StatusEnhanceYourCalm is the HTTP status with which CashStar reports a rate limit. 429 is assumed to mean the same.
const StatusEnhanceYourCalm = 420

// IsDuplicate reports whether the service refused an order because its audit number was used before: either the card
// exists, or another client has ordered a card under this number. The caller must know which of the two it is.
//
// Assumed, since nobody outside CashStar has seen this refusal: its status is 409 or 400, and it holds an entry in the
// service's own error format that names the audit number and says that it was used. The status alone proves nothing: a
// proxy returns 409 for reasons of its own, and the service may mean an order in progress. Mistaking another refusal
// for a duplicate leaves a customer without a card, unnoticed; failing to recognise a duplicate only makes work for an
// operator. A refusal that is not understood is therefore not a duplicate. Examples are another complaint about the
// number ("is too long"), a merchant that "does not exist (audit number …)", an order "in progress", a number that
// belongs to a different order, or another number.
func IsDuplicate(err error) bool {
	_, ok := errors.AsType[usedNumber](err)
	return ok
}

// usedNumber is the refusal of an order whose audit number was used before.
type usedNumber struct{ error }

// Unwrap returns the refusal.
func (e usedNumber) Unwrap() error { return e.error }

// Explains reports whether the service itself gave a reason for the refusal: the response was JSON in its own error
// format. Intermediaries (a proxy, a firewall, a content delivery network) respond with pages, or with nothing.
func Explains(err error) bool {
	e, ok := refusal(err)
	return ok && e.Message != ""
}

// IsInconclusive reports whether a refusal says nothing about the requested operation, so that the same request may
// succeed later: either an intermediary responded instead of the service, or the refusal is not specific enough.
// Statuses whose meaning does not depend on the sender, such as a rate limit or wrong credentials, are conclusive.
func IsInconclusive(err error) bool {
	e, ok := refusal(err)
	switch {
	case !ok || e.Status < 400 || e.Status > 499 || slices.Contains(plainStatuses, e.Status):
		return false
	case e.Message == "":
		return true
	case e.Status == http.StatusConflict && e.Op == opCreateOrder:
		return !IsDuplicate(err) && !saysDifferent.MatchString(e.Message)
	case e.Op == opBalance || e.Op == opCancel || e.Op == opCatalog || e.Op == opFaceplates:
		return false // These paths name a card or a merchant, which may not exist.
	}
	return slices.Contains(addressStatuses, e.Status)
}

// IsAmbiguous reports whether an order may have been carried out despite an error. A refusal is certain only in the
// service's own words: a firewall that inspects responses may withhold one that appears to hold a credit card number,
// and return 403 instead.
func IsAmbiguous(err error) bool {
	var e *rest.Error
	if !errors.As(err, &e) || e.Service != service {
		return false
	}
	unexplained := e.Outcome == rest.Refused && !Explains(err) && !slices.Contains(unheardStatuses, e.Status)
	return e.Ambiguous() || unexplained || IsInconclusive(err) || IsDuplicate(err)
}

func refusal(err error) (*rest.Error, bool) {
	e, ok := errors.AsType[*rest.Error](err)
	return e, ok && e.Service == service && e.Outcome == rest.Refused
}

var (
	// plainStatuses are the statuses that need no explanation by the service.
	plainStatuses = []int{
		http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusProxyAuthRequired,
		http.StatusRequestTimeout, StatusEnhanceYourCalm, http.StatusLocked, http.StatusTooEarly,
		http.StatusTooManyRequests,
	}
	// unheardStatuses are returned before the request itself is processed.
	unheardStatuses = []int{
		http.StatusUnauthorized, http.StatusProxyAuthRequired, StatusEnhanceYourCalm, http.StatusTooEarly,
		http.StatusTooManyRequests,
	}
	// addressStatuses mean that nothing is at this address, or that it does not accept the request: neither order/ nor
	// merchant/ names anything that could be missing. 430 is not standard; content delivery networks refuse with it.
	addressStatuses = []int{
		http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone, http.StatusMisdirectedRequest, 430,
	}
)

var (
	// namesAuditNumber matches a mention of the audit number, and captures the number if it is quoted.
	namesAuditNumber = regexp.MustCompile(
		`(?i)\baudit[ _-]?(?:number|no)\b(?:[^\pL\pN]{0,4}([\pL\pN_-]*\d[\pL\pN_-]*))?`)
	saysUsed = regexp.MustCompile(`(?i)\b(duplicated?|exists|in use|must be unique|` +
		`(was|been|already|previously) (used|taken|processed|issued|submitted|repeated))\b`)
	saysNot = regexp.MustCompile(`(?i)\b(not|no|never|cannot|too|exceed\w*|invalid|characters?|length|format)\b|n['’]t\b`)

	saysDifferent = regexp.MustCompile(
		`(?i)\b(differ\w*|mismatch\w*|(an)?other (order|card|merchant|customer|account|client)s?)\b`)
	saysUnderWay = regexp.MustCompile(`(?i)\b(in progress|under way|pending|being|processing)\b`)

	// betweenClauses separates independent clauses. A dot counts only before white space, as it may be part of a word.
	betweenClauses = regexp.MustCompile(`[;!?\n]|[.,]\s`)
)

// sayUsed reports whether the entries of a refusal say that this audit number was used, and nothing that contradicts
// it.
func sayUsed(entries []string, auditNumber string) bool {
	said := false
	for _, entry := range entries {
		if saysDifferent.MatchString(entry) || saysUnderWay.MatchString(entry) {
			return false
		}
		said = said || saysItWasUsed(entry, auditNumber)
	}
	return said
}

func saysItWasUsed(entry, auditNumber string) bool {
	for _, named := range namesAuditNumber.FindAllStringSubmatch(entry, -1) {
		if number := named[1]; number != "" && !strings.EqualFold(number, auditNumber) {
			return false
		}
	}
	const it = "\x00" // placeholder for the number: words in it must not pass for words about it
	entry = namesAuditNumber.ReplaceAllString(entry, it)
	entry = strings.ReplaceAll(entry, "not unique", "duplicate")
	for _, clause := range betweenClauses.Split(entry, -1) {
		if strings.Contains(clause, it) && saysUsed.MatchString(clause) && !saysNot.MatchString(clause) {
			return true
		}
	}
	return false
}

// errorAnswer is the service's error format: a text under "error", or texts or objects with a "message" under "errors".
type errorAnswer struct {
	Error  json.RawMessage `json:"error"`
	Errors json.RawMessage `json:"errors"`
}

// errorEntry is one of the errors in a response. Field is the subject of the error, if the service names it separately.
type errorEntry struct {
	Message string          `json:"message"`
	Field   json.RawMessage `json:"field"`
}

// entries returns the errors in the response, one by one.
func (a errorAnswer) entries() []errorEntry {
	var all []errorEntry
	for _, raw := range []json.RawMessage{a.Error, a.Errors} {
		var list oneOrMany[json.RawMessage]
		if raw == nil || json.Unmarshal(raw, &list) != nil {
			continue
		}
		for _, entry := range list {
			var s string
			var o errorEntry
			switch {
			case json.Unmarshal(entry, &s) == nil && s != "":
				all = append(all, errorEntry{Message: s})
			case json.Unmarshal(entry, &o) == nil && o.Message != "":
				all = append(all, o)
			}
		}
	}
	return all
}

func join(entries []errorEntry) string {
	all := make([]string, len(entries))
	for i, e := range entries {
		all[i] = e.Message
	}
	return strings.Join(all, "; ")
}

// contradicts returns the error for a response that lacks the requested data. It includes the service's own message if
// there is one: some services report an error with status 200.
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

// errorMessage reads an error body. It removes anything that looks like an address or a card number.
func errorMessage(body []byte) (code, message string) {
	return "", scrub(join(readError(body)))
}

// errorMessage returns a reader of error bodies that also removes the personal data in the order, which a refusal may
// quote. The personal data is removed first, so that a greeting cannot pass for the service's own words. Then used is
// set to whether the service says that the audit number was used. Numbers are removed last, since an audit number looks
// like a card number.
func (r CreateOrderRequest) errorMessage(used *bool) rest.ErrorBody {
	const least = 3 // shorter values may be mere syllables of the message
	var pairs []string
	for _, s := range []string{
		r.Delivery.Target, r.Challenge, r.Message.Body, r.Message.From, r.Message.To,
	} {
		if utf8.RuneCountInString(s) >= least {
			pairs = append(pairs, s, redact.Secret)
		}
	}
	personal := strings.NewReplacer(pairs...)
	return func(body []byte) (code, message string) {
		entries := readError(body)
		about := make([]string, len(entries))
		for i, e := range entries {
			entries[i].Message = personal.Replace(e.Message)
			about[i] = string(e.Field) + " " + entries[i].Message
		}
		*used = sayUsed(about, r.AuditNumber)
		return "", scrubAround(join(entries), r.AuditNumber)
	}
}

// readError returns nil if the body is not in the service's own error format: most likely it is a proxy's HTML.
func readError(body []byte) []errorEntry {
	var a errorAnswer
	if json.Unmarshal(body, &a) != nil {
		return nil
	}
	return a.entries()
}

var (
	looksLikeURL    = regexp.MustCompile(`(?i)https?:\S+`)
	looksLikeCode   = regexp.MustCompile(`(?i)\b(access[ _-]?code|pin)\b["':=\s]{0,4}\w+`)
	looksLikeNumber = regexp.MustCompile(`\d([ -]?\d){11,}`)
)

func scrub(s string) string {
	s = looksLikeURL.ReplaceAllLiteralString(s, "[URL]")
	s = redact.Addresses(s)
	s = looksLikeCode.ReplaceAllString(s, "$1 [code]")
	return looksLikeNumber.ReplaceAllLiteralString(s, "[number]")
}

// scrubAround is scrub for a text that may contain our own audit number. That number is not secret, and operators use
// it to look up the order at the service.
func scrubAround(s, auditNumber string) string {
	if auditNumber == "" {
		return scrub(s)
	}
	parts := strings.Split(s, auditNumber)
	for i := range parts {
		parts[i] = scrub(parts[i])
	}
	return strings.Join(parts, auditNumber)
}

// quote quotes a foreign value that should be a single word, for an error message.
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
