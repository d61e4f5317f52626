package digest

import "github.com/giftbridge/giftbridge/internal/giftcard"

// cures explains to a support person what each kind of failure means and who resolves it. A rerun uses the order as it
// was first read: a later change in Shopify can stop the order (OrderChanged), but does not alter what is requested. A
// change at CashStar does take effect.
var cures = map[giftcard.Kind]string{
	giftcard.MerchantUnknown: "CashStar has no merchant for this customer. Ask CashStar to add the merchant, or to " +
		"correct its name, then run the order again; a guest's order cannot succeed.",
	giftcard.MerchantAmbiguous: "The customer's name fits more than one merchant. Ask CashStar to tell the merchants " +
		"apart, then run the order again.",
	giftcard.InvalidRequest: "The order cannot become a card as it is; the message says why. Settle it with the " +
		"customer: running it again changes nothing.",
	giftcard.OrderChanged: "The order was cancelled, refunded or edited before its card was issued, so no card was issued. " +
		"If one is still owed, issue it by hand: running the order again changes nothing.",
	giftcard.Unauthorized: "A service refused our credentials, so more orders will follow. Whoever runs giftbridge " +
		"renews them; the orders can then be run again.",
	giftcard.CardDeclined: "CashStar understood the request and will not issue the card. Ask CashStar why, quoting " +
		"the message; run the order again once they have cured it.",
	giftcard.UnexpectedResponse: "A service answered something that was not foreseen. Whoever runs giftbridge looks " +
		"into it before the order is run again.",
	giftcard.OutcomeUnknown: "CashStar's answer was lost, and asking again could issue the card twice; or CashStar knows " +
		"the card though the order asks for the first time. Look at CashStar for the audit number in the message, then say " +
		"with the command whether the card exists.",
	giftcard.RateLimited: "A service asked us to slow down for longer than we kept trying. Nothing is wrong with the " +
		"order: run it again.",
	giftcard.Unavailable: "A service could not be reached for longer than we kept trying. Nothing is wrong with the " +
		"order: run it again.",
	giftcard.Timeout: "A service did not answer in time for longer than we kept trying. Nothing is wrong with the " +
		"order: run it again, no card is issued twice.",
}

// unforeseen is the text for every other kind: an order that was terminated, or a defect.
const unforeseen = "This was not foreseen. Pass the message on to whoever runs giftbridge."

func cure(k giftcard.Kind) string {
	if s, ok := cures[k]; ok {
		return s
	}
	return unforeseen
}
