// Package activities contains the side effects of the workflows: it reads orders from Shopify, asks CashStar for
// merchants and cards, translates between their terms, ours and Temporal's, and classifies errors in one place.
//
// Every exported method of [Orders], [GiftCards] and [Digest] is an activity. The method's name is the activity type in
// histories.
package activities
