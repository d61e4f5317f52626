package digest

import "github.com/giftbridge/giftbridge/internal/giftcard"

// cures explains to a support person what each kind of failure means and who resolves it. A rerun uses the order as it
// was first read: a later change in Shopify can stop the order (OrderChanged), but does not alter what is requested. A
// change at CashStar does take effect.
var cures = map[giftcard.Kind]string{
	giftcard.MerchantUnknown: "CashStar has no merchant for this customer. Ask CashStar to add the merchant or to " +
		"correct its name, then run the order again. An order that was placed as a guest cannot succeed.",
	giftcard.MerchantAmbiguous: "The customer's name matches more than one merchant. Ask CashStar to give the merchants " +
		"distinct names, then run the order again.",
	giftcard.InvalidRequest: "The order cannot become a card as it is; the message says why. Settle it with the " +
		"customer: running the order again changes nothing.",
	giftcard.OrderChanged: "The order was cancelled, refunded or edited before its card was issued, so no card was " +
		"issued. If a card is still owed, issue it by hand: running the order again changes nothing.",
	giftcard.Unauthorized: "A service refused our credentials, so more orders will fail. The operator of giftbridge has " +
		"to renew them; then the orders can be run again.",
	giftcard.CardDeclined: "CashStar understood the request but will not issue the card. Ask CashStar why, quoting " +
		"the message. Run the order again once CashStar has resolved the cause.",
	giftcard.UnexpectedResponse: "A service gave an unexpected answer. The operator of giftbridge has to look into it " +
		"before the order is run again.",
	giftcard.OutcomeUnknown: "CashStar's answer was lost, and another request could issue the card twice; or CashStar " +
		"knows the card although this is the order's first request. Look up the audit number in the message at CashStar, " +
		"then use the command to record whether the card exists.",
	giftcard.RateLimited: "A service asked us to slow down, and giftbridge has given up retrying. Nothing is wrong with " +
		"the order: run it again.",
	giftcard.Unavailable: "A service could not be reached, and giftbridge has given up retrying. Nothing is wrong with " +
		"the order: run it again.",
	giftcard.Timeout: "A service did not answer in time, and giftbridge has given up retrying. Nothing is wrong with " +
		"the order: run it again. No card is issued twice.",
}

// unforeseen is the text for every other kind: an order that was terminated, or a defect.
const unforeseen = "This failure was not foreseen. Pass the message on to the operator of giftbridge."

func cure(k giftcard.Kind) string {
	if s, ok := cures[k]; ok {
		return s
	}
	return unforeseen
}
