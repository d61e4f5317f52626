package digest

import (
	"time"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
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

// The explanations of redemptions that need somebody.
var (
	UnknownRedemptions = Explanation{
		Shop, "Unknown whether amounts were taken off cards",
		"The issuer's answer about these amounts was lost, and the balance of the card does not tell. Until somebody says, each " +
			"counts as taken: the buyer cannot spend it. Look it up at the issuer, under the part of its name after the slash, and " +
			"record what you find.",
	}
	Contradicted = Explanation{
		Operator, "The issuer contradicts amounts taken off cards",
		"The issuer said later that it had refused these amounts, though the cards had shown them as taken, or it shows a card " +
			"below zero. So another till may have taken the money at the same time, and the order may be paid with nothing. Ask the " +
			"issuer what was taken off the card, and do not ship what is not paid.",
	}
	UnreadRedemptions = Explanation{
		Operator, "Redemptions could not be read",
		"Some cards were in doubt before, and did not answer whether they still are.",
	}
)

// ResolveRedemptionCommand returns the command that records whether an amount was moved, and ShowRedemptionCommand the one that
// shows a redemption. Its reader says by --not-moved that it was not, and replaces WHY. They are empty if the redemption cannot be
// named.
func ResolveRedemptionCommand(r Redemption) string {
	name := argument(r.Name(), "")
	if name == "" {
		return ""
	}
	return buildinfo.Program + " cards resolve " + name + " --moved --reason WHY"
}

// ShowRedemptionCommand is described at [ResolveRedemptionCommand].
func ShowRedemptionCommand(r Redemption) string {
	name := argument(r.Name(), "")
	if name == "" {
		return ""
	}
	return buildinfo.Program + " cards redemptions " + name
}

// UnknownRedemptionsCommand returns the command that lists the redemptions that need somebody.
func UnknownRedemptionsCommand() string { return buildinfo.Program + " cards redemptions --unknown" }
