package digest

import "github.com/giftbridge/giftbridge/internal/giftcard"

// Party is who has to act.
type Party string

// The parties.
const (
	Shop     Party = "shop"
	Issuer   Party = "issuer"
	Operator Party = "operator"
	Nobody   Party = "nobody"
)

// Explanation says to a shop manager what a kind of failure means and who resolves it.
type Explanation struct {
	Who         Party
	Title, Says string
}

// explanations has one for each kind. A rerun uses the order as it was first read: a later change in Shopify can stop the
// order (OrderChanged), but does not alter what is requested. A change at the issuer does take effect.
var explanations = map[giftcard.Kind]Explanation{
	giftcard.InvalidRequest: {
		Shop, "Settle with the customer",
		"Something in the order prevents the card, such as a missing recipient; each order says what. Running it again " +
			"changes nothing. If the address or the day of delivery is wrong, ask the customer for the right one, and have it " +
			"corrected. Otherwise agree on a card by hand or on a refund.",
	},
	giftcard.OrderChanged: {
		Shop, "Decide: the order changed before its card was issued",
		"The order was cancelled, refunded or edited first, or Shopify came to doubt it, so no card was issued. If a card is still owed, issue it by " +
			"hand, or have giftbridge issue what is left of the order.",
	},
	giftcard.OutcomeUnknown: {
		Shop, "Look up the card at the issuer",
		"The card may exist or not: the issuer's answer was lost, and another request could issue it twice; or the issuer " +
			"knows the card although this is the order's first request. Look up the audit number at the issuer, then record " +
			"whether the card exists.",
	},
	giftcard.MerchantUnknown: {
		Issuer, "The issuer does not know the customer",
		"Ask the issuer to add a merchant under exactly the name that the customer or company has in Shopify. An order that " +
			"was placed as a guest cannot succeed: settle it with the customer.",
	},
	giftcard.MerchantAmbiguous: {
		Issuer, "The issuer has several merchants of this name",
		"It is not clear which of them bought the cards. Ask the issuer to give the merchants distinct names.",
	},
	giftcard.CardDeclined: {
		Issuer, "The issuer refused the card",
		"The issuer understood the request and will not issue the card. Ask the issuer why, quoting the message.",
	},
	giftcard.Unauthorized: {
		Operator, "A service refused giftbridge's credentials",
		"More orders will fail until the operator has renewed the credentials.",
	},
	giftcard.UnexpectedResponse: {
		Operator, "A service gave an unexpected answer",
		"A card may exist, and it may be the wrong one. The operator looks up the audit number at the issuer before the " +
			"order is run again.",
	},
	giftcard.RateLimited: {
		Nobody, "A service was too busy",
		"A service asked giftbridge to slow down for too long. Nothing is wrong with the order.",
	},
	giftcard.Unavailable: {
		Nobody, "A service could not be reached",
		"A service was away for too long. Nothing is wrong with the order.",
	},
	giftcard.Timeout: {
		Nobody, "A service did not answer in time",
		"A service was too slow for too long. Nothing is wrong with the order, and no card is issued twice.",
	},
}

// unforeseen explains every other kind: an order that was stopped by a person, or a defect.
var unforeseen = Explanation{
	Operator, "Stopped, or failed unexpectedly",
	"This failure was not foreseen, or somebody stopped the order. Pass the message on to the operator.",
}

// Explain returns the explanation of a kind of failure.
func Explain(k giftcard.Kind) Explanation {
	if e, ok := explanations[k]; ok {
		return e
	}
	return unforeseen
}

// Explained reports whether a kind has an explanation of its own.
func Explained(k giftcard.Kind) bool {
	_, ok := explanations[k]
	return ok
}

// steps are what an order does in its activities.
var steps = map[string]string{"LookUpMerchant": "looking up the merchant", "IssueCard": "requesting a card"}

// Step returns what an order does in an activity, or the empty string if that means nothing to a shop.
func Step(activity string) string { return steps[activity] }

// LeftReason explains why orders are left to people. State is what a table calls the state of such orders.
type LeftReason struct {
	Reason             giftcard.Reason
	State, Title, Says string
}

// LeftReasons has the reasons with a group of their own among what the shop has to do, and last the text for any other
// reason. [Native] is not among them: such orders are an alarm.
var LeftReasons = []LeftReason{
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
		giftcard.Risky, "risky", "Left out because Shopify doubts the payment",
		"Shopify recommends to cancel these orders or to investigate them. Look at the fraud analysis in Shopify, and reach the " +
			"buyer. If the order is sound, have its cards issued; otherwise cancel and refund it in Shopify.",
	},
	{
		giftcard.PaidLate, "paid_late", "Left out because they were paid late",
		"They were already too old when they were paid. Find out whether a card is owed.",
	},
	{
		giftcard.Reopened, "reopened", "Settled by hand, and taken back",
		"Somebody had recorded that these orders are settled, and took that back. Find out whether a card is owed. giftbridge " +
			"issues it only on request.",
	},
	{"", "left", "Left out", "giftbridge does not issue their cards. Look at each order in Shopify."},
}

// Native explains orders of native gift cards.
var Native = LeftReason{
	giftcard.NativeGiftCard, "native", "Native gift cards: giftbridge issues no cards for these orders",
	"Left out because Shopify itself issues a gift card for the product. A second card would give its value away. Make the " +
		"product an ordinary one, and settle these orders by hand:",
}

// LeftBy returns the explanation of a reason.
func LeftBy(reason giftcard.Reason) LeftReason {
	if reason == Native.Reason {
		return Native
	}
	for _, l := range LeftReasons {
		if l.Reason == reason {
			return l
		}
	}
	return LeftReasons[len(LeftReasons)-1]
}
