package activities

import (
	"context"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/intake/skus"
)

// Watch looks after what orders depend on in the shop: the subscriptions to its webhooks, and the products that are sold
// as gift cards.
type Watch struct {
	Shop     intake.Watched
	Temporal Temporal
}

// Temporal is what the watch uses of Temporal. operator.Operator implements it.
type Temporal interface {
	Beater
	Gaps
}

// Gaps polls the time in which webhooks were missing.
type Gaps interface {
	// PollGap starts a poll of the orders that were updated in [since, until), and returns its workflow ID. It returns ""
	// and starts none while the intake is paused.
	PollGap(ctx context.Context, since, until time.Time) (workflowID string, err error)
}

// LookAtSubscriptionsInput says where the receiver is.
type LookAtSubscriptionsInput struct {
	// URL is the address of the receiver.
	URL string `json:"url"`
}

// LookAtSubscriptionsResult is what the subscriptions are like.
type LookAtSubscriptionsResult struct {
	// Own is the number of subscriptions that giftbridge has made, and Right the number of topics whose subscription is
	// as it should be.
	Own   int `json:"own"`
	Right int `json:"right"`
	// Wrong lists the topics whose subscription is missing or differs, and Problems what only a person can correct.
	Wrong    []string `json:"wrong,omitempty"`
	Problems []string `json:"problems,omitempty"`
	// Unused lists the topics that giftbridge does without.
	Unused []string `json:"unused,omitempty"`
}

// LookAtSubscriptions compares the shop's subscriptions with what giftbridge needs. It changes nothing.
func (w *Watch) LookAtSubscriptions(ctx context.Context, in LookAtSubscriptionsInput) (LookAtSubscriptionsResult, error) {
	defer Alive(ctx, w.Temporal)()
	found, err := w.Shop.Subscriptions(ctx, in.URL)
	if err != nil {
		return LookAtSubscriptionsResult{}, failure(ctx, "looking at the webhook subscriptions", err, untilTimeout)
	}
	return LookAtSubscriptionsResult{
		Own: found.Own, Right: found.Right, Wrong: found.Wrong, Problems: found.Problems, Unused: found.Unused,
	}, nil
}

// RepairSubscriptionsInput says where the receiver is.
type RepairSubscriptionsInput struct {
	// URL is the address of the receiver.
	URL string `json:"url"`
}

// RepairSubscriptionsResult is the outcome of a repair.
type RepairSubscriptionsResult struct {
	// Refused says what the shop refuses for good, by topic.
	Refused []string `json:"refused,omitempty"`
}

// RepairSubscriptions makes the subscriptions that are missing, and changes those that differ. It deletes none.
// Repeating it is harmless.
func (w *Watch) RepairSubscriptions(ctx context.Context, in RepairSubscriptionsInput) (RepairSubscriptionsResult, error) {
	defer Alive(ctx, w.Temporal)()
	refused, err := w.Shop.Repair(ctx, in.URL)
	if err != nil {
		return RepairSubscriptionsResult{}, failure(ctx, "making the webhook subscriptions again", err, untilTimeout)
	}
	return RepairSubscriptionsResult{Refused: refused}, nil
}

// PollGapInput is the time in which webhooks were missing.
type PollGapInput struct {
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
}

// PollGapResult names the poll.
type PollGapResult struct {
	// Poll is the workflow ID of the poll; empty if the intake is paused.
	Poll string `json:"poll,omitempty"`
}

// PollGap starts a poll of the orders that were updated while webhooks were missing, unless the intake is paused.
func (w *Watch) PollGap(ctx context.Context, in PollGapInput) (PollGapResult, error) {
	defer Alive(ctx, w.Temporal)()
	id, err := w.Temporal.PollGap(ctx, in.Since, in.Until)
	if err != nil {
		return PollGapResult{}, failure(ctx, "starting a poll of the time without webhooks", err, untilTimeout)
	}
	return PollGapResult{Poll: id}, nil
}

// CheckProductsInput lists the gift-card SKUs.
type CheckProductsInput struct {
	SKUs []string `json:"skus"`
}

// CheckProductsResult is what is wrong with their products.
type CheckProductsResult struct {
	Findings []skus.Finding `json:"findings,omitempty"`
	// Unchecked says why the products could not be read for good, such as a missing scope; empty if they were.
	Unchecked string `json:"unchecked,omitempty"`
}

// CheckProducts checks that each gift-card SKU is that of a product that can be sold as a gift card.
func (w *Watch) CheckProducts(ctx context.Context, in CheckProductsInput) (CheckProductsResult, error) {
	defer Alive(ctx, w.Temporal)()
	var out CheckProductsResult
	for _, sku := range in.SKUs {
		found, err := w.Shop.Variants(ctx, sku)
		if kind, _ := giftcard.KindOf(err); err != nil && kind == giftcard.Unauthorized {
			// Only this needs the scope: an app may go without it.
			return CheckProductsResult{Unchecked: err.Error()}, nil
		}
		if err != nil {
			return CheckProductsResult{}, failure(ctx, "reading the products of the gift-card SKUs", err, untilTimeout)
		}
		if f := skus.Judge(sku, found); f != nil {
			out.Findings = append(out.Findings, *f)
		}
	}
	return out, nil
}
