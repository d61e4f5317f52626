package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/activities/delivery"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

var mailedLater = map[string]workflows.DeferredItem{"GIFT-50": {Issuer: "acme", Item: "I50", Deliver: true}}

// dispatch is one call of an activity that sends a card.
type dispatch struct {
	in delivery.DeliverCardInput
	at time.Time
}

// withDeliveries makes deliver answer for the mails. attempt counts the attempts to send a card from 1.
func (e *env) withDeliveries(deliver func(in delivery.DeliverCardInput, attempt int32) error) *[]dispatch {
	sent := new([]dispatch)
	e.RegisterActivityWithOptions(func(ctx context.Context, in delivery.DeliverCardInput) (delivery.DeliverCardResult, error) {
		at := e.Now().UTC()
		note(e, sent, dispatch{in, at})
		err := deliver(in, activity.GetInfo(ctx).Attempt)
		if err != nil {
			return delivery.DeliverCardResult{}, activities.Failure(ctx, "order #1001, card "+string(rune('0'+in.Number))+", sending it", err)
		}
		return delivery.DeliverCardResult{SentAt: at}, nil
	}, activity.RegisterOptions{Name: "DeliverCard"})
	return sent
}

func works(delivery.DeliverCardInput, int32) error { return nil }

func made(u deferred.Unit, _ int) (deferred.BeginCardResult, error) {
	return deferred.BeginCardResult{Card: madeLater(u)}, nil
}

func TestCardIsSentAtOnce(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.withDeferred(made)
	sent := e.withDeliveries(works)
	in := workflows.GiftCardOrderInput{Order: orderNumber(1, 0, 1), Deferred: mailedLater}
	in.Order.Lines[1].Recipient.SendOn = "2026-07-10" // Today.
	out := e.order(t, in)
	require.Len(t, *sent, 1)
	got := (*sent)[0]
	require.WithinDuration(t, noon, got.at, time.Minute)
	require.Equal(t, in.Order.Lines[1].Recipient, got.in.To)
	require.Equal(t, *madeLater(got.in.Unit), got.in.Card)
	require.False(t, got.in.WaitedForDay)
	require.Equal(t, got.at, out.Cards[0].SentAt)
	require.Equal(t, "Issued 1 gift card.", e.calls.details[0])
}

// The day of delivery, which may be weeks away, is waited for by a timer. The cards that wait hold no slot.
func TestCardsAreSentOnTheirDay(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	day := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	e.withDeferred(func(u deferred.Unit, look int) (deferred.BeginCardResult, error) {
		begun, err := made(u, look)
		if u.Number <= 20 { // Twice as many as there are slots.
			begun.SendOn = day
		}
		if u.Number == 20 {
			begun.SendOn = day.AddDate(0, 0, 7)
		}
		return begun, err
	})
	sent := e.withDeliveries(works)
	var said []string
	e.RegisterDelayedCallback(func() {
		said = append(said, details(t, e))
		require.Len(t, *sent, 1, "the card that waits for nothing was sent")
	}, time.Hour)
	e.RegisterDelayedCallback(func() { said = append(said, details(t, e)) }, day.Sub(noon)+time.Hour)
	out := e.order(t, workflows.GiftCardOrderInput{Order: orderNumber(1, 0, 21), Deferred: mailedLater})
	require.Len(t, out.Cards, 21)
	require.Len(t, *sent, 21)
	for _, s := range *sent {
		switch s.in.Number {
		case 21:
			require.WithinDuration(t, noon, s.at, time.Minute)
		case 20:
			require.Equal(t, day.AddDate(0, 0, 7), s.at)
		default:
			require.Equal(t, day, s.at)
		}
		require.Equal(t, s.in.Number != 21, s.in.WaitedForDay)
	}
	require.Equal(t, []string{
		"Issuing: 1 of 21 gift cards done. 20 gift cards have their value, and wait for their day of delivery: the first is sent " +
			"on 2026-09-01T00:00:00Z.",
		"Issuing: 20 of 21 gift cards done. 1 gift card has its value, and waits for its day of delivery: it is sent on " +
			"2026-09-08T00:00:00Z.",
	}, said)
}

// details returns what the Web UI shows of a running order.
func details(t *testing.T, e *env) string {
	t.Helper()
	value, err := e.QueryWorkflow("__temporal_workflow_metadata")
	require.NoError(t, err)
	var metadata sdkpb.WorkflowMetadata
	require.NoError(t, value.Get(&metadata))
	return metadata.GetCurrentDetails()
}

// A mail server that is away costs nothing but time, for a day.
func TestDeliveryIsTriedAgain(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.withDeferred(made)
	sent := e.withDeliveries(func(_ delivery.DeliverCardInput, attempt int32) error {
		if attempt < 10 {
			return giftcard.Errorf(giftcard.Unavailable, "down")
		}
		return nil
	})
	out := e.order(t, workflows.GiftCardOrderInput{Order: orderNumber(1, 0, 1), Deferred: mailedLater})
	require.Len(t, *sent, 10)
	require.WithinDuration(t, noon.Add(30*time.Minute), out.Cards[0].SentAt, 15*time.Minute)
	options := e.calls.of("DeliverCard")[0].activity
	require.Equal(t, 24*time.Hour, options.ScheduleToCloseTimeout)
	require.Equal(t, 45*time.Second, options.HeartbeatTimeout)
	require.Equal(t, 10*time.Minute, options.RetryPolicy.MaximumInterval)
}

