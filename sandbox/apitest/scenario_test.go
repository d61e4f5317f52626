package apitest

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/workflows"
)

// The operations of the document.
const (
	readBalance    = "readBalance"
	redeem         = "redeem"
	readRedemption = "readRedemption"
	reverse        = "reverse"
)

// example is a request of the document, and the world in which it has the answer of the same name.
type example struct {
	*world

	t         *testing.T
	operation string
	request   *http.Request
	body      []byte
}

// again returns the same request once more.
func (e *example) again() *http.Request { return e.request.Clone(e.t.Context()) }

// id returns the ID of the redemption that the example is about.
func (e *example) id() string { return e.desk.RedemptionID(clientName, "order-2001-attempt-1") }

// reversed gives the redemption a reversal.
func (e *example) reversed(key string, s redemption.State, at time.Time) {
	r := e.kept[e.id()]
	r.Reversal = &workflows.Reversal{ID: e.desk.RedemptionID(clientName, key), State: redemption.Accepted, AskedAt: at}
	if s != redemption.Accepted {
		e.becomes(r, s)
	}
}

// prepare is what has happened before the request of an operation, in all examples.
func (e *example) prepare() {
	switch e.operation {
	case readRedemption:
		e.becomes(e.spent(e.t, e.id(), began), redemption.Succeeded)
	case reverse:
		e.becomes(e.spent(e.t, e.id(), began.Add(-2*time.Minute)), redemption.Succeeded)
	}
}

// declined is an example in which a redemption, or a reversal, is declined.
func declined(typ redemption.Type) func(e *example) {
	return func(e *example) { e.declines(redemption.Problem{Type: typ}) }
}

func nothing(*example) {}

// scenarios are what is special in the examples, by their names.
var scenarios = map[string]func(e *example){
	"card": nothing,
	"open_redemption": func(e *example) {
		e.spent(e.t, "another", began)
	},
	"whole_amount": nothing,
	"what_there_is": func(e *example) {
		e.settle = func(r *workflows.Redemption) {
			r.Taken = "50.00"
			e.becomes(r, redemption.Succeeded)
		}
	},
	"pending": func(e *example) {
		e.settle = func(*workflows.Redemption) {}
		if e.operation == readRedemption {
			e.spent(e.t, e.id(), began)
		}
	},
	"succeeded": nothing,
	"declined": func(e *example) {
		e.declines(redemption.Problem{Type: redemption.InsufficientBalance, Available: "12.50", Currency: "EUR"})
		e.spent(e.t, e.id(), began)
	},
	"unknown": func(e *example) {
		e.settle = func(r *workflows.Redemption) {
			r.State, r.SettledAt = redemption.Unknown, r.AcceptedAt.Add(15*time.Minute)
		}
		if e.operation == readRedemption {
			e.spent(e.t, e.id(), began)
		}
	},
	"reversed": func(e *example) {
		if e.operation == readRedemption {
			e.reversed("order-2001-reversal", redemption.Succeeded, began.Add(2*time.Minute))
		}
	},
	"reversal_pending": func(e *example) {
		e.settle = func(*workflows.Redemption) {}
		if e.operation == readRedemption {
			e.reversed("order-2001-reversal", redemption.Accepted, began.Add(2*time.Minute))
		}
	},

	"invalid_request":          nothing,
	"idempotency_key_required": func(e *example) { e.request.Header.Del("Idempotency-Key") },
	"unauthorized":             func(e *example) { e.request.Header.Del("Authorization") },
	"forbidden":                func(e *example) { e.rights = nil },
	"not_found": func(e *example) {
		clear(e.claims)
	},
	"method_not_allowed": func(e *example) { e.request.Method = http.MethodDelete },
	"request_in_progress": func(e *example) {
		e.settle = func(*workflows.Redemption) {}
		e.ask(e.again(), e.body)
	},
	"already_reversed": func(e *example) {
		e.reversed("another key", redemption.Succeeded, began.Add(-time.Minute))
	},
	"card_busy":         declined(redemption.CardBusy),
	"content_too_large": func(e *example) { e.body = []byte(strings.Repeat(" ", 65<<10)) },
	"unsupported_media_type": func(e *example) {
		e.request.Header.Set("Content-Type", "text/plain")
	},
	"idempotency_key_reused": func(e *example) {
		id := e.desk.RedemptionID(clientName, strings.Trim(e.request.Header.Get("Idempotency-Key"), `"`))
		e.hold(e.t, workflows.ClaimRedemptionID(clientName, id), workflows.RedemptionClaim{Body: "another"})
	},
	"card_not_usable": func(e *example) {
		if e.operation == reverse {
			declined(redemption.CardNotUsable)(e)
		}
	},
	"card_expired": func(e *example) {
		e.card.ValidUntil = began
		declined(redemption.CardExpired)(e)
	},
	"currency_mismatch": declined(redemption.CurrencyMismatch),
	"insufficient_balance": func(e *example) {
		e.declines(redemption.Problem{Type: redemption.InsufficientBalance, Available: "50.00", Currency: "EUR"})
	},
	"partial_use_not_allowed": func(e *example) {
		e.card.InParts = false
		declined(redemption.PartialUseNotAllowed)(e)
	},
	"not_supported": func(e *example) {
		e.reverses = false
		if e.operation != reverse {
			e.desk.Issuers = map[string]issuer.Abilities{issuerName: {Deferred: e.world}}
		}
	},
	"rate_limited":       func(e *example) { e.wait = 3 * time.Second },
	"issuer_unavailable": func(e *example) { e.away = true },
	"not_asked":          declined(redemption.IssuerUnavailable),
}
