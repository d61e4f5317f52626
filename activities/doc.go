// Package activities contains the side effects of the workflows: it reads the shop's orders, asks the
// issuer for accounts and cards, and turns errors into Temporal's, in one place. It reaches shop and issuer through their
// ports (internal/intake, internal/issuer) and knows no vendor.
//
// Every exported method of [Orders], [GiftCards] and [Digest] is an activity. The method's name is the activity type in
// histories.
package activities
