package main

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit/runs"
	"github.com/giftbridge/giftbridge/sandbox/internal/board"
	"github.com/giftbridge/giftbridge/sandbox/internal/temporalserver"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// The tally has the numbers of the auditor, and its problems fit on the screen.
func TestTally(t *testing.T) {
	t.Parallel()
	screen := board.Screen{Width: 80}
	good := tally(screen, audit.Account{
		OrdersPlaced: 31, OrdersCompleted: 19, OrdersFailed: 3, OrdersLeftOut: 7, OrdersOpen: 2, UnitsExpected: 29,
		CardsIssued: 27, CardsOpen: 2, DigestMails: 1,
	}, 0)
	require.Equal(t, `orders placed    31
  completed      19
  failed         3
  left out       7
  still open     2
cards expected   29
  issued         27
  still to come  2
  missing        0
  duplicate      0
  unexpected     0
digests sent     1
the books balance: no card is missing, and none is there twice
`, good)
	bad := tally(screen, audit.Account{
		CardsDuplicate: 1, Problems: []string{strings.Repeat("duplicate: card of order #1 ", 5)}, MoreProblems: 1,
	}, 2)
	require.Contains(t, bad, "orders placed    2\n")
	require.Contains(t, bad, "  by hand        2 (you have decided about these; they are not judged)\n")
	require.Contains(t, bad, "  duplicate      1\n")
	require.Contains(t, bad, "PROBLEM duplicate: card of order #1 ")
	require.Contains(t, bad, "PROBLEM and 1 more problem\n")
	require.NotContains(t, bad, "the books balance")
	for line := range strings.Lines(bad) {
		require.LessOrEqual(t, len(strings.TrimSuffix(line, "\n")), 80)
	}
}

// What people do with their orders by hand is no problem of the books, whatever they do; the rest is judged, whether a poll
// has taken it in or a receiver.
func TestTallyOfWhatPeopleHaveDecided(t *testing.T) {
	t.Parallel()
	s, err := stack.Start(t.Context(), stack.Options{
		UIPort: temporalserver.NoUI, Webhooks: true, CashStar: cashstartest.Options{Merchants: scenario.Merchants()},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	customers := scenario.NewCustomers(s.Shop, 1)
	fails, single := customers.PlaceKind(scenario.UnknownMerchant), customers.PlaceKind(scenario.Single)
	customers.PlaceKind(scenario.Native)
	customers.PlaceKind(scenario.Single)
	in := func(state executions.State, n int) (found []executions.Order) {
		require.Eventually(t, func() bool {
			found, err = s.Operator.ListOrders(t.Context(), orders.OrderFilter{State: state})
			require.NoError(t, err)
			return len(found) == n
		}, 2*time.Minute, 100*time.Millisecond, state)
		return found
	}
	in(executions.Completed, 2)
	d, err := s.Operator.ShowOrder(t.Context(), in(executions.Failed, 1)[0].ID)
	require.NoError(t, err)
	require.Equal(t, fails.Name, d.Name)
	require.NoError(t, s.Operator.Settle(t.Context(), d, "Ann", "ticket 4712"))
	in(executions.Settled, 1)
	in(executions.Left, 1)
	_, err = s.Operator.Redact(t.Context(), workflows.GiftCardOrderID(stack.Shop, strconv.FormatInt(single.ID, 10)), "Ann")
	require.NoError(t, err)
	in(executions.Redacted, 1)
	in(executions.Completed, 1)
	var out bytes.Buffer
	(&printer{w: &out, began: time.Now()}).tally(t.Context(), s, time.Second)
	require.Contains(t, out.String(), "orders placed    4\n  completed      1\n  failed         0\n  left out       1\n")
	require.Contains(t, out.String(), "  by hand        2 ")
	require.Contains(t, out.String(), "the books balance")
}

// A card is cancelled only by a command.
func TestTallyOfCancelledCards(t *testing.T) {
	t.Parallel()
	books, decided := undecided(audit.Books{
		Orders: []audit.Order{{ID: 5001}, {ID: 5002}},
		Cards: []audit.Card{
			{AuditNumber: "SBX5001-A", Status: "CANCELLED"},
			{AuditNumber: "SBX5001-B", Status: "ACTIVE"},
			{AuditNumber: "SBX5002-A", Status: "ACTIVE"},
		},
		Workflows: []runs.Workflow{{OrderID: "5001"}, {OrderID: "5002"}},
	}, nil)
	require.Equal(t, 1, decided)
	require.Equal(t, audit.Books{
		Orders: []audit.Order{{ID: 5002}}, Cards: []audit.Card{{AuditNumber: "SBX5002-A", Status: "ACTIVE"}},
		Workflows: []runs.Workflow{{OrderID: "5002"}},
	}, books)
}
