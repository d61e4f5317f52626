package activities

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/giftbridge/giftbridge/internal/intake"
)

// DisputedOrder is the record of a dispute about the payment of an order whose cards exist or may exist.
type DisputedOrder struct {
	// Shop is the shop's domain, and ID is Shopify's number of the order.
	Shop string `json:"shop"`
	ID   string `json:"id"`
	// Dispute is Shopify's number of the dispute. Kind is "chargeback" or "inquiry", and Status what the dispute's state was
	// when it was recorded.
	Dispute string `json:"dispute"`
	Kind    string `json:"kind,omitempty"`
	Status  string `json:"status,omitempty"`
	// Name is what people call the order; empty if Temporal does not have it.
	Name string `json:"name,omitempty"`
	// SettledBy is who recorded that nothing is left to do about the dispute, and ReopenedBy who took that back; at most one of
	// them is set. Note says why. All are empty if nobody has decided anything.
	SettledBy  string `json:"settled_by,omitempty"`
	ReopenedBy string `json:"reopened_by,omitempty"`
	Note       string `json:"note,omitempty"`
}

// DisputeRecords records disputes. operator.Operator implements it.
type DisputeRecords interface {
	// RecordDispute starts the workflow DisputedOrder for a dispute, and reports whether it did: it does not if the dispute
	// is recorded already, or if giftbridge has not issued the order.
	RecordDispute(ctx context.Context, d DisputedOrder) (bool, error)
}

// RecordDisputesInput selects the orders whose disputes are recorded.
type RecordDisputesInput struct {
	SKUs []string `json:"skus"`
	// Shop is the shop in the identity of the orders; empty means [Orders].Shop.
	Shop string `json:"shop,omitempty"`
	// Since is the earliest creation time of an order.
	Since time.Time `json:"since"`
}

// RecordDisputesResult is the outcome.
type RecordDisputesResult struct {
	// Disputed counts the orders that the shop's search found, and Recorded the disputes that were new.
	Disputed int `json:"disputed"`
	Recorded int `json:"recorded"`
}

// maxDisputePages bounds what one sweep reads: 2,000 orders, newest first.
const maxDisputePages = 40

// RecordDisputes asks the shop's search for orders with disputes, and records those that are not on record.
func (o *Orders) RecordDisputes(ctx context.Context, in RecordDisputesInput) (RecordDisputesResult, error) {
	out, err := o.recordDisputes(ctx, in)
	if err != nil {
		return RecordDisputesResult{}, failure(ctx, "recording disputes", err, untilTimeout)
	}
	return out, nil
}

func (o *Orders) recordDisputes(ctx context.Context, in RecordDisputesInput) (out RecordDisputesResult, err error) {
	if o.Disputes == nil || o.Records == nil {
		return out, nil
	}
	cursor := ""
	for range maxDisputePages {
		page, next, err := o.Disputes.ListDisputed(ctx, in.Since, in.SKUs, cursor)
		if err != nil {
			return out, err
		}
		out.Disputed += len(page)
		n, err := RecordDisputed(ctx, o.Records, cmp.Or(in.Shop, o.Shop), page)
		if out.Recorded += n; err != nil {
			return out, err
		}
		if cursor = next; cursor == "" {
			return out, nil
		}
	}
	activity.GetLogger(ctx).Error("the shop has more disputed orders than a sweep reads", "read", out.Disputed)
	return out, nil
}

// RecordDisputed records the disputes of orders that are not won, and returns how many were new. It is not an activity.
func RecordDisputed(ctx context.Context, records DisputeRecords, shop string, orders []intake.Disputed) (int, error) {
	n := 0
	for _, o := range orders {
		for _, d := range o.Disputes {
			if d.Won() {
				continue
			}
			recorded, err := records.RecordDispute(ctx, DisputedOrder{
				Shop: shop, ID: o.Number, Dispute: d.ID, Kind: d.Kind, Status: d.Status,
			})
			if err != nil {
				return n, fmt.Errorf("record a dispute about order %s: %w", o.Number, err)
			}
			if recorded {
				n++
			}
		}
	}
	return n, nil
}
