package digest

import (
	"time"
)

// Redeeming are the amounts that checkouts have taken off cards, or have tried to, and about which somebody should know.
type Redeeming struct {
	// Unknown are those of which it is unknown whether the issuer has moved the amount, and Contradicted those of which the issuer
	// says that it has not, though the card has shown it, or has shown the card below zero.
	Unknown      []Redemption `json:"unknown,omitempty"`
	Contradicted []Redemption `json:"contradicted,omitempty"`
	// Unread is the number of cards that may have such redemptions and could not be asked.
	Unread int `json:"unread,omitempty"`
}

// Redemption is an amount that a checkout has taken off a card, or has tried to.
type Redemption struct {
	// Client is the client of the checkout API that asked for it, and ID its ID.
	Client string `json:"client"`
	ID     string `json:"id"`
	// Amount, with two decimals, and Currency are what was taken, or may have been.
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
	// Order is the client's name for what is paid; it may be empty.
	Order string `json:"order,omitempty"`
	// Back reports whether it is unknown whether the amount was given back, and not whether it was taken.
	Back bool `json:"back,omitempty"`
	// Since is when it became unknown, or when the card had shown the amount.
	Since time.Time `json:"since"`
	// BoughtWith is what people call the order that the card was bought with, and Unit its number there; both are empty if that
	// is not known.
	BoughtWith string `json:"bought_with,omitempty"`
	Unit       int    `json:"unit,omitempty"`
	// BelowZero is what the issuer has shown on the card, if that was below zero, a decimal in Currency; empty otherwise.
	BelowZero string `json:"below_zero,omitempty"`
}

// Empty reports whether there is nothing that somebody should know.
func (r Redeeming) Empty() bool { return len(r.Unknown)+len(r.Contradicted)+r.Unread == 0 }

// Name is what people and commands call a redemption.
func (r Redemption) Name() string { return r.Client + "/" + r.ID }
