package orders

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/workflows"
)

// What people see of an order of which one card exists, one does not, and one is being retried.
func TestPrintOrder(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)
	d := &orders.OrderDetails{
		Order: executions.Order{
			Name: "#1001", ID: "5001", State: executions.Failed, SKUs: "GIFT-25", Link: "https://ui.example.com/x",
			Failure: &executions.Failure{Kind: "CardDeclined", Message: "order #1001, card 2: refused"},
		},
		Units: &workflows.OrderFailure{
			MerchantCode: "TWS",
			Issued: []workflows.IssuedCard{{Unit: 1, IssueCardResult: activities.IssueCardResult{
				AuditNumber: "a-1", OrderNumber: "1000", MaskedNumber: "***1234", Amount: "25.00", Currency: "USD",
			}}},
			Failed: []workflows.UnitFailure{{Unit: 2, AuditNumber: "a-2", Kind: giftcard.CardDeclined, Message: "refused"}},
		},
		Pending: []orders.PendingActivity{{
			Activity: "IssueCard", Attempt: 4, NextAt: at, Last: &executions.Failure{Kind: "Unavailable", Message: "no answer"},
		}},
		Runs: []orders.Run{{RunID: "0191-b", State: executions.Failed, StartedAt: at, ClosedAt: at.Add(time.Minute), Events: 17}},
	}
	d.Reset = "temporal workflow reset --run-id 0191-b"
	const want = `order      #1001 (5001)
state      failed
SKU        GIFT-25
web UI     https://ui.example.com/x
failed     CardDeclined: order #1001, card 2: refused
card 1     25.00 USD, audit number a-1, issuer's order 1000, card ***1234
card 2     FAILED, audit number a-2, CardDeclined: refused
IssueCard  attempt 4 at 2026-07-10T12:00:00Z, after Unavailable: no answer
run        failed, started 2026-07-10T12:00:00Z, closed 2026-07-10T12:01:00Z
`
	var out, verbose bytes.Buffer
	require.NoError(t, printOrder(&out, d, false))
	require.Equal(t, want, out.String())
	require.NoError(t, printOrder(&verbose, d, true))
	require.Contains(t, verbose.String(), "\nreset      temporal workflow reset --run-id 0191-b\n")
	require.Contains(t, verbose.String(), "closed 2026-07-10T12:01:00Z, 17 events, run 0191-b\n")
}

// What people see of an order with all its cards, which is marked in the shop, or is not.
func TestPrintMarkedOrder(t *testing.T) {
	t.Parallel()
	refused := &workflows.WriteBackFailure{Kind: giftcard.Unauthorized, Message: "no scope"}
	for want, result := range map[string]workflows.GiftCardOrderResult{
		"in Shopify  marked (tag)\n":                       {MerchantCode: "TWS", WrittenBack: "tag"},
		"in Shopify  NOT MARKED, Unauthorized: no scope\n": {MerchantCode: "TWS", WriteBackFailed: refused},
		"": {MerchantCode: "TWS"},
	} {
		d := &orders.OrderDetails{Order: executions.Order{Name: "#1", ID: "5"}, Result: &result}
		var out bytes.Buffer
		require.NoError(t, printOrder(&out, d, true))
		_, after, found := strings.Cut(out.String(), "TWS\n")
		require.True(t, found)
		require.Equal(t, want, after)
	}
}
