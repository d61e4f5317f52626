package sonar

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/giftbridge/giftbridge/internal/rest"
)

// Effect is what is known about the effect of a message that failed.
type Effect string

const (
	// Unsent: the customer certainly did not get the message, and will not.
	Unsent Effect = "unsent"
	// Unclear: the customer may have got the message.
	Unclear Effect = "unclear"
)

// Reason is why the service refused, as far as its words are understood.
type Reason string

// The reasons. Unless they say otherwise, they are published at docs.sendsonar.com/reference/dealing-with-errors or recorded
// by the vendor's client. The text decides and not the status, as the two sources contradict each other: an invalid number has
// 400 in one, and 403 in the other.
const (
	BadToken       Reason = "bad token"
	NoSubscription Reason = "no active subscription"
	CompanyClosed  Reason = "company inactive or cancelled"
	APIDisabled    Reason = "api disabled for company"
	TrialLimit     Reason = "trial limit reached"
	InvalidPhone   Reason = "invalid phone number"
	// Forbidden is the service's "general error for not being able to add a customer and sending a message".
	Forbidden Reason = "forbidden"
	// BadFields: a field is missing ("text is missing, to is missing") or, assumed, not valid.
	BadFields Reason = "a field is missing or not valid"
	// TimedOut: the service gave up. Its effect is unclear, whatever the status.
	TimedOut Reason = "request timed out"
	// TooMany: too many requests. The status alone decides. Assumed: no limit is published.
	TooMany Reason = "too many requests"
	// Other is a refusal in words that are not known.
	Other Reason = "not a known reason"
)

// reasons has the texts in lower case.
var reasons = map[string]Reason{
	"bad token":                          BadToken,
	"bad publishable-key":                BadToken,
	"token or publishable_key not found": BadToken,
	"no active subscription":             NoSubscription,
	"company inactive":                   CompanyClosed,
	"company cancelled":                  CompanyClosed,
	"api disabled for company":           APIDisabled,
	"trial customer limit reached":       TrialLimit,
	"trial message limit reached":        TrialLimit,
	"invalid phone number":               InvalidPhone,
	"forbidden":                          Forbidden,
	"request timed out":                  TimedOut,
}

// fieldProblems matches complaints about fields: recorded "is missing"; assumed, the others of the library that words them so
// (ruby-grape, lib/grape/locale/en.yml).
var fieldProblems = func() *regexp.Regexp {
	const one = `[\w.\[\]]+ (?:is missing|is invalid|is empty|does not have a valid value)`
	return regexp.MustCompile(`^` + one + `(?:, ` + one + `)*$`)
}()

// Refusal is the cause of a [*rest.Error] if the service itself says that it refused.
type Refusal struct{ Reason Reason }

// Error implements error.
func (r *Refusal) Error() string { return string(r.Reason) }

// OfAccount are the reasons that lie with the account: a person has to act, and then every message can be sent.
var OfAccount = []Reason{BadToken, NoSubscription, CompanyClosed, APIDisabled, TrialLimit}

// ReasonOf returns why the service refused, empty if err is not a refusal in the service's own words.
func ReasonOf(err error) Reason {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r.Reason
	}
	return ""
}

// unheardStatuses are returned before a request itself is processed, whoever returns them.
var unheardStatuses = []int{http.StatusUnauthorized, http.StatusProxyAuthRequired, http.StatusTooManyRequests}

// EffectOf returns whether the customer may get the message that failed with err, empty if err is nil or not from this client.
// It is certain that the message was not sent if there was no connection, if the service refused it in words with a status
// below 500, and after a status that is returned before a request is processed. It is unclear after everything else: an answer
// that was lost or cannot be read, a time-out, the service's own included, a failure on its side (5xx), and a refusal without
// the service's words, which an intermediary may have made.
func EffectOf(err error) Effect {
	if _, ok := errors.AsType[*InvalidError](err); ok {
		return Unsent
	}
	e, ok := errors.AsType[*rest.Error](err)
	switch {
	case !ok || e.Service != service:
		return ""
	case e.Unsent:
		return Unsent
	case e.Outcome != rest.Refused || e.Status >= 500 || ReasonOf(err) == TimedOut:
		return Unclear
	case ReasonOf(err) == Other && e.Status < 400:
		return Unclear // It says that it took the message, and more that is not understood.
	case ReasonOf(err) != "" || slices.Contains(unheardStatuses, e.Status):
		return Unsent
	}
	return Unclear
}

// reader reads refusals, and keeps the reason of the last one.
type reader struct {
	scrub  func(string) string
	reason Reason
}

// refusal implements [rest.ErrorBody]. A text that is understood is not repeated, as the reason says it; of another text
// only what may be shown is left.
func (r *reader) refusal(body []byte) (code, message string) {
	var answer struct {
		Error any `json:"error"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return "", "" // Most likely a page of an intermediary.
	}
	said, ok := answer.Error.(string)
	if !ok || strings.TrimSpace(said) == "" {
		return "", ""
	}
	if r.reason = reasonFor(said); r.reason != Other && r.reason != BadFields {
		return "", ""
	}
	return "", r.scrub(said)
}

// reasonFor returns what a text means.
func reasonFor(said string) Reason {
	plain := strings.TrimSuffix(strings.ToLower(strings.Join(strings.Fields(said), " ")), ".")
	switch {
	case reasons[plain] != "":
		return reasons[plain]
	case fieldProblems.MatchString(plain):
		return BadFields
	}
	return Other
}

// explain makes the reason the cause of a refusal.
func (r *reader) explain(err error) error {
	e, ok := errors.AsType[*rest.Error](err)
	if !ok || e.Outcome != rest.Refused {
		return err
	}
	if (r.reason == "" || r.reason == Other) && e.Status == http.StatusTooManyRequests {
		r.reason = TooMany
	}
	if r.reason != "" {
		e.Err = &Refusal{r.reason}
	}
	return err
}

// rawError is the body of a refusal that holds the error of an answer.
func rawError(said json.RawMessage) []byte {
	if len(said) == 0 {
		return nil
	}
	return slices.Concat([]byte(`{"error":`), said, []byte("}"))
}
