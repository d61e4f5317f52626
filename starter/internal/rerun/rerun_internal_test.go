package rerun

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/cli"
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
	require.Equal(t, "1 order", orderCount(1))
	require.Equal(t, "12 orders", orderCount(12))
}
