package api

import (
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/giftbridge/giftbridge/internal/redemption"
)

// The types of problems that only HTTP has.
const (
	// Unauthorized: the request carries no key that is known.
	Unauthorized redemption.Type = "unauthorized"
	// Forbidden: the client has not the right to ask for this.
	Forbidden redemption.Type = "forbidden"
	// MethodNotAllowed: the address takes another method.
	MethodNotAllowed redemption.Type = "method_not_allowed"
	// TooLarge: the body is larger than any request.
	TooLarge redemption.Type = "content_too_large"
	// UnsupportedMediaType: the body is not JSON.
	UnsupportedMediaType redemption.Type = "unsupported_media_type"
)

// kind is what is the same for all problems of a type.
type kind struct {
	status int
	title  string
	// detail is for problems that have none of their own, and final for those of a redemption: nothing will become of its key.
	detail, final string
	// retryAfter is when the same request may succeed; zero if it is not known that it will.
	retryAfter time.Duration
}

const again = "Nothing is known yet. Send the same request again, with the same key if it has one."

// kinds are all types of problems.
var kinds = map[redemption.Type]kind{
	redemption.InvalidRequest: {status: http.StatusBadRequest, title: "The request is invalid"},
	redemption.KeyRequired: {
		status: http.StatusBadRequest, title: "The request needs an idempotency key",
		detail: "Send the header Idempotency-Key, with a key of your own for each attempt to pay.",
	},
	Unauthorized: {
		status: http.StatusUnauthorized, title: "The key of the client is missing or not known",
		detail: "Send the header Authorization: Bearer, with the key that you were given.",
	},
	Forbidden: {status: http.StatusForbidden, title: "The client must not ask for this"},
	redemption.NotFound: {
		status: http.StatusNotFound, title: "Nothing is here",
		detail: "There is no such address or redemption, or the redemption is not kept any more.",
	},
	MethodNotAllowed: {status: http.StatusMethodNotAllowed, title: "The address takes another method"},
	redemption.InProgress: {
		status: http.StatusConflict, title: "The request is being answered", detail: again, retryAfter: 2 * time.Second,
	},
	redemption.AlreadyReversed: {status: http.StatusConflict, title: "The redemption was reversed before"},
	redemption.CardBusy: {
		status: http.StatusConflict, title: "Other checkouts are using the card",
		final:      "Nothing was taken off the card. Try again with a new key.",
		retryAfter: 5 * time.Second,
	},
	TooLarge:             {status: http.StatusRequestEntityTooLarge, title: "The body is too large"},
	UnsupportedMediaType: {status: http.StatusUnsupportedMediaType, title: "The body is not JSON"},
	redemption.KeyReused: {
		status: http.StatusUnprocessableEntity, title: "The idempotency key was used for another request",
		detail: "A key means one request. Send the same request again, or use a new key.",
	},
	redemption.CardNotUsable: {status: http.StatusUnprocessableEntity, title: "The card cannot be used"},
	redemption.CardExpired:   {status: http.StatusUnprocessableEntity, title: "The card has expired"},
	redemption.CurrencyMismatch: {
		status: http.StatusUnprocessableEntity, title: "The card is in another currency",
	},
	redemption.InsufficientBalance: {status: http.StatusUnprocessableEntity, title: "There is too little on the card"},
	redemption.PartialUseNotAllowed: {
		status: http.StatusUnprocessableEntity, title: "The card can only be spent as a whole",
	},
	redemption.NotSupported: {status: http.StatusUnprocessableEntity, title: "The issuer of the card cannot do this"},
	redemption.RateLimited: {
		status: http.StatusTooManyRequests, title: "Too many requests",
		detail: "Wait for as long as Retry-After says.", retryAfter: time.Second,
	},
	redemption.IssuerUnavailable: {
		status: http.StatusServiceUnavailable, title: "The issuer of the card cannot be reached", detail: again,
		final:      "The issuer could not be asked, and nothing was moved. Try again with a new key.",
		retryAfter: 5 * time.Second,
	},
}

// Types returns all types of problems, sorted.
func Types() []redemption.Type { return slices.Sorted(maps.Keys(kinds)) }

// unknownKind is for types that a newer worker may know.
var unknownKind = kind{status: http.StatusUnprocessableEntity, title: "The request was declined"}

func kindOf(t redemption.Type) kind {
	if k, ok := kinds[t]; ok {
		return k
	}
	return unknownKind
}

// problem is a problem as RFC 9457 has it.
type problem struct {
	redemption.Problem

	Title  string `json:"title"`
	Status int    `json:"status"`
	// Redemption is the redemption whose problem it is.
	Redemption string `json:"redemption,omitempty"`
}

// newProblem returns a problem for a client. The id is that of the redemption whose problem it is, or empty.
func newProblem(p redemption.Problem, id string) problem {
	k := kindOf(p.Type)
	switch {
	case p.Detail != "":
	case id != "":
		p.Detail = k.final
	default:
		p.Detail = k.detail
	}
	return problem{Problem: p, Title: k.title, Status: k.status, Redemption: id}
}

// seconds returns a duration as Retry-After has it: whole seconds, at least one.
func seconds(d time.Duration) string {
	return strconv.Itoa(int(max(math.Ceil(d.Seconds()), 1)))
}
