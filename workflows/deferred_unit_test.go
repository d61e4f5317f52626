package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

// withDeferred makes begin answer for the workflows of the cards. look counts the looks at a card from 1.
func (e *env) withDeferred(begin func(u deferred.Unit, look int) (deferred.BeginCardResult, error)) *[]deferred.Unit {
	looks, asked := map[string]int{}, new([]deferred.Unit)
	e.RegisterActivityWithOptions(func(ctx context.Context, in deferred.BeginCardInput) (deferred.BeginCardResult, error) {
		u := in.Unit
		e.mu.Lock()
		looks[u.Key]++
		look := looks[u.Key]
		*asked = append(*asked, u)
		e.mu.Unlock()
		begun, err := begin(u, look)
		if err != nil {
			err = activities.Failure(ctx, "order #1001, card 1", err)
		}
		return begun, err
	}, activity.RegisterOptions{Name: "BeginCard"})
	return asked
}

var later = map[string]workflows.DeferredItem{"GIFT-50": {Issuer: "acme", Item: "I50"}}

func madeLater(u deferred.Unit) *deferred.Card {
	return &deferred.Card{Code: "2900000000016", Price: u.Price, Currency: u.Currency}
}

// An order may have cards of both kinds. Those that are made later need no merchant, and hold nobody up.
func TestOrderOfTwoIssuers(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	asked := e.withDeferred(func(u deferred.Unit, _ int) (deferred.BeginCardResult, error) {
		e.SignalWorkflow(workflows.CardSettledSignal, deferred.Settled{Key: u.Key, Card: madeLater(u)})
		return deferred.BeginCardResult{}, nil
	})
	out := e.order(t, workflows.GiftCardOrderInput{Order: orderNumber(1, 1, 30), Deferred: later})
	require.Len(t, out.Cards, 31)
	require.Len(t, e.issued, 1)
	require.Len(t, *asked, 30, "each was begun once, and its signal was enough")
	first := (*asked)[0]
	require.Equal(t, deferred.Unit{
		Issuer: "acme", Key: giftcard.AuditNumber("", shop, "5001", "901", first.Number-1), OrderName: "#1001",
		OrderWorkflowID: "default-test-workflow-id", Number: first.Number, Item: "I50", Price: "25.0", Currency: "USD",
		ReadAt: noon,
	}, first)
	require.Equal(t, "Issued 31 gift cards for merchant TWS.", e.calls.details[0])
	for _, card := range out.Cards[1:] {
		require.NotEmpty(t, card.AuditNumber)
		require.Empty(t, card.MaskedNumber, "nothing of a code leaves with the order")
	}
}

// Without a merchant, the cards of other issuers are issued all the same.
func TestOrderOfTwoIssuersWithoutMerchant(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.look = func(activities.LookUpMerchantInput) (activities.LookUpMerchantResult, error) {
		return activities.LookUpMerchantResult{}, temporal.NewNonRetryableApplicationError("nobody", string(giftcard.MerchantUnknown), nil)
	}
	e.withDeferred(func(u deferred.Unit, _ int) (deferred.BeginCardResult, error) {
		return deferred.BeginCardResult{Card: madeLater(u)}, nil
	})
	e.ExecuteWorkflow(workflows.GiftCardOrder, workflows.GiftCardOrderInput{Order: orderNumber(1, 1, 2), Deferred: later})
	failed := e.requireFailure(t, giftcard.MerchantUnknown, "nobody (of 3 gift cards, failed: 1; issued: 2-3)")
	var said workflows.OrderFailure
	require.NoError(t, failed.Details(&said))
	require.Len(t, said.Issued, 2)
	require.Empty(t, e.issued)
}

// A signal that is lost, or that came before a reset, delays a card by a minute at first and by an hour at most.
func TestOrderWithoutSignal(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	asked := e.withDeferred(func(u deferred.Unit, look int) (deferred.BeginCardResult, error) {
		if look < 10 {
			return deferred.BeginCardResult{}, nil
		}
		return deferred.BeginCardResult{Card: madeLater(u)}, nil
	})
	out := e.order(t, workflows.GiftCardOrderInput{Order: orderNumber(1, 0, 1), Deferred: later})
	require.Len(t, out.Cards, 1)
	require.Len(t, *asked, 10)
	require.Empty(t, e.looked)
	require.WithinDuration(t, noon.Add(4*time.Hour+3*time.Minute), e.Now(), 2*time.Minute, "1, 2, 4, 8, 16, 32, 60, 60, 60 minutes")
	require.Equal(t, "Issued 1 gift card.", e.calls.details[0])
}

func TestOrderWhoseCardIsNotMade(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.withDeferred(func(u deferred.Unit, _ int) (deferred.BeginCardResult, error) {
		if u.Number == 1 {
			return deferred.BeginCardResult{}, giftcard.Errorf(giftcard.OutcomeUnknown, "7 days")
		}
		return deferred.BeginCardResult{Card: madeLater(u)}, nil
	})
	e.ExecuteWorkflow(workflows.GiftCardOrder, workflows.GiftCardOrderInput{Order: orderNumber(1, 0, 2), Deferred: later})
	e.requireFailure(t, giftcard.OutcomeUnknown, "order #1001, card 1: 7 days (of 2 gift cards, failed: 1; issued: 2)")
}

// A card is told the rules under which it is owed, unless a person has decided about them.
func TestRulesOfDeferredCards(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		release *workflows.Release
		held    bool
	}{
		"taken in":  {held: true},
		"released":  {release: &workflows.Release{}},
		"corrected": {release: &workflows.Release{Hold: true}, held: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			asked := e.withDeferred(func(u deferred.Unit, _ int) (deferred.BeginCardResult, error) {
				return deferred.BeginCardResult{Card: madeLater(u)}, nil
			})
			in := workflows.GiftCardOrderInput{
				Order: orderNumber(1, 0, 1), Deferred: later, HoldUnderpaid: true, HoldRisky: true, ReadAt: noon.Add(-time.Minute),
				Release: tt.release,
			}
			if tt.release != nil {
				units, err := in.Order.CardUnits("")
				require.NoError(t, err)
				in.Release.AuditNumbers = []string{units[0].AuditNumber}
			}
			e.order(t, in)
			require.Len(t, *asked, 1)
			u := (*asked)[0]
			require.Equal(t, noon.Add(-time.Minute), u.ReadAt)
			require.Equal(t, tt.release != nil, u.Again)
			require.Equal(t, tt.held, u.HoldRisky)
			require.Equal(t, tt.held, len(u.PaidFor) > 0)
		})
	}
}
