package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

// withShop makes the shop answer every mark with the error, and returns what was to be marked.
func (e *env) withShop(err func() error) *[]activities.WriteBackInput {
	var marked []activities.WriteBackInput
	e.RegisterActivityWithOptions(
		func(_ context.Context, in activities.WriteBackInput) (activities.WriteBackResult, error) {
			note(e, &marked, in)
			return activities.WriteBackResult{}, err()
		}, activity.RegisterOptions{Name: "WriteBack"})
	return &marked
}

// The order is marked once, after all its cards exist.
func TestOrderIsMarkedInTheShop(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	marked := e.withShop(func() error { return nil })
	order := orderNumber(1, 2, 1)
	order.Lines[1].ID = order.Lines[0].ID + "1"
	out := e.order(t, workflows.GiftCardOrderInput{
		Order: order, WriteBack: "fulfil", RetryBudget: workflows.Duration(time.Hour),
	})
	require.Equal(t, []activities.WriteBackInput{{
		OrderName: "#1001", OrderID: "5001", By: "fulfil", Units: map[string]int{"900": 2, "9001": 1}, RetryBudget: time.Hour,
	}}, *marked)
	require.Equal(t, "fulfil", out.WrittenBack)
	require.Nil(t, out.WriteBackFailed)
	require.Len(t, out.Cards, 3)
	require.Equal(t, []string{"LookUpMerchant", "IssueCard", "IssueCard", "IssueCard", "WriteBack"}, e.calls.whats())
	require.Equal(t, []string{"Issued 3 gift cards for merchant TWS. Marked in Shopify (fulfil)."}, e.calls.details)
}

// A mark that is refused, that is never made, or that somebody cancels fails neither the order nor a card.
func TestOrderSucceedsWithoutItsMark(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(e *env) error
		want   workflows.WriteBackFailure
	}{
		"refused": {
			func(*env) error { return final(giftcard.Unauthorized, "no scope") },
			workflows.WriteBackFailure{Kind: giftcard.Unauthorized, Message: "no scope"},
		},
		"cancelled": {
			func(e *env) error {
				e.CancelWorkflow()
				return transient("down")
			},
			workflows.WriteBackFailure{Kind: giftcard.Unavailable, Message: "canceled"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			e.withShop(func() error { return c.answer(e) })
			out := e.order(t, workflows.GiftCardOrderInput{Order: orderNumber(1, 2), WriteBack: "tag"})
			require.Len(t, out.Cards, 2)
			require.Empty(t, out.WrittenBack)
			require.Equal(t, &c.want, out.WriteBackFailed)
			require.Equal(t, []string{
				"Issued 2 gift cards for merchant TWS. Not marked in Shopify: " + c.want.Message,
			}, e.calls.details)
		})
	}
}

// A shop that is away for a while is asked again.
func TestOrderIsMarkedLater(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	tries := 0
	marked := e.withShop(func() error {
		if tries++; tries < 4 {
			return transient("down")
		}
		return nil
	})
	out := e.order(t, workflows.GiftCardOrderInput{Order: orderNumber(1, 1), WriteBack: "note"})
	require.Equal(t, "note", out.WrittenBack)
	require.Len(t, *marked, 4)
	require.Len(t, e.issued, 1)
}

// An order that lacks a card is not marked, and neither is one of a shop that does not want it.
func TestOrderIsNotMarked(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	marked := e.withShop(func() error { return errors.New("nobody asked for it") })
	e.issue = func(in activities.IssueCardInput) (activities.IssueCardResult, error) {
		if in.Unit == 2 {
			return activities.IssueCardResult{}, final(giftcard.CardDeclined, "no")
		}
		return cardOf(in), nil
	}
	e.ExecuteWorkflow(workflows.GiftCardOrder, workflows.GiftCardOrderInput{Order: orderNumber(1, 2), WriteBack: "tag"})
	e.requireFailure(t, giftcard.CardDeclined, "no (of 2 gift cards, failed: 2; issued: 1)")
	require.Empty(t, *marked)

	e = newEnv(t)
	marked = e.withShop(func() error { return errors.New("nobody asked for it") })
	out := e.order(t, workflows.GiftCardOrderInput{Order: orderNumber(1, 2)})
	require.Empty(t, *marked)
	require.Empty(t, out.WrittenBack)
	require.Nil(t, out.WriteBackFailed)
}
