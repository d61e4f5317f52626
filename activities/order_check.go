package activities

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
)

// fresh reports whether a card is requested soon enough that its order need not be reread: by the first attempt, at most
// five minutes after the order was read, not by a run that a reset created, and not after the order has waited. waited is
// how long the attempt has waited for its turn.
func (g *GiftCards) fresh(ctx context.Context, in IssueCardInput, waited time.Duration) bool {
	info, readAt := activity.GetInfo(ctx), in.ReadAt
	if readAt.IsZero() {
		readAt = in.At // Inputs of earlier releases have only At.
	}
	believed := intake.GoodFor
	if g.Orders != nil {
		believed = g.Orders.Believed()
	}
	// Both times are the server's; the worker's clock only contributes a difference.
	return info.Attempt <= 1 && !in.Again && !in.Waited && info.StartedTime.Add(waited).Sub(readAt) <= believed
}

// checkOrder returns an OrderChanged error if the order of a card is no longer as it was when it was taken in. It
// rereads the order unless the order is fresh. If Shopify does not answer, checkOrder returns an error that is retried.
// waited is how long the attempt has waited for its turn.
func (g *GiftCards) checkOrder(ctx context.Context, in IssueCardInput, waited time.Duration) error {
	if g.Orders == nil || g.fresh(ctx, in, waited) {
		return nil
	}
	shop, number, _ := OrderOf(activity.GetInfo(ctx).WorkflowExecution.ID)
	orders := g.Orders
	if in.HoldRisky {
		orders = orders.WithRisk()
	}
	order, err := orders.Get(ctx, number)
	if err != nil {
		return fmt.Errorf("reread the order: %w", err)
	}
	why := intake.Changed(order)
	if why == "" {
		card := intake.Card{
			AuditNumber: in.AuditNumber, Price: in.Price, Currency: in.Currency, PaidFor: in.PaidFor, HoldRisky: in.HoldRisky,
		}
		why, err = intake.CardChanged(shop, order, card, func([]string) (intake.Requested, error) {
			return g.requested(ctx)
		})
		if err != nil {
			return err
		}
	}
	if why != "" {
		return giftcard.Errorf(giftcard.OrderChanged, "%s; no card was issued for it", why)
	}
	return nil
}

// requested returns the cards of the order that exist or may exist. A card that is issued meanwhile is in both sets,
// because the open ones are read first; the other way round, it could be in none.
func (g *GiftCards) requested(ctx context.Context) (cards intake.Requested, err error) {
	if g.Runs == nil {
		return cards, nil
	}
	run := activity.GetInfo(ctx).WorkflowExecution
	if cards.Open, err = g.Runs.OpenCards(ctx, run.ID, run.RunID); err != nil {
		return cards, err
	}
	cards.Issued, err = g.Runs.IssuedCards(ctx, run.ID, run.RunID)
	return cards, err
}

// belongs returns an error unless the activity runs in the workflow of the card's order. Temporal runs an activity for
// anyone who may start one, even without a workflow.
func (g *GiftCards) belongs(ctx context.Context, in IssueCardInput) error {
	if g.Orders == nil {
		return nil
	}
	info := activity.GetInfo(ctx)
	_, number, ok := OrderOf(info.WorkflowExecution.ID)
	switch {
	case !ok || info.WorkflowType == nil || info.WorkflowType.Name != OrderWorkflowType:
		return giftcard.Errorf(giftcard.InvalidRequest, "a card can be issued only for its own order")
	case !strings.Contains(in.AuditNumber, number+"-"):
		return giftcard.Errorf(giftcard.InvalidRequest, "audit number %s does not belong to order %s", in.AuditNumber, number)
	}
	return nil
}

// OrderWorkflowType is the workflow type of orders.
const OrderWorkflowType = "GiftCardOrder"

// OrderWorkflowPrefix is the prefix of the workflow IDs of orders. Shop and number follow, separated by a slash.
const OrderWorkflowPrefix = "gift-card-order/"

// OrderOf returns the shop and the number of the order with the given workflow ID.
func OrderOf(workflowID string) (shop, number string, ok bool) {
	rest, ok := strings.CutPrefix(workflowID, OrderWorkflowPrefix)
	shop, number, found := strings.Cut(rest, "/")
	return shop, number, ok && found && shop != "" && number != "" && !strings.Contains(number, "/")
}
