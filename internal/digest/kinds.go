package digest

import "github.com/giftbridge/giftbridge/internal/giftcard"

// party is who has to act.
type party string

// The parties, in the order in which the mail names them.
const (
	shop     party = "shop"
	issuer   party = "issuer"
	operator party = "operator"
	nobody   party = "nobody"
)

var parties = []struct {
	party party
	title string
}{
	{shop, "You"},
	{issuer, "The issuer of the cards"},
	{operator, "The operator of giftbridge"},
	{nobody, "Nobody (giftbridge tries again)"},
}

// explanation says to a shop manager what a kind of failure means and who resolves it.
type explanation struct {
	who         party
	title, says string
}

// explanations has one for each kind. A rerun uses the order as it was first read: a later change in Shopify can stop the
// order (OrderChanged), but does not alter what is requested. A change at the issuer does take effect.
var explanations = map[giftcard.Kind]explanation{
	giftcard.InvalidRequest: {
		shop, "Settle with the customer",
		"Something in the order prevents the card, such as a missing recipient; each order says what. Running it again " +
			"changes nothing. Agree with the customer on a card by hand or on a refund.",
	},
	giftcard.OrderChanged: {
		shop, "Decide: the order changed before its card was issued",
		"The order was cancelled, refunded or edited first, so no card was issued. If a card is still owed, issue it by " +
			"hand, or have giftbridge issue what is left of the order.",
	},
	giftcard.OutcomeUnknown: {
		shop, "Look up the card at the issuer",
		"The card may exist or not: the issuer's answer was lost, and another request could issue it twice; or the issuer " +
			"knows the card although this is the order's first request. Look up the audit number at the issuer, then record " +
			"whether the card exists.",
	},
	giftcard.MerchantUnknown: {
		issuer, "The issuer does not know the customer",
		"Ask the issuer to add a merchant under exactly the name that the customer or company has in Shopify. An order that " +
			"was placed as a guest cannot succeed: settle it with the customer.",
	},
	giftcard.MerchantAmbiguous: {
		issuer, "The issuer has several merchants of this name",
		"It is not clear which of them bought the cards. Ask the issuer to give the merchants distinct names.",
	},
	giftcard.CardDeclined: {
		issuer, "The issuer refused the card",
		"The issuer understood the request and will not issue the card. Ask the issuer why, quoting the message.",
	},
	giftcard.Unauthorized: {
		operator, "A service refused giftbridge's credentials",
		"More orders will fail until the operator has renewed the credentials.",
	},
	giftcard.UnexpectedResponse: {
		operator, "A service gave an unexpected answer",
		"A card may exist, and it may be the wrong one. The operator looks up the audit number at the issuer before the " +
			"order is run again.",
	},
	giftcard.RateLimited: {
		nobody, "A service was too busy",
		"A service asked giftbridge to slow down for too long. Nothing is wrong with the order.",
	},
	giftcard.Unavailable: {
		nobody, "A service could not be reached",
		"A service was away for too long. Nothing is wrong with the order.",
	},
	giftcard.Timeout: {
		nobody, "A service did not answer in time",
		"A service was too slow for too long. Nothing is wrong with the order, and no card is issued twice.",
	},
}

// unforeseen explains every other kind: an order that was stopped by a person, or a defect.
var unforeseen = explanation{
	operator, "Stopped, or failed unexpectedly",
	"This failure was not foreseen, or somebody stopped the order. Pass the message on to the operator.",
}

func explain(k giftcard.Kind) explanation {
	if e, ok := explanations[k]; ok {
		return e
	}
	return unforeseen
}

// leftReason explains why orders are left to people. Its state is the state of such orders in the CSV.
type leftReason struct {
	reason             giftcard.Reason
	state, title, says string
}

// leftReasons has the reasons with a group of their own among what the shop has to do, and last the text for any other reason.
// Orders of native gift cards come first in the mail instead.
var leftReasons = []leftReason{
	{
		giftcard.MixedOrder, "mixed", "Left out because they contain other items too",
		"Their gift cards have to be issued by hand. giftbridge never issues them automatically, whatever happens to the " +
			"order.",
	},
	{
		giftcard.Underpaid, "underpaid", "Left out because money was refunded",
		"The payment, less refunds, does not cover the remaining gift cards. Find out whether a card is owed nevertheless.",
	},
	{
		giftcard.PaidLate, "paid_late", "Left out because they were paid late",
		"They were already too old when they were paid. Find out whether a card is owed.",
	},
	{"", "left", "Left out", "giftbridge does not issue their cards. Look at each order in Shopify."},
}

// native explains orders of native gift cards.
var native = leftReason{
	giftcard.NativeGiftCard, "native", "Native gift cards: giftbridge issues no cards for these orders",
	"Left out because Shopify itself issues a gift card for the product. A second card would give its value away. Make the " +
		"product an ordinary one, and settle these orders by hand:",
}

// leftBy returns the explanation of a reason.
func leftBy(reason giftcard.Reason) leftReason {
	if reason == native.reason {
		return native
	}
	for _, l := range leftReasons {
		if l.reason == reason {
			return l
		}
	}
	return leftReasons[len(leftReasons)-1]
}
