package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// The pauses between looks at the workflow of a card. They matter only if its signal is lost.
const (
	firstBegin = time.Minute
	lastBegin  = time.Hour
)

// later returns how many of the cards are made later by their issuers. They need no merchant.
func (in GiftCardOrderInput) later(units []giftcard.Unit) (n int) {
	for _, u := range units {
		if _, later := in.Deferred[u.Line.SKU]; later {
			n++
		}
	}
	return n
}

// awaitOne has a card made by an issuer that makes it later, and waits until it has its value. The workflow of the card
// tells the order; looks at it, with growing pauses, do not depend on that. The order holds nothing while it waits.
func (o *issuing) awaitOne(ctx workflow.Context, u giftcard.Unit, item DeferredItem) (activities.IssueCardResult, error) {
	paidFor, holdRisky := o.holds()
	unit := deferred.Unit{
		Issuer: item.Issuer, Key: u.AuditNumber, OrderName: o.in.Order.Name, Number: u.Number, Item: item.Item,
		OrderWorkflowID: workflow.GetInfo(ctx).WorkflowExecution.ID, Price: u.Line.Price, Currency: u.Line.Currency,
		ReadAt: o.in.readAt(ctx), Again: o.in.again(ctx), Waited: o.waited, PaidFor: paidFor, HoldRisky: holdRisky,
	}
	in := deferred.BeginCardInput{Unit: unit}
	if item.Deliver {
		in.SendTo = sendTo(ctx, u)
	}
	var sendOn time.Time
	for looks := 0; ; looks++ {
		begun, err := o.begin(ctx, in)
		if err != nil {
			return activities.IssueCardResult{}, err
		}
		if in.SendTo != nil {
			sendOn, in.SendTo = begun.SendOn, nil // Once is enough.
		}
		if begun.Card != nil {
			return o.settle(ctx, u, unit, begun.Card, item, sendOn)
		}
		if _, err := workflow.AwaitWithTimeout(ctx, growing(firstBegin, lastBegin, looks), func() bool {
			return o.settled[u.AuditNumber] != nil
		}); err != nil {
			return activities.IssueCardResult{}, err
		}
		if card := o.settled[u.AuditNumber]; card != nil {
			return o.settle(ctx, u, unit, card, item, sendOn)
		}
	}
}

// settle returns a card that has its value, once it is sent, if it has to be.
func (o *issuing) settle(
	ctx workflow.Context, u giftcard.Unit, unit deferred.Unit, card *deferred.Card, item DeferredItem, sendOn time.Time,
) (activities.IssueCardResult, error) {
	if !item.Deliver {
		return issuedLater(u, card), nil
	}
	return o.deliver(ctx, u, unit, card, sendOn)
}

func (o *issuing) begin(ctx workflow.Context, in deferred.BeginCardInput) (deferred.BeginCardResult, error) {
	if err := o.slots.Acquire(ctx, 1); err != nil {
		return deferred.BeginCardResult{}, err
	}
	defer o.slots.Release(1)
	return call(beginning(ctx), deferredCards.BeginCard, in).get(ctx)
}

// listen takes in what the workflows of the cards say, as long as the order runs.
func (o *issuing) listen(ctx workflow.Context) {
	if o.settled != nil {
		return
	}
	o.settled = map[string]*deferred.Card{}
	signals := workflow.GetSignalChannel(ctx, CardSettledSignal)
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			var s deferred.Settled
			signals.Receive(ctx, &s)
			if s.Card != nil {
				o.settled[s.Key] = s.Card
			}
		}
	})
}

// issuedLater returns a card that was made later. It does not contain the card's code.
func issuedLater(u giftcard.Unit, card *deferred.Card) activities.IssueCardResult {
	return activities.IssueCardResult{AuditNumber: u.AuditNumber, Amount: card.Price, Currency: card.Currency}
}
