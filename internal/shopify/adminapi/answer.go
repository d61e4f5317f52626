package adminapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/redact"
	"github.com/giftbridge/giftbridge/internal/rest"
)

// Codes of errors in responses with status 200. Shopify's own codes are in extensions.code of an error
// (shopify.dev/docs/api/admin-graphql, status and error codes).
const (
	// CodeThrottled: the bucket is empty. The error's RetryAfter says when it will hold enough points.
	CodeThrottled = "THROTTLED"
	// CodeMaxCostExceeded: the query is too large for any bucket.
	CodeMaxCostExceeded = "MAX_COST_EXCEEDED"
	// CodeAccessDenied: a scope, or access to protected customer data, is missing.
	CodeAccessDenied = "ACCESS_DENIED"
	// CodeInternalServerError: Shopify failed; a retry may succeed.
	CodeInternalServerError = "INTERNAL_SERVER_ERROR"
	// CodeBadRequest: an argument is out of range.
	CodeBadRequest = "BAD_REQUEST"
	// CodeSearchWarning is our own code: Shopify interpreted the search differently from what was meant, and returned
	// results nevertheless.
	CodeSearchWarning = "SEARCH_WARNING"
	// CodeUserError is our own code: a mutation's input was refused, for example because an order does not allow the
	// change.
	CodeUserError = "USER_ERROR"
)

// answer is the envelope of every response. Parts that are only informative are kept raw, so that a change in their
// format does not make the response unreadable.
type answer struct {
	Data       json.RawMessage `json:"data"`
	Errors     graphErrors     `json:"errors"`
	Extensions struct {
		Cost   json.RawMessage `json:"cost"`
		Search []struct {
			Warnings []searchWarning `json:"warnings"`
		} `json:"search"`
	} `json:"extensions"`
}

type searchWarning struct {
	Field   string `json:"field"`
	Message string `json:"message"`
	Code    string `json:"code"`
}

type graphError struct {
	Message    string `json:"message"`
	Path       []any  `json:"path"`
	Extensions struct {
		Code string `json:"code"`
	} `json:"extensions"`
}

// graphErrors also decodes errors in the formats of a refused login ("errors": "[API] Invalid API key") and of the
// older API ("errors": {"field": ["message"]}). Any content counts as an error, whether it is understood or not.
type graphErrors []graphError

// UnmarshalJSON implements json.Unmarshaler.
func (e *graphErrors) UnmarshalJSON(b []byte) error {
	b = bytes.TrimSpace(b)
	if string(b) == "null" || string(b) == "[]" {
		return nil
	}
	var list []graphError
	if json.Unmarshal(b, &list) == nil {
		*e = list
		return nil
	}
	var text string
	if json.Unmarshal(b, &text) != nil {
		text = "errors of an unknown shape"
	}
	*e = graphErrors{{Message: text}}
	return nil
}

// check returns the error in a response with status 200, or nil if its data can be used.
func (a *answer) check(fail rest.Error, header http.Header) error {
	switch {
	case len(a.Errors) > 0:
		fail.Outcome = rest.Refused
		fail.Code, fail.Message = a.Errors.describe()
		fail.RetryAfter = rest.RetryAfter(header, time.Now())
		if fail.Code == CodeThrottled {
			fail.RetryAfter = max(fail.RetryAfter, a.cost().wait())
		}
		return &fail
	case len(a.warnings()) > 0:
		w := a.warnings()[0]
		fail.Outcome, fail.Code = rest.Contradictory, CodeSearchWarning
		fail.Message = foreign(fmt.Sprintf("search field %q: %s (%s)", w.Field, w.Message, w.Code))
		return &fail
	case len(a.Data) == 0 || string(a.Data) == "null":
		fail.Outcome, fail.Err = rest.Contradictory, errors.New("neither data nor errors")
		return &fail
	}
	return nil
}

func (a *answer) warnings() []searchWarning {
	var all []searchWarning
	for _, s := range a.Extensions.Search {
		all = append(all, s.Warnings...)
	}
	return all
}

// describe returns the code of the first error, and a line that summarises all of them: where, what, how many.
func (e graphErrors) describe() (code, message string) {
	first := e[0]
	message = first.Message
	if path := first.path(); path != "" {
		message = path + ": " + message
	}
	message = foreign(message)
	if more := len(e) - 1; more > 0 {
		message += fmt.Sprintf(" (and %d more)", more)
	}
	return foreign(first.Extensions.Code), message
}

func (e graphError) path() string {
	var b strings.Builder
	for i, p := range e.Path {
		switch p := p.(type) {
		case float64:
			fmt.Fprintf(&b, "[%d]", int(p))
		default:
			if i > 0 {
				b.WriteByte('.')
			}
			fmt.Fprint(&b, p)
		}
	}
	return b.String()
}

// cost returns extensions.cost. actualQueryCost is null if the query did not run.
func (a *answer) cost() Cost {
	var wire struct {
		Requested float64 `json:"requestedQueryCost"`
		Actual    float64 `json:"actualQueryCost"`
		Status    struct {
			Maximum     float64 `json:"maximumAvailable"`
			Available   float64 `json:"currentlyAvailable"`
			RestoreRate float64 `json:"restoreRate"`
		} `json:"throttleStatus"`
	}
	if len(a.Extensions.Cost) == 0 || json.Unmarshal(a.Extensions.Cost, &wire) != nil {
		return Cost{}
	}
	return Cost{
		Requested: wire.Requested, Actual: wire.Actual,
		Available: wire.Status.Available, Maximum: wire.Status.Maximum, RestoreRate: wire.Status.RestoreRate,
	}
}

// wait returns how long it takes until the bucket holds what the query needs, or 0 if that is unknown.
func (c Cost) wait() time.Duration {
	missing := c.Requested - c.Available
	if missing <= 0 || c.RestoreRate <= 0 {
		return 0
	}
	const most = time.Hour
	seconds := math.Ceil(missing/c.RestoreRate*1000) / 1000
	return time.Duration(min(seconds, most.Seconds()) * float64(time.Second))
}

// errorBody reads the body of a response other than 2xx from the API or from its OAuth endpoint.
func errorBody(body []byte) (code, message string) {
	var wire struct {
		Errors           graphErrors `json:"errors"`
		Error            string      `json:"error"`
		ErrorDescription string      `json:"error_description"`
	}
	if json.Unmarshal(body, &wire) != nil {
		return "", ""
	}
	if len(wire.Errors) > 0 {
		return wire.Errors.describe()
	}
	return foreign(wire.Error), foreign(wire.ErrorDescription)
}

// foreign makes a text from Shopify fit for an error. Shopify's errors are about the query, which holds no personal
// data; e-mail addresses are removed nevertheless.
func foreign(s string) string {
	return rest.Clip(redact.Addresses(s))
}
