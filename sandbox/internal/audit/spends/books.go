// Package spends compares the books of cards that are spent: the issuer's ledger, what the checkout says has become of each
// redemption, what shoppers were answered on the way, what a till of another shop has taken, and what a person is shown.
//
// Like package audit, it shares no code with the application.
package spends

import "time"

// Books holds the records to compare.
type Books struct {
	// Cards are the cards in the issuer's ledger that are spent.
	Cards []Card
	// Keys are the idempotency keys of the shoppers, with all that they asked for with them and were answered.
	Keys []Key
	// Redemptions are what the checkout says in the end, by ID.
	Redemptions map[string]Redemption
	// Shown are the IDs of the redemptions that a person is shown as unknown.
	Shown map[string]bool
	// Tills is what tills of other shops have taken, by card, in hundredths.
	Tills map[string]int64
	// Statuses counts all answers by their HTTP status, and Mute those that refuse a request without saying why.
	Statuses map[int]int
	Mute     int
	// Unseen is how long the issuer hides what it has done at most.
	Unseen time.Duration
}

// Card is a card in the issuer's ledger.
type Card struct {
	Barcode  string `json:"barcode"`
	ItemCode string `json:"item_code"`
	// Amount is the balance.
	Amount    string     `json:"amount"`
	Movements []Movement `json:"movements"`
	// Refused are the requests that the ledger did not carry out.
	Refused []Refusal `json:"refused"`
}

// Movement is an entry of a card's account. Its payload is the ID of the redemption; empty if it has nothing to do with one.
type Movement struct {
	ID      string    `json:"id"`
	Amount  string    `json:"amount"`
	Payload string    `json:"payload"`
	At      time.Time `json:"at"`
}

// Refusal is a spend that the issuer has refused.
type Refusal struct {
	Movement

	Problem string `json:"problem"`
}

// Redemption is a redemption as the checkout shows it.
type Redemption struct {
	State      string    `json:"state"`
	Amount     string    `json:"amount"`
	Taken      string    `json:"taken"`
	AcceptedAt time.Time `json:"accepted_at"`
	SettledAt  time.Time `json:"settled_at"`
	// Problem is why it was declined.
	Problem string `json:"problem"`
	// Reversal is the state of the attempt to give back; empty if there is none.
	Reversal string `json:"reversal"`
}

// The states of redemptions and of attempts to give back.
const (
	pending   = "pending"
	succeeded = "succeeded"
	declined  = "declined"
	unknown   = "unknown"
	reversed  = "reversed"
)

// Key is an idempotency key, and what a shopper has made of it.
type Key struct {
	// Name is the key.
	Name string
	// Card is the barcode, and Amount what was asked for in hundredths.
	Card    string
	Amount  int64
	Partial bool
	// Reverses reports whether the shopper has asked for a reversal.
	Reverses bool
	Answers  []Answer
}

// Answer is an answer to a request with a key.
type Answer struct {
	// Other says that the request asked for something else than the first one with the key.
	Other bool
	// Back says that it asked for a reversal.
	Back bool
	// Status is the HTTP status.
	Status int
	// ID is the redemption, if the answer names one, and State its state.
	ID, State string
	// Problem is the type of the problem.
	Problem string
}

// The problems that the auditor knows.
const (
	keyReused    = "idempotency_key_reused"
	inProgress   = "request_in_progress"
	notUsable    = "card_not_usable"
	insufficient = "insufficient_balance"
	already      = "already_reversed"
	busy         = "card_busy"
	unavailable  = "issuer_unavailable"
	limited      = "rate_limited"
)
