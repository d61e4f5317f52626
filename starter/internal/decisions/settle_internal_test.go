package decisions

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/orders"
)

// The question says where each order stands, and what the answer yes leads to.
func TestSettleAsks(t *testing.T) {
	t.Parallel()
	failed := &orders.OrderDetails{Order: executions.Order{
		Name: "#1001", State: executions.Failed, Failure: &executions.Failure{Kind: "MerchantUnknown", Message: "no merchant"},
	}}
	left := &orders.OrderDetails{
		Order: executions.Order{Name: "#1\x1b[2J", State: executions.Left}, Left: &activities.LeftOrder{Reason: giftcard.MixedOrder},
	}
	settled := &orders.OrderDetails{
		Order: executions.Order{Name: "#1003", State: executions.Settled},
		Left:  &activities.LeftOrder{Reason: giftcard.Settled, By: "ann@desk", Note: "ticket 4711"},
	}
	for name, tt := range map[string]struct {
		orders []*orders.OrderDetails
		undo   bool
		want   []string
	}{
		"one":   {[]*orders.OrderDetails{failed}, false, []string{"Order #1001: failed, MerchantUnknown: no merchant\nSettle this order? "}},
		"two":   {[]*orders.OrderDetails{failed, left}, false, []string{"left to people: other items", "\nSettle these 2 orders? Their"}},
		"undo":  {[]*orders.OrderDetails{settled}, true, []string{"Order #1003: settled by ann@desk: ticket 4711\nTake back that this"}},
		"undos": {[]*orders.OrderDetails{settled, failed}, true, []string{"\nTake back that these 2 orders are settled? The next digest"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked bytes.Buffer
			cmd := &cobra.Command{}
			cmd.SetContext(t.Context())
			cmd.SetErr(&asked)
			cmd.SetIn(strings.NewReader("n\n"))
			s := settler{flags: &cli.Flags{}, cmd: cmd, undo: tt.undo}
			require.ErrorIs(t, s.ask(tt.orders), cli.ErrDeclined)
			for _, want := range tt.want {
				require.Contains(t, asked.String(), want)
			}
			require.NotContains(t, asked.String(), "\x1b")
			s.yes = true
			require.NoError(t, s.ask(tt.orders))
		})
	}
}
