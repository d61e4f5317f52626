package shopify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/rest"
)

// Codes of errors in answers of status 200. Shopify's own are in extensions.code of an error
// (shopify.dev/docs/api/admin-graphql, status and error codes).
const (
	// CodeThrottled: the bucket is empty. The error's RetryAfter says when it holds enough.
	CodeThrottled = "THROTTLED"
	// CodeMaxCostExceeded: the query is too large for any bucket.
	CodeMaxCostExceeded = "MAX_COST_EXCEEDED"
	// CodeAccessDenied: a scope, or access to protected customer data, is missing.
	CodeAccessDenied = "ACCESS_DENIED"
	// CodeInternalServerError: Shopify failed; worth another try.
	CodeInternalServerError = "INTERNAL_SERVER_ERROR"
	// CodeBadRequest: an argument is out of range.
	CodeBadRequest = "BAD_REQUEST"
	// CodeSearchWarning is ours: Shopify understood the search otherwise than it was meant, and answered nevertheless.
	CodeSearchWarning = "SEARCH_WARNING"
)

// answer is the envelope of every answer. Parts that only inform are kept raw, so that a new shape of theirs does not
// make an answer unreadable.
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

// graphErrors also reads errors in the shapes of a refused login ("errors": "[API] Invalid API key") and of the older
// API ("errors": {"field": ["message"]}). Whatever is there counts as an error, understood or not.
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

// check returns the error in an answer of status 200, nil where data can be used.
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

// describe returns the code of the first error, and a line on all of them: where, what, how many.
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

// cost reads extensions.cost; actualQueryCost is null where the query did not run.
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

// wait is how long it takes until the bucket holds what the query needs, 0 where that cannot be told.
func (c Cost) wait() time.Duration {
	missing := c.Requested - c.Available
	if missing <= 0 || c.RestoreRate <= 0 {
		return 0
	}
	const most = time.Hour
	seconds := math.Ceil(missing/c.RestoreRate*1000) / 1000
	return time.Duration(min(seconds, most.Seconds()) * float64(time.Second))
}

// errorBody reads the body of an answer that is not 2xx, of the API and of its OAuth endpoint.
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

var address = regexp.MustCompile(`[^\s"'<>(),:;]+@[^\s"'<>(),:;]+`)

// foreign makes a text of Shopify's fit for an error. Shopify's errors speak of the query, which holds no personal
// data; an e-mail address is taken out nevertheless.
func foreign(s string) string {
	return rest.Clip(address.ReplaceAllString(s, "[address]"))
}
