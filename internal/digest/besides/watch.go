package besides

import (
	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/digest"
)

// The explanations of what a look at the shop has found.
var (
	WrongProducts = digest.Explanation{
		Who: digest.Shop, Title: "Gift cards that are not sold as they should be",
		Says: "giftbridge knows a gift card by its SKU. Something is wrong with these products, so that nobody can buy them, or " +
			"whoever buys them gets no card.",
	}
	LostNotices = digest.Explanation{
		Who: digest.Operator, Title: "Shopify does not announce all orders",
		Says: "Shopify announces orders to giftbridge by notices, which it calls webhooks. Some are missing, and giftbridge cannot set " +
			"them up again. No order is lost: giftbridge looks for orders regularly, and finds these some minutes later.",
	}
	RepairedNotices = digest.Explanation{
		Who: digest.Operator, Title: "Shopify had stopped announcing orders",
		Says: "Shopify announces orders to giftbridge by notices, which it calls webhooks. Some had been removed or changed, and " +
			"giftbridge has set them up again.",
	}
	FailedLooks = digest.Explanation{
		Who: digest.Operator, Title: "giftbridge could not look after the shop",
		Says: "Every hour, giftbridge looks whether gift cards are sold as they should be, and whether Shopify still announces orders. " +
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
