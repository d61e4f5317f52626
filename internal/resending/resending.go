// Package resending sends a card once more, when a person asks for it. It does so for the cards that giftbridge mails: those of
// issuers that do not send them.
package resending

import (
	"context"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/activities/delivery"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/workflows"
)

// Resending sends the cards of one installation once more.
type Resending struct{ *orders.Orders }

// New returns a Resending for the given orders.
func New(o *orders.Orders) *Resending { return &Resending{o} }

// ResendableCard returns the card of an order that can be sent once more, or an error that says why it cannot.
func (o *Resending) ResendableCard(ctx context.Context, d *orders.OrderDetails, unit int) (deferred.Unit, error) {
	if err := resendable(d, unit); err != nil {
		return deferred.Unit{}, err
	}
	in, err := o.OrderInput(ctx, d.WorkflowID, d.RunID)
	if err != nil {
		return deferred.Unit{}, err
	}
	in.Release = nil // It may leave out cards that exist.
	units, err := in.Units()
	if err != nil {
		return deferred.Unit{}, fmt.Errorf("order %s: %w", d.Name, err)
	}
	for _, u := range units {
		if u.Number != unit {
			continue
		}
		item, later := in.Deferred[u.Line.SKU]
		if !later || !item.Deliver {
			return deferred.Unit{}, fmt.Errorf("card %d of order %s was sent by its issuer: only the issuer can send it again", unit, d.Name)
		}
		return deferred.Unit{
			Issuer: item.Issuer, Key: u.AuditNumber, OrderName: d.Name, OrderWorkflowID: d.WorkflowID, Number: unit,
			Item: item.Item, Price: u.Line.Price, Currency: u.Line.Currency,
		}, nil
	}
	return deferred.Unit{}, noCard(d, unit)
}

// resendable returns an error if a card of an order has not been sent.
func resendable(d *orders.OrderDetails, unit int) error {
	for _, c := range d.Cards() {
		if c.Unit == unit {
			return nil
		}
	}
	for _, u := range d.FailedUnits() {
		if u.Unit == unit && u.Kind == giftcard.InvalidRequest {
			return fmt.Errorf("card %d of order %s was not sent: correct its address by orders fix", unit, d.Name)
		}
		if u.Unit == unit {
			return fmt.Errorf("card %d of order %s was not sent: it failed as %s; orders show says what to do", unit, d.Name, u.Kind)
		}
	}
	if d.State == executions.Running {
		return fmt.Errorf("order %s is running: its cards are not all sent yet", d.Name)
	}
	return noCard(d, unit)
}

func noCard(d *orders.OrderDetails, unit int) error {
	return &executions.NotFoundError{What: fmt.Sprintf("order %s has no card %d", d.Name, unit)}
}

// ResendCard sends one card once more, to its recipient or to another address, and waits for the result. The workflow keeps a
// record of who wanted it and why.
func (o *Resending) ResendCard(
	ctx context.Context, d *orders.OrderDetails, card deferred.Unit, email, by, reason string,
) (delivery.ResendCardResult, error) {
	var out delivery.ResendCardResult
	if err := o.CanRead(ctx); err != nil {
		return out, err
	}
	id := workflows.ResendCardID(d.Shop, d.ID, card.Number)
	run, err := o.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       id,
		TaskQueue:                                workflows.TaskQueue,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary:                            fmt.Sprintf("Send card %d of an order once more", card.Number),
	}, workflows.ResendCardType, workflows.ResendCardInput{
		ResendCardInput: delivery.ResendCardInput{Unit: card, Email: email}, By: by, Reason: reason,
	})
	if executions.IsAlreadyStarted(err) {
		return out, fmt.Errorf("card %d of order %s is being sent once more at the moment: %s", card.Number, d.Name, o.Link(id, ""))
	}
	if err != nil {
		return out, fmt.Errorf("send card %d of order %s once more: %w", card.Number, d.Name, err)
	}
	return out, executions.Explain(ctx, run.Get(ctx, &out))
}
