package digest

import (
	"time"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
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

// The explanations of what a look at the shop has found.
var (
	WrongProducts = Explanation{
		Shop, "Gift cards that are not sold as they should be",
		"giftbridge knows a gift card by its SKU. Something is wrong with these products, so that nobody can buy them, or " +
			"whoever buys them gets no card.",
	}
	LostNotices = Explanation{
		Operator, "Shopify does not announce all orders",
		"Shopify announces orders to giftbridge by notices, which it calls webhooks. Some are missing, and giftbridge cannot set " +
			"them up again. No order is lost: giftbridge looks for orders regularly, and finds these some minutes later.",
	}
	RepairedNotices = Explanation{
		Operator, "Shopify had stopped announcing orders",
		"Shopify announces orders to giftbridge by notices, which it calls webhooks. Some had been removed or changed, and " +
			"giftbridge has set them up again.",
	}
	FailedLooks = Explanation{
		Operator, "giftbridge could not look after the shop",
		"Every hour, giftbridge looks whether gift cards are sold as they should be, and whether Shopify still announces orders. " +
			"The last look failed. Orders get their cards as before. If it goes on failing, the operator has to act.",
	}
)

// WhoRepairs says what to do about notices that had to be set up again.
const WhoRepairs = "If nobody knows why, find out who can change the app in Shopify."

// WhyLostCommand returns the command that says what is missing for notices that cannot be set up, and SetUpCommand the one
// that sets them up.
func WhyLostCommand() string { return buildinfo.Program + " doctor" }

// SetUpCommand is described at [WhyLostCommand].
func SetUpCommand() string { return buildinfo.Program + " webhooks apply" }

// Later are the orders whose cards are asked for later, because the shop gives its platform the time to judge them.
type Later struct {
	Orders int `json:"orders"`
	// Until is when the last of them is due.
	Until time.Time `json:"until"`
	// More reports that there may be more.
	More bool `json:"more,omitempty"`
}
