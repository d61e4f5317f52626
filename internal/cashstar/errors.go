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

	"github.com/giftbridge/giftbridge/internal/rest"
)

// StatusEnhanceYourCalm is CashStar's status of a rate limit. 429 is assumed to mean the same.
const StatusEnhanceYourCalm = 420

// IsRateLimit reports whether the service refused the request because there were too many.
func IsRateLimit(err error) bool {
	s := rest.StatusOf(err)
	return s == StatusEnhanceYourCalm || s == http.StatusTooManyRequests
}

// IsDuplicate reports whether the service refused an order because its audit number was used before: the card exists, or
// somebody has ordered another one under this number. It is for the caller to know whether that was they.
//
// Assumed, since nobody outside has seen the refusal: it is 409 or 400, with an entry in the service's own shape of an
// error that names the audit number and says that it was used. The status alone proves nothing. A proxy says 409 for
// reasons of its own, and the service may mean an order that is under way. To take a refusal for a card that exists leaves
// a customer without one, and nobody hears of it; not to do so makes work for a person. So what is not understood is no
// duplicate: other fault with the number ("is too long"), a merchant that "does not exist (audit number …)", an order
// "in progress", a number of a different order, or another number.
func IsDuplicate(err error) bool {
	_, ok := errors.AsType[usedNumber](err)
	return ok
}

// usedNumber is the refusal of an order whose audit number was used before.
type usedNumber struct{ error }

// Unwrap returns the refusal.
func (e usedNumber) Unwrap() error { return e.error }

// Explains reports whether the service itself said why it refused: the answer was JSON in its own shape of an error. What
// stands before it (a proxy, a firewall, a content delivery network) answers with pages, or with nothing.
func Explains(err error) bool {
	e, ok := refusal(err)
	return ok && e.Message != ""
}

// IsInconclusive reports whether a refusal tells nothing about what was asked for, so that the same request may succeed
// later: something else than the service has answered for it, or it does not say enough. Statuses that mean the same
// whoever says them, such as a rate limit or wrong credentials, are conclusive.
func IsInconclusive(err error) bool {
	e, ok := refusal(err)
	switch {
	case !ok || e.Status < 400 || e.Status > 499 || slices.Contains(plainStatuses, e.Status):
		return false
	case e.Message == "":
		return true
	case e.Status == http.StatusConflict && e.Op == opCreateOrder:
		return !IsDuplicate(err) && !saysDifferent.MatchString(e.Message)
	case e.Op == opBalance || e.Op == opCancel:
		return false // These paths name a card, which may not be there.
	}
	return slices.Contains(addressStatuses, e.Status)
}

// IsAmbiguous reports whether an order may have been carried out after an error. A refusal counts as certain only in the
// service's own words: a firewall that reads answers may withhold one that looks as if it held the number of a credit
// card, and say 403 instead.
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
	// plainStatuses need no explanation.
	plainStatuses = []int{
		http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusProxyAuthRequired,
		http.StatusRequestTimeout, StatusEnhanceYourCalm, http.StatusLocked, http.StatusTooEarly,
		http.StatusTooManyRequests,
	}
	// unheardStatuses are said before a request is looked at.
	unheardStatuses = []int{
		http.StatusUnauthorized, http.StatusProxyAuthRequired, StatusEnhanceYourCalm, http.StatusTooEarly,
		http.StatusTooManyRequests,
	}
	// addressStatuses tell that nobody is at this address, or not for this: neither order/ nor merchant/ names anything
	// that could be missing. 430 is no standard's; content delivery networks refuse with it.
	addressStatuses = []int{
		http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone, http.StatusMisdirectedRequest, 430,
	}
)

var (
	// namesAuditNumber also finds the number where it is quoted.
	namesAuditNumber = regexp.MustCompile(
		`(?i)\baudit[ _-]?(?:number|no)\b(?:[^\pL\pN]{0,4}([\pL\pN_-]*\d[\pL\pN_-]*))?`)
	saysUsed = regexp.MustCompile(`(?i)\b(duplicated?|exists|in use|must be unique|` +
		`(was|been|already|previously) (used|taken|processed|issued|submitted|repeated))\b`)
	saysNot = regexp.MustCompile(`(?i)\b(not|no|never|cannot|too|exceed\w*|invalid|characters?|length|format)\b|n['’]t\b`)

	saysDifferent = regexp.MustCompile(
		`(?i)\b(differ\w*|mismatch\w*|(an)?other (order|card|merchant|customer|account|client)s?)\b`)
	saysUnderWay = regexp.MustCompile(`(?i)\b(in progress|under way|pending|being|processing)\b`)

	// betweenClauses splits what has nothing to do with each other; a dot may stand within a word.
	betweenClauses = regexp.MustCompile(`[;!?\n]|[.,]\s`)
)

// sayUsed tells whether the entries of a refusal say that this audit number was used, and nothing that takes it back.
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
	const it = "\x00" // stands for the number, so that no word of it is taken for one about it
	entry = namesAuditNumber.ReplaceAllString(entry, it)
	entry = strings.ReplaceAll(entry, "not unique", "duplicate")
	for _, clause := range betweenClauses.Split(entry, -1) {
		if strings.Contains(clause, it) && saysUsed.MatchString(clause) && !saysNot.MatchString(clause) {
			return true
		}
	}
	return false
}

// errorAnswer is what the service says of an error: a text under "error", or texts or objects with a "message" under
// "errors".
type errorAnswer struct {
	Error  json.RawMessage `json:"error"`
	Errors json.RawMessage `json:"errors"`
}

// errorEntry is one of the errors that the service tells of. Field is what it is about, where that is said apart.
type errorEntry struct {
	Message string          `json:"message"`
	Field   json.RawMessage `json:"field"`
}

// entries returns what the answer says, error by error.
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
	return "", scrub(join(readError(body)))
}

// errorMessage also takes out what the order itself says of people: a refusal may quote it. It does so before used learns
// whether the service says that the audit number was used, so that a greeting cannot pass for the service's own words; and
// that comes before numbers are taken out, since an audit number looks like a card's.
func (r CreateOrderRequest) errorMessage(used *bool) rest.ErrorBody {
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

// readError returns nothing where the body is not the service's own kind of error: HTML of a proxy, most likely.
func readError(body []byte) []errorEntry {
	var a errorAnswer
	if json.Unmarshal(body, &a) != nil {
		return nil
	}
	return a.entries()
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

// scrubAround is scrub for a text that may name our own audit number, which is no secret: people look for it at the service.
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