// A refused address fails its card alone. The card exists, but the order does not say so: it is not done.
func TestRefusedAddress(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.withDeferred(made)
	sent := e.withDeliveries(func(in delivery.DeliverCardInput, _ int32) error {
		if in.Number == 1 {
			return giftcard.Errorf(giftcard.InvalidRequest, "refused")
		}
		return nil
	})
	e.ExecuteWorkflow(workflows.GiftCardOrder, workflows.GiftCardOrderInput{Order: orderNumber(1, 0, 2), Deferred: mailedLater})
	failed := e.requireFailure(t, giftcard.InvalidRequest,
		"order #1001, card 1, sending it: refused (of 2 gift cards, failed: 1; issued: 2)")
	require.Len(t, *sent, 2, "a refusal is not tried again")
	var said workflows.OrderFailure
	require.NoError(t, failed.Details(&said))
	require.Len(t, said.Issued, 1)
	require.False(t, said.Issued[0].SentAt.IsZero())
}

// Where a card is mailed to is checked before it is made, at the first look alone.
func TestSendToIsCheckedFirst(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	var asked []*deferred.SendTo
	e.RegisterActivityWithOptions(func(_ context.Context, in deferred.BeginCardInput) (deferred.BeginCardResult, error) {
		note(e, &asked, in.SendTo)
		if len(asked) < 3 {
			return deferred.BeginCardResult{SendOn: noon.AddDate(0, 0, 2)}, nil
		}
		return deferred.BeginCardResult{Card: madeLater(in.Unit)}, nil
	}, activity.RegisterOptions{Name: "BeginCard"})
	sent := e.withDeliveries(works)
	in := workflows.GiftCardOrderInput{Order: orderNumber(1, 0, 1), Deferred: mailedLater}
	in.Order.Lines[1].Recipient.SendOn, in.Order.Lines[1].Recipient.Offset = "2026-07-12", "-120"
	e.order(t, in)
	require.Equal(t, []*deferred.SendTo{{
		Email: "grace@example.com", SendOn: "2026-07-12", Offset: "-120", At: noon,
	}, nil, nil}, asked)
	require.Equal(t, noon.AddDate(0, 0, 2), (*sent)[0].at)
}

// A correction reaches the mail.
func TestFixOfACardThatIsMailed(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	asked := e.withDeferred(made)
	sent := e.withDeliveries(works)
	in := workflows.GiftCardOrderInput{Order: orderNumber(1, 0, 1), Deferred: mailedLater}
	units, err := in.Units()
	require.NoError(t, err)
	in.Fixes = []workflows.Fix{{AuditNumbers: []string{units[0].AuditNumber}, Email: "hopper@example.com", By: "ops", At: noon}}
	in.Release = &workflows.Release{RunID: "r", AuditNumbers: []string{units[0].AuditNumber}, Hold: true}
	e.order(t, in)
	require.Equal(t, "hopper@example.com", (*sent)[0].in.To.Email)
	require.Equal(t, units[0].AuditNumber, (*asked)[0].Key, "it is the same card")
}

func TestCancelledWhileACardWaits(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.withDeferred(func(u deferred.Unit, look int) (deferred.BeginCardResult, error) {
		begun, err := made(u, look)
		begun.SendOn = noon.AddDate(0, 1, 0)
		return begun, err
	})
	sent := e.withDeliveries(works)
	e.RegisterDelayedCallback(e.CancelWorkflow, time.Hour)
	e.ExecuteWorkflow(workflows.GiftCardOrder, workflows.GiftCardOrderInput{Order: orderNumber(1, 0, 1), Deferred: mailedLater})
	require.True(t, temporal.IsCanceledError(e.GetWorkflowError()), "%v", e.GetWorkflowError())
	require.Empty(t, *sent)
}

func TestResendCard(t *testing.T) {
	t.Parallel()
	in := workflows.ResendCardInput{
		ResendCardInput: delivery.ResendCardInput{
			Unit: deferred.Unit{Issuer: "acme", Key: "k", OrderName: "#1001", Number: 1}, Email: "a@example.com",
		}, By: "ops", Reason: "lost",
	}
	for _, fails := range []bool{false, true} {
		e := newEnv(t)
		e.RegisterActivityWithOptions(func(_ context.Context, got delivery.ResendCardInput) (delivery.ResendCardResult, error) {
			require.Equal(t, in.ResendCardInput, got)
			if fails {
				return delivery.ResendCardResult{}, final(giftcard.CardDeclined, "spent")
			}
			return delivery.ResendCardResult{SentAt: noon}, nil
		}, activity.RegisterOptions{Name: "ResendCard"})
		e.ExecuteWorkflow(workflows.ResendCard, in)
		if fails {
			e.requireFailure(t, giftcard.CardDeclined, "spent")
			continue
		}
		var out delivery.ResendCardResult
		require.NoError(t, e.GetWorkflowResult(&out))
		require.Equal(t, noon, out.SentAt)
	}
}

// No code is in a summary or in details.
func TestSummariesOfDeliveries(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.withDeferred(made)
	e.withDeliveries(works)
	e.order(t, workflows.GiftCardOrderInput{Order: orderNumber(1, 0, 2), Deferred: mailedLater})
	asked := e.calls.of("DeliverCard")
	require.Len(t, asked, 2)
	// Both are sent at the same time.
	require.ElementsMatch(t, []string{"send card 1 of 2", "send card 2 of 2"},
		[]string{asked[0].activity.Summary, asked[1].activity.Summary})
	require.NotContains(t, e.calls.details[0], string(madeLater(deferred.Unit{}).Code))
}
