package orders

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/orders"
)

func settledOrder(name string) *orders.OrderDetails {
	return &orders.OrderDetails{
		Order: executions.Order{
			Name: name, ID: "5001", Shop: "example.myshopify.com", State: executions.Settled, SKUs: "GIFT-25",
			Link: "https://ui.example.com/x", StartedAt: time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC),
		},
		Left: &activities.LeftOrder{
			Reason: giftcard.Settled, By: "ann@desk", Note: "ticket 4711", Was: "MerchantUnknown", Cards: 1, Amount: "25.00",
			Currency: "USD",
		},
	}
}

// What people see of an order that was settled, and of one of which that was taken back.
func TestPrintSettledOrder(t *testing.T) {
	t.Parallel()
	d := settledOrder("#1001")
	var out bytes.Buffer
	require.NoError(t, printOrder(&out, d, true))
	require.Equal(t, `order        #1001 (5001)
state        settled
SKU          GIFT-25
web UI       https://ui.example.com/x
settled      by ann@desk, 2026-07-10T12:00:00Z
note         ticket 4711
before       MerchantUnknown
gift cards   1, 25.00 USD
in the shop  https://example.myshopify.com/admin/orders/5001
`, out.String())

	d.State, d.Left.Reason, d.Left.Was, d.Left.Note = executions.Left, giftcard.Reopened, string(giftcard.MixedOrder), hostile
	out.Reset()
	require.NoError(t, printOrder(&out, d, true))
	require.Contains(t, out.String(), `
left to people  it was settled by hand, and that was taken back
taken back      by ann@desk, 2026-07-10T12:00:00Z
note            #1`)
	require.Contains(t, out.String(), "\nbefore          other items were ordered with its gift cards\n")
	requireHarmless(t, out.String())

	d.Left.By, d.Left.Note, d.Left.Was, d.Left.Reason = "", "", "", giftcard.MixedOrder
	out.Reset()
	require.NoError(t, printOrder(&out, d, true))
	require.NotRegexp(t, "(?m)^(note|before|taken back)", out.String())
}
