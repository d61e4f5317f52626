package besides

import (
	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/digest"
)

// The explanations of redemptions that need somebody.
var (
	UnknownRedemptions = digest.Explanation{
		Who: digest.Shop, Title: "Unknown whether amounts were taken off cards",
		Says: "The issuer's answer about these amounts was lost, and the balance of the card does not tell. Until somebody says, each " +
			"counts as taken: the buyer cannot spend it. Look it up at the issuer, under the part of its name after the slash, and " +
			"record what you find.",
	}
	Contradicted = digest.Explanation{
		Who: digest.Operator, Title: "The issuer contradicts amounts taken off cards",
		Says: "The issuer said later that it had refused these amounts, though the cards had shown them as taken, or it shows a card " +
			"below zero. So another till may have taken the money at the same time, and the order may be paid with nothing. Ask the " +
			"issuer what was taken off the card, and do not ship what is not paid.",
	}
	UnreadRedemptions = digest.Explanation{
		Who: digest.Operator, Title: "Redemptions could not be read",
		Says: "Some cards were in doubt before, and did not answer whether they still are.",
	}
)

// ResolveRedemptionCommand returns the command that records whether an amount was moved, and ShowRedemptionCommand the one that
// shows a redemption. Its reader says by --not-moved that it was not, and replaces WHY. They are empty if the redemption cannot be
// named.
func ResolveRedemptionCommand(r digest.Redemption) string {
	name := digest.Argument(r.Name(), "")
	if name == "" {
		return ""
	}
	return buildinfo.Program + " cards resolve " + name + " --moved --reason WHY"
}

// ShowRedemptionCommand is described at [ResolveRedemptionCommand].
func ShowRedemptionCommand(r digest.Redemption) string {
	name := digest.Argument(r.Name(), "")
	if name == "" {
		return ""
	}
	return buildinfo.Program + " cards redemptions " + name
}

// UnknownRedemptionsCommand returns the command that lists the redemptions that need somebody.
func UnknownRedemptionsCommand() string { return buildinfo.Program + " cards redemptions --unknown" }
