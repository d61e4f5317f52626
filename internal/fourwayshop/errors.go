package fourwayshop

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/giftbridge/giftbridge/internal/fourwayshop/wire"
	"github.com/giftbridge/giftbridge/internal/rest"
)

// StatusEnhanceYourCalm is a status that some services use for a rate limit. Assumed: it means the same as 429.
const StatusEnhanceYourCalm = 420

// Refusal is the cause of a [*rest.Error] if the service itself says that it refused: "success" is false. The outcome of
// that error is [rest.Refused], whatever the HTTP status, as the service's own word decides.
type Refusal struct {
	Reason Reason
}

// Error implements error.
func (r *Refusal) Error() string {
	if r.Reason == "" {
		return "the service refused"
	}
	return "the service refused: " + string(r.Reason)
}

// Reason is why the service refused, as far as its message is understood.
type Reason string

// The reasons. A message that is not understood has none: it may mean anything, also that the service is unavailable.
const (
	// UnknownItem: there is no such item code, or the item is not a gift card.
	UnknownItem Reason = "item code not found"
	// UnknownBarcode: there is no card with this barcode. Assumed: this may also be said of a card that was generated and
	// never activated.
	UnknownBarcode Reason = "barcode not found"
	// RefusedAmount: cards cannot have this value.
	RefusedAmount Reason = "amount not accepted"
)

// ReasonOf returns why the service refused, empty if err is not a refusal in the service's own words, or is not
// understood.
func ReasonOf(err error) Reason {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r.Reason
	}
	return ""
}

// Explains reports whether the service itself refused. Intermediaries (a proxy, a firewall, a content delivery network)
// respond with pages, or with nothing.
func Explains(err error) bool {
	_, ok := errors.AsType[*Refusal](err)
	return ok
}

// IsInconclusive reports whether a refusal says nothing about the request, so that the same request may succeed later: an
// intermediary responded instead of the service. Statuses whose meaning does not depend on the sender, such as a rate
// limit or wrong credentials, are conclusive.
func IsInconclusive(err error) bool {
	e, ok := errors.AsType[*rest.Error](err)
	return ok && e.Service == service && e.Outcome == rest.Refused && !Explains(err) &&
		e.Status >= 400 && e.Status <= 499 && !slices.Contains(plainStatuses, e.Status)
}

// IsAmbiguous reports whether a job may have been enqueued despite an error. It is certain that none was if the service
// itself says so, if the request was never sent (this includes a login that failed), and after a status that is returned
// before a request is processed. A failure on the service's side (5xx) may occur after the effect, whatever its body
// says.
func IsAmbiguous(err error) bool {
	e, ok := errors.AsType[*rest.Error](err)
	switch {
	case !ok || e.Service != service || e.Op == opLogin || e.Unsent:
		return false
	case e.Outcome != rest.Refused:
		return true
	case e.Status >= 500 || e.Status == http.StatusRequestTimeout:
		return true
	}
	return !Explains(err) && !slices.Contains(unheardStatuses, e.Status)
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
)

// InvalidError is a request that was not sent, because the service could not accept it.
type InvalidError struct {
	// Field is the field of the request, in the service's words.
	Field string
	// Problem says what is wrong with it.
	Problem string
}

// Error implements error.
func (e *InvalidError) Error() string { return service + ": " + e.Field + " " + e.Problem }

func contradiction(op, what string) *rest.Error {
	return &rest.Error{Service: service, Op: op, Outcome: rest.Contradictory, Err: errors.New(what)}
}

// responder is an answer that says whether the request succeeded.
type responder interface{ Said() wire.Verdict }

// failure returns nil if the service says that it succeeded.
func failure(v wire.Verdict, op string, secrets []string) *rest.Error {
	var fail *rest.Error
	switch v.Success {
	case wire.Yes:
		return nil
	case wire.No:
		fail = &rest.Error{Service: service, Op: op, Outcome: rest.Refused, Err: &Refusal{Reason: reason(v, op)}}
	default:
		fail = contradiction(op, "the answer does not say whether it succeeded")
	}
	fail.Code, fail.Message = v.Words(secrets...)
	return fail
}

// reason returns what a refusal means. It depends on the operation, since the message alone may be about anything.
func reason(v wire.Verdict, op string) Reason {
	switch op {
	case opGenerate:
		if v.MissesItem() {
			return UnknownItem
		}
	case opGet, opUpdate, opPDF:
		if v.MissesBarcode() {
			return UnknownBarcode
		}
	}
	if op != opUpdate {
		return ""
	}
	switch {
	case v.MissesItem():
		return UnknownItem
	case v.RefusesAmount():
		return RefusedAmount
	}
	return ""
}

// secretsOf returns the values that are long enough not to be mere syllables of a message.
func secretsOf(values ...string) []string {
	const least = 3
	return slices.DeleteFunc(values, func(v string) bool { return len(strings.TrimSpace(v)) < least })
}
