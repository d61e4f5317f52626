package intake

import (
	"context"

	"github.com/giftbridge/giftbridge/internal/intake/skus"
)

// Watched is what is watched of the shop besides its orders: the products that are sold as gift cards, and the
// subscriptions by which the shop tells of changes. Its errors have a kind; see [giftcard.KindOf].
type Watched interface {
	// Variants returns the variants with a SKU, or with a similar one.
	Variants(ctx context.Context, sku string) (skus.Variants, error)
	// Subscriptions compares the shop's subscriptions with what a receiver at the address needs. It changes nothing.
	Subscriptions(ctx context.Context, url string) (Subscriptions, error)
	// Repair makes the subscriptions that are missing, and changes those that differ. It deletes none. It returns what
	// the shop refuses for good, by topic; everything else is right then.
	Repair(ctx context.Context, url string) (refused []string, err error)
}

// Subscriptions is what the shop's subscriptions are like.
type Subscriptions struct {
	// Own is the number of subscriptions that giftbridge has made, and Right the number of topics whose subscription is
	// as it should be.
	Own, Right int
	// Wrong lists the topics whose subscription is missing or differs, with what differs.
	Wrong []string
	// Problems says what is wrong besides, and cannot be repaired without a person.
	Problems []string
	// Unused lists the topics that giftbridge does without, because the app lacks a scope.
	Unused []string
}
