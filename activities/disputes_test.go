package activities_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/intake/shopifyintake"
	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

// disputeRecords is a fake of Temporal that records disputes.
type disputeRecords struct {
	recorded map[activities.DisputedOrder]bool
	away     error
}

func (r *disputeRecords) RecordDispute(_ context.Context, d activities.DisputedOrder) (bool, error) {
	if r.away != nil || r.recorded[d] {
		return false, r.away
	}
	r.recorded[d] = true
	return true, nil
}

// Each dispute that is not won is recorded once, of orders of any page.
func TestRecordDisputes(t *testing.T) {
	t.Parallel()
	shop := shopifytest.New(shopifytest.Options{Scopes: []string{"read_orders"}})
	c, err := shopify.New(shopify.Options{BaseURL: serve(t, shop), APIVersion: "2026-07", Token: token})
	require.NoError(t, err)
	lines := []shopifytest.LineItem{{SKU: "GIFT-50", Quantity: 1}}
	for range 60 {
		shop.AddOrder(shopifytest.Order{Lines: lines, Disputes: []shopifytest.Dispute{{Status: "LOST"}, {Status: "WON"}}})
	}
	shop.AddOrder(shopifytest.Order{Lines: lines, Disputes: []shopifytest.Dispute{{Status: "WON"}}})
	shop.AddOrder(shopifytest.Order{Lines: lines})
	source, records := shopifyintake.New(c, keys), &disputeRecords{recorded: map[activities.DisputedOrder]bool{}}
	orders := &activities.Orders{Source: source, Disputes: source, Records: records, Shop: "shop", Now: time.Now}
	in := activities.RecordDisputesInput{SKUs: []string{"GIFT-50"}, Since: time.Now().Add(-time.Hour)}
	record := func() (out activities.RecordDisputesResult, err error) {
		var suite testsuite.WorkflowTestSuite
		env := suite.NewTestActivityEnvironment()
		env.RegisterActivity(orders)
		value, err := env.ExecuteActivity(orders.RecordDisputes, in)
		if err == nil {
			err = value.Get(&out)
		}
		return out, err
	}
	for _, want := range []int{60, 0} {
		out, err := record()
		require.NoError(t, err)
		require.Equal(t, activities.RecordDisputesResult{Disputed: 60, Recorded: want}, out)
	}
	for d := range records.recorded {
		require.Equal(t, []string{"shop", "chargeback", "lost"}, []string{d.Shop, d.Kind, d.Status})
	}
	records.away = errors.New("away")
	_, err = record()
	require.ErrorContains(t, err, "away")
}
