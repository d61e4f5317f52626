package operator

import (
	"context"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/workflows"
)

// Card is a card that an order has at the issuer.
type Card struct {
	workflows.IssuedCard
	MerchantCode string `json:"merchant_code"`
}

// Cards returns the cards of an order that exist, also where the order failed over others.
func (d *OrderDetails) Cards() []Card {
	var cards []workflows.IssuedCard
	var merchantCode string
	switch {
	case d.Result != nil:
		cards, merchantCode = d.Result.Cards, d.Result.MerchantCode
	case d.Units != nil:
		cards, merchantCode = d.Units.Issued, d.Units.MerchantCode
	}
	var out []Card
	for _, c := range cards {
		out = append(out, Card{IssuedCard: c, MerchantCode: merchantCode})
	}
	return out
}

// CardToCancel returns the card of a unit, or why it cannot be cancelled.
func (d *OrderDetails) CardToCancel(unit int) (Card, error) {
	for _, c := range d.Cards() {
		if c.Unit != unit {
			continue
		}
		if c.EGCCode == "" {
			return c, fmt.Errorf("card %d of order %s exists, but CashStar did not tell its code when it was asked for it "+
				"again; cancel it in CashStar's console by its audit number %s", unit, d.Name, c.AuditNumber)
		}
		return c, nil
	}
	return Card{}, &NotFoundError{fmt.Sprintf("order %s has no card %d", d.Name, unit)}
}

// CancelCard cancels one card and waits for it. Who asked and why is kept with the workflow that does it.
func (o *Operator) CancelCard(
	ctx context.Context, d *OrderDetails, card Card, by, reason string,
) (activities.CancelCardResult, error) {
	var out activities.CancelCardResult
	if err := o.canRead(ctx); err != nil {
		return out, err
	}
	run, err := o.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       workflows.CancelCardID(d.Shop, d.ID, card.Unit),
		TaskQueue:                                workflows.TaskQueue,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary:                            fmt.Sprintf("Cancel card %d of order %s", card.Unit, d.Name),
	}, workflows.CancelCardType, workflows.CancelCardInput{
		CancelCardInput: activities.CancelCardInput{
			OrderName: d.Name, Unit: card.Unit, MerchantCode: card.MerchantCode, EGCCode: card.EGCCode,
		},
		By: by, Reason: reason,
	})
	if isAlreadyStarted(err) {
		return out, fmt.Errorf("card %d of order %s was cancelled before, or is being cancelled: %s",
			card.Unit, d.Name, o.Link(workflows.CancelCardID(d.Shop, d.ID, card.Unit), ""))
	}
	if err != nil {
		return out, fmt.Errorf("cancel card %d of order %s: %w", card.Unit, d.Name, err)
	}
	return out, explain(ctx, run.Get(ctx, &out))
}
