// Package left handles the orders that are left to people. It claims them, so that nothing issues them automatically,
// and carries out what people decide about them: a release issues their cards, and an order that was settled by hand
// leaves the digest. It also corrects the cards of failed orders. It implements activities.Claims.
package left

import (
	"context"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/promises"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/workflows"
)

// Left handles the orders of one installation that are left to people.
type Left struct {
	*recovery.Recovery
	promises *promises.Promises
}

// New returns a Left. It looks up earlier runs of orders through r.
func New(r *recovery.Recovery) *Left { return &Left{r, promises.New(r)} }

// Claim starts the workflow LeftOrder for an order, unless the order has a workflow. It implements activities.Claims.
func (o *Left) Claim(ctx context.Context, left activities.LeftOrder) error {
	_, err := o.StartOnce(ctx, workflows.GiftCardOrderID(left.Shop, left.ID), workflows.ListingOfLeft(left),
		workflows.LeftOrderType, left)
	return err
}
