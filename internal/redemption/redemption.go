// Package redemption has the words of spending cards at a checkout: what a redemption is, where it stands, and why one is
// refused. It knows no issuer, no workflow and no HTTP; each of them speaks of redemptions in these words. The texts of its
// constants and its JSON fields are in histories and in answers to shops: they never change.
package redemption

import (
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// State is where a redemption stands.
type State string

// The states.
const (
	// Accepted: the amount may be taken off the card at any moment, or has been, and nobody knows yet.
	Accepted State = "accepted"
	// Succeeded: the amount was taken off the card.
	Succeeded State = "succeeded"
	// Declined: nothing was taken off the card, and nothing will be.
	Declined State = "declined"
	// Unknown: it did not become clear in time whether the amount was taken. A person finds out.
	Unknown State = "unknown"
	// Reversed: what was taken off the card was given back.
	Reversed State = "reversed"
)

// next are the states that may follow each state.
var next = map[State][]State{
	Accepted:  {Succeeded, Declined, Unknown},
	Unknown:   {Succeeded, Declined},
	Succeeded: {Reversed},
	Declined:  nil,
	Reversed:  nil,
}

// CanBecome reports whether a state may follow. What was declined or reversed stays so, and nothing becomes unknown that was
// known.
func (s State) CanBecome(other State) bool { return slices.Contains(next[s], other) }

// Open reports whether the amount may still be taken, so that it counts against the balance of the card.
func (s State) Open() bool { return s == Accepted || s == Unknown }

// Redemption is an amount that a shop spends from a card. It does not hold the code of the card.
type Redemption struct {
	// ID identifies the redemption. It reveals neither the card nor the shop's key.
	ID    string `json:"id"`
	State State  `json:"state"`
	// Amount is what was asked for, a decimal in Currency.
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
	// Taken is what was taken off the card, or may have been: less than Amount where the shop takes what there is. It is empty
	// if the redemption was declined.
	Taken string `json:"taken,omitempty"`
	// Order is the shop's name for what is paid; it may be empty.
	Order string `json:"order,omitempty"`
	// Problem is why the redemption was declined.
	Problem *Problem `json:"problem,omitempty"`
	// AcceptedAt is when the redemption was taken in, and SettledAt when its state ceased to be accepted.
	AcceptedAt time.Time `json:"accepted_at,omitzero"`
	SettledAt  time.Time `json:"settled_at,omitzero"`
}

// Reserved returns what counts against the balance of the card, because it may still be taken off it.
func (r Redemption) Reserved() (giftcard.Money, error) {
	if !r.State.Open() {
		return giftcard.Money{Currency: r.Currency}, nil
	}
	amount := r.Taken
	if amount == "" {
		amount = r.Amount
	}
	return giftcard.ParseMoney(amount, r.Currency)
}
