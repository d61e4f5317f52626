package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/activities/delivery"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

var deliveries *delivery.Deliveries // Nil on purpose: only the method names are used.

// sendTo returns where the card of a unit is mailed to.
func sendTo(ctx workflow.Context, u giftcard.Unit) *deferred.SendTo {
	to := u.Line.Recipient
	return &deferred.SendTo{
		Email: to.Email, SendOn: to.SendOn, Offset: to.Offset, At: workflow.GetInfo(ctx).WorkflowStartTime.UTC(),
	}
}

// deliver mails a card that has its value to its recipient: at once, or at the beginning of the day of delivery. The order
// holds no slot until then.
func (o *issuing) deliver(
	ctx workflow.Context, u giftcard.Unit, unit deferred.Unit, card *deferred.Card, sendOn time.Time,
) (activities.IssueCardResult, error) {
	out := issuedLater(u, card)
	waited, err := o.waitForDay(ctx, u, sendOn)
	if err != nil {
		return out, err
	}
	if err := o.slots.Acquire(ctx, 1); err != nil {
		return out, err
	}
	defer o.slots.Release(1)
	summary := fmt.Sprintf("send card %d of %d", u.Number, o.in.Order.Units())
	sent, err := call(delivering(ctx, summary), deliveries.DeliverCard, delivery.DeliverCardInput{
		Unit: unit, Card: *card, To: u.Line.Recipient, WaitedForDay: waited,
	}).get(ctx)
	out.SentAt = sent.SentAt
	return out, err
}

// waitForDay waits until the beginning of the day on which a card is mailed, and reports whether it did.
func (o *issuing) waitForDay(ctx workflow.Context, u giftcard.Unit, day time.Time) (bool, error) {
	wait := day.Sub(workflow.Now(ctx))
	if day.IsZero() || wait <= 0 {
		return false, nil
	}
	o.days = append(o.days, day)
	o.showProgress(ctx)
	err := workflow.NewTimerWithOptions(ctx, wait, workflow.TimerOptions{
		Summary: fmt.Sprintf("card %d is sent then", u.Number),
	}).Get(ctx, nil)
	for i, other := range o.days {
		if other.Equal(day) {
			o.days = append(o.days[:i], o.days[i+1:]...)
			break
		}
	}
	o.showProgress(ctx)
	return err == nil, err
}

// waiting says how many cards wait for their day of delivery, and for which.
func (o *issuing) waiting() string {
	if len(o.days) == 0 {
		return ""
	}
	next := o.days[0]
	for _, day := range o.days {
		if day.Before(next) {
			next = day
		}
	}
	when := next.UTC().Format(time.RFC3339)
	if n := len(o.days); n > 1 {
		return fmt.Sprintf(" %s have their value, and wait for their day of delivery: the first is sent on %s.", cards(n), when)
	}
	return fmt.Sprintf(" 1 gift card has its value, and waits for its day of delivery: it is sent on %s.", when)
}

// CardDelivery says that the card of a unit was sent.
type CardDelivery struct {
	// SentAt is when the mail server took the mail.
	SentAt time.Time `json:"sent_at"`
}

// DeliveryMemoKey is the memo key under which a [DeliveredCard] holds its [CardDelivery].
const DeliveryMemoKey = "Delivery"

// DeliveredCard does nothing but stay on record: its ID, which holds the unit's key, exists once. So no run of the order
// sends a card that another run has sent.
func DeliveredCard(_ workflow.Context, in CardDelivery) (CardDelivery, error) { return in, nil }

// ResendCardInput is a card to send once more, and who wants that.
type ResendCardInput struct {
	delivery.ResendCardInput
	// By and Reason are for the record.
	By     string `json:"by"`
	Reason string `json:"reason"`
}

// ResendCard mails a card once more. It is a workflow so that who wanted it, and why, stays on record.
func ResendCard(ctx workflow.Context, in ResendCardInput) (delivery.ResendCardResult, error) {
	out, err := call(resending(ctx), deliveries.ResendCard, in.ResendCardInput).get(ctx)
	return out, ended(err)
}
