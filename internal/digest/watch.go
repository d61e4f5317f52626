package digest

import (
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// Watch is what a look at the shop has found, besides its orders.
type Watch struct {
	// Products are the gift cards that cannot be sold, or are sold without a card.
	Products []Product `json:"products,omitempty"`
	// Lost says which notices of the shop are missing and cannot be set up again.
	Lost []string `json:"lost,omitempty"`
	// Repaired are the notices that were set up again since the last digest; nil if there were none.
	Repaired *Repaired `json:"repaired,omitempty"`
	// Failed are the looks that failed, as far as none has succeeded since.
	Failed []FailedLook `json:"failed,omitempty"`
}

// Product is a gift-card SKU whose product is not as it should be.
type Product struct {
	SKU string `json:"sku"`
	// Says is what was found, and Cure what somebody who knows the shop does about it.
	Says string `json:"says"`
	Cure string `json:"cure"`
}

// Repaired are notices of the shop that were missing or had been changed.
type Repaired struct {
	At time.Time `json:"at"`
	// Topics lists them, with what was wrong.
	Topics []string `json:"topics"`
	// Gap is the time in which notices may be missing. Its end is zero as long as the orders of that time have not been
	// looked up again; Held reports that this is because the intake is paused.
	Gap  Window `json:"gap"`
	Held bool   `json:"held,omitempty"`
}

// FailedLook is a look at the shop that failed.
type FailedLook struct {
	At time.Time `json:"at"`
	// About is what was to be looked at; empty for everything.
	About   string        `json:"about,omitempty"`
	Kind    giftcard.Kind `json:"kind"`
	Message string        `json:"message"`
}

// Empty reports whether all is well.
func (w Watch) Empty() bool {
	return len(w.Products) == 0 && len(w.Lost) == 0 && w.Repaired == nil && len(w.Failed) == 0
}

// Later are the orders whose cards are asked for later, because the shop gives its platform the time to judge them.
type Later struct {
	Orders int `json:"orders"`
	// Until is when the last of them is due.
	Until time.Time `json:"until"`
	// More reports that there may be more.
	More bool `json:"more,omitempty"`
}
