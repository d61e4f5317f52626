package rerun

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/workflows"
)

func failedOrder(name, kind, amount string, curable bool) executions.Order {
	return executions.Order{
		Name: name, WorkflowID: workflows.GiftCardOrderID("s", name[1:]), State: executions.Failed, Cards: 1, Amount: amount,
		Currency: "USD", Failure: &executions.Failure{Kind: kind}, Curable: curable,
	}
}

// Before many orders are run again, people see how many there are of each kind, what they are worth, and what stays.
func TestPrintPlan(t *testing.T) {
	t.Parallel()
	p := planOf([]executions.Order{
		failedOrder("#1", "MerchantUnknown", "50.00", true), failedOrder("#2", "CardDeclined", "25.00", true),
		failedOrder("#3", "MerchantUnknown", "1000.00", true), failedOrder("#4", "InvalidRequest", "10.00", false),
	}, func(o executions.Order) bool { return o.Curable })
	var out bytes.Buffer
	require.NoError(t, printPlan(&out, &cli.Flags{}, p))
	require.Equal(t, `CardDeclined     1 order, 1 card, 25.00 USD       run again
MerchantUnknown  2 orders, 2 cards, 1,050.00 USD  run again
InvalidRequest   1 order, 1 card, 10.00 USD       left alone
`, out.String())
	require.Equal(t, "Run 3 orders again?", p.question(0))
	require.Equal(t, "Run 1 order again?", p.question(1))

	out.Reset()
	require.NoError(t, printPlan(&out, &cli.Flags{}, plan{}))
	require.Equal(t, "no failed order matches\n", out.String())
	require.Contains(t, nothingMatches(plan{LeftAlone: p.LeftAlone}), "--force includes them")
}
