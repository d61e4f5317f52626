package activities_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

// unreachable is a Temporal whose lists cannot be read.
type unreachable struct{ starts }

func (*unreachable) Known(context.Context, []string) (map[string]bool, error) {
	return nil, errors.New("visibility is away")
}

// A page has only the orders that no workflow exists for, as far as visibility knows. Those that a webhook should have
// announced are named.
func TestListedOrdersThatAreKnown(t *testing.T) {
	t.Parallel()
	l := newListing(t, shopifytest.Options{}, token)
	place := func(name string, updated time.Time, lines ...shopifytest.LineItem) string {
		o := l.shop.AddOrder(order(name, with(lines...), func(o *shopifytest.Order) { o.UpdatedAt = updated }))
		return strconv.FormatInt(o.ID, 10)
	}
	pen := shopifytest.LineItem{SKU: "PEN", Vendor: "Shop", Quantity: 1, UnitPrice: "1.0"}
	known, late := place("#1", date(11)), place("#2", date(11))
	place("#3", date(15).Add(-time.Minute))
	leftBefore, left := place("#4", date(11), pen), place("#5", date(11), pen)
	temporal := &starts{known: map[string]bool{
		"gift-card-order/" + shopDomain + "/" + known: true, "gift-card-order/" + shopDomain + "/" + leftBefore: true,
	}}
	l.orders.Intake, l.orders.Claims = temporal, temporal
	in := july()
	in.Webhooks = true
	out, err := l.list(in)
	require.NoError(t, err)
	require.Equal(t, []string{"#2", "#3"}, names(out.Orders))
	require.Equal(t, []string{known}, out.Known)
	require.Equal(t, []string{late}, out.Unannounced)
	require.Equal(t, 5, out.Seen)
	require.Len(t, temporal.left, 1)
	require.Equal(t, left, temporal.left[0].ID)

	in.Webhooks = false
	out, err = l.list(in)
	require.NoError(t, err)
	require.Empty(t, out.Unannounced, "nothing announces orders")

	// A poll does not depend on visibility.
	l.orders.Intake = &unreachable{}
	out, err = l.list(in)
	require.NoError(t, err)
	require.Equal(t, []string{"#1", "#2", "#3"}, names(out.Orders))
	require.Empty(t, out.Known)
}

var _ activities.Intake = (*unreachable)(nil)
