package api

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/giftbridge/giftbridge/internal/checkout"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/workflows"
)

// answer is what a client gets.
type answer struct {
	status int
	body   any
	// problem is the type of the problem that body is; empty if it is none.
	problem redemption.Type
	// retryAfter and location are headers, if they are not zero.
	retryAfter time.Duration
	location   string
	// redemption is the ID of the redemption that body is about, and cause the error behind a problem, for the log.
	redemption string
	cause      error
}

// refused returns the answer to a request that has a problem.
func refused(p redemption.Problem, id string) answer {
	body := newProblem(p, id)
	return answer{
		status: body.Status, body: body, problem: p.Type, retryAfter: kindOf(p.Type).retryAfter, redemption: id,
	}
}

// invalid returns the answer to a request that is not well-formed. The detail never repeats a value.
func invalid(detail string) answer {
	return refused(redemption.Problem{Type: redemption.InvalidRequest, Detail: detail}, "")
}

// send writes an answer.
func (a answer) send(w http.ResponseWriter) {
	body, err := json.Marshal(a.body)
	if err != nil { // No value of these types is refused.
		http.Error(w, "the answer cannot be written", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	if a.problem != "" {
		h.Set("Content-Type", "application/problem+json")
	}
	if a.retryAfter > 0 {
		h.Set("Retry-After", seconds(a.retryAfter))
	}
	if a.location != "" {
		h.Set("Location", a.location)
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(append(body, '\n')) // A client that has gone away is no error.
}

// balance is what is on a card.
type balance struct {
	Balance   string    `json:"balance"`
	Available string    `json:"available,omitempty"`
	Currency  string    `json:"currency"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	InParts   bool      `json:"partial_use"`
	Issuer    string    `json:"issuer,omitempty"`
}

func newBalance(b checkout.Balance) balance {
	out := balance{
		Balance: b.Balance.Amount(), Currency: b.Balance.Currency, ExpiresAt: b.ExpiresAt.UTC(), InParts: b.InParts,
		Issuer: b.Issuer,
	}
	if b.Available != nil {
		out.Available = b.Available.Amount()
	}
	return out
}

// shown is a redemption as clients see it.
type shown struct {
	ID         string         `json:"id"`
	State      string         `json:"state"`
	Amount     string         `json:"amount"`
	Currency   string         `json:"currency"`
	Taken      string         `json:"taken,omitempty"`
	Order      string         `json:"order,omitempty"`
	AcceptedAt time.Time      `json:"accepted_at,omitzero"`
	SettledAt  time.Time      `json:"settled_at,omitzero"`
	Problem    *problem       `json:"problem,omitempty"`
	Reversal   *shownReversal `json:"reversal,omitempty"`
}

type shownReversal struct {
	ID        string    `json:"id"`
	State     string    `json:"state"`
	Problem   *problem  `json:"problem,omitempty"`
	AskedAt   time.Time `json:"asked_at"`
	SettledAt time.Time `json:"settled_at,omitzero"`
}

// pending is the word of clients for what is accepted, and not settled.
const pending = "pending"

func stateOf(s redemption.State) string {
	if s == redemption.Accepted {
		return pending
	}
	return string(s)
}

// show returns a redemption as clients see it. What was taken is shown once it is certain.
func show(r *workflows.Redemption) shown {
	out := shown{
		ID: r.ID, State: stateOf(r.State), Amount: r.Amount, Currency: r.Currency, Order: r.Order,
		AcceptedAt: r.AcceptedAt, SettledAt: r.SettledAt,
	}
	switch r.State {
	case redemption.Succeeded, redemption.Reversed:
		out.Taken = r.Taken
	case redemption.Declined:
		p := newProblem(declinedBy(r.Problem), r.ID)
		out.Problem = &p
	case redemption.Accepted, redemption.Unknown:
	}
	if back := r.Reversal; back != nil {
		out.Reversal = &shownReversal{ID: back.ID, State: stateOf(back.State), AskedAt: back.AskedAt, SettledAt: back.SettledAt}
		if back.State == redemption.Declined {
			p := newProblem(declinedBy(&redemption.Problem{Type: back.Problem}), r.ID)
			out.Reversal.Problem = &p
		}
	}
	return out
}

// declinedBy returns why something was declined.
func declinedBy(p *redemption.Problem) redemption.Problem {
	if p == nil || p.Type == "" {
		return redemption.Problem{Type: redemption.IssuerUnavailable}
	}
	return *p
}

// moved returns the answer to a request to take an amount off a card.
func moved(r *workflows.Redemption) answer {
	switch r.State {
	case redemption.Declined:
		return refused(declinedBy(r.Problem), r.ID)
	case redemption.Accepted, redemption.Unknown:
		return known(http.StatusAccepted, r)
	case redemption.Succeeded, redemption.Reversed:
	}
	return known(http.StatusCreated, r)
}

// givenBack returns the answer to a request to give back what was taken.
func givenBack(r *workflows.Redemption) answer {
	switch back := r.Reversal; {
	case back == nil:
		return known(http.StatusAccepted, r)
	case back.State == redemption.Declined:
		return refused(declinedBy(&redemption.Problem{Type: back.Problem}), r.ID)
	case back.State == redemption.Succeeded:
		return known(http.StatusCreated, r)
	}
	return known(http.StatusAccepted, r)
}

func known(status int, r *workflows.Redemption) answer {
	return answer{status: status, body: show(r), location: redemptionsPath + "/" + r.ID, redemption: r.ID}
}
