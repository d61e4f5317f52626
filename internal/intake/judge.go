package intake

import (
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// MaxBytes bounds the orders of a page in JSON, and each order that is started, well below the 2 MB that Temporal accepts
// as one payload.
const MaxBytes = 1 << 20

// Judge decides what becomes of an order that the shop shows: the gift-card order to start, or the reason for leaving it
// out; see [giftcard.Rules.Select]. Polls, the sweep and webhooks all decide by it, and so cannot disagree. shop identifies
// the order, and now is when the order would be taken in.
func Judge(rules giftcard.Rules, shop string, found *Order, now time.Time) (giftcard.Order, giftcard.Reason) {
	return rules.At(now).Select(found.In(shop))
}
