package orders

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/workflows"
)

func TestPrintRerun(t *testing.T) {
	t.Parallel()
	id := func(n string) string { return workflows.GiftCardOrderID("example.myshopify.com", n) }
	some := workflows.RerunOrdersResult{Rerun: 1, LeftAlone: 1, Orders: []activities.RerunOrder{
		{WorkflowID: id("5001"), RunID: "0191-a"}, {WorkflowID: id("5002"), LeftAlone: "it is running"},
	}}
	var out bytes.Buffer
	require.NoError(t, printRerun(&out, &cli.Flags{}, some, map[string]string{id("5001"): "#1007"}))
	require.Equal(t, `order #1007  runs again
order 5002   left alone  it is running
run again    1
left alone   1
`, out.String())

	// None of the named orders runs again: a script must notice.
	none := workflows.RerunOrdersResult{LeftAlone: 1, Orders: some.Orders[1:]}
	for _, json := range []bool{false, true} {
		out.Reset()
		require.EqualError(t, printRerun(&out, &cli.Flags{JSON: json}, none, nil), "no order was run again: it is running")
		require.Contains(t, out.String(), "it is running")
	}
	// All failed orders were selected, and none could be cured: that is a result, not a failure.
	require.NoError(t, printRerun(&out, &cli.Flags{}, workflows.RerunOrdersResult{LeftAlone: 3}, nil))
}

// A kind is accepted as the runbook spells it, in any case.
func TestReadKind(t *testing.T) {
	t.Parallel()
	for _, k := range append(orders.FailureKinds(), "") {
		for _, typed := range []string{k, strings.ToLower(k), strings.ToUpper(k)} {
			kind, err := readKind(typed)
			require.NoError(t, err)
			require.Equal(t, k, kind)
		}
	}
	require.Contains(t, orders.FailureKinds(), string(giftcard.CardDeclined))
	require.Contains(t, orders.FailureKinds(), "Terminated")
	var usage *cli.UsageError
	_, err := readKind("Declined")
	require.ErrorAs(t, err, &usage)
	require.Equal(t, "1 order", orderCount(1))
	require.Equal(t, "12 orders", orderCount(12))
}

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
