package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// A failed order that a person has settled is in no digest, and nothing but a release issues it: neither a rerun of all
// failed orders, nor a poll, nor its merchant, which is found by then.
func TestSettledOrders(t *testing.T) {
	t.Parallel()
	for name, dedupes := range map[string]bool{"again while unclear": true, "at most once": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, stack.Options{
				CashStar:  cashstartest.Options{Merchants: []cashstartest.Merchant{merchant("OTHER")}},
				Configure: func(c *config.Config) { c.Issue.Dedupes = dedupes },
			})
			p := w.orderFor("NEWCOMER", 2)
			w.poll()
			w.awaitFailed(1)
			failed := w.show(p, executions.Failed)
			require.NoError(t, w.Operator.Settle(w.ctx, failed, "Ann", "ticket 4712"))
			d := w.show(p, executions.Settled)
			require.Equal(t, []any{
				giftcard.Settled, "Ann", "ticket 4712", string(giftcard.MerchantUnknown), 2, "50.00", "USD",
			}, []any{d.Left.Reason, d.Left.By, d.Left.Note, d.Left.Was, d.Left.Cards, d.Left.Amount, d.Left.Currency})
			require.ErrorContains(t, w.Operator.Settle(w.ctx, d, "Ben", ""), "is settled already, by Ann: ticket 4712")

			w.addMerchant(merchant("NEWCOMER"))
			require.False(t, w.digest().Sent, "nothing is left to report")
			require.Equal(t, 1, w.poll().Known)
			retried := w.starter(nil, "orders", "retry", p.Name, "--force", "--yes")
			require.Contains(t, retried.stderr, "giftbridge orders release issues its cards")
			w.show(p, executions.Settled)
			require.Empty(t, w.Issuer.Cards())
			health := w.health()
			require.Equal(t, []int{0, 0, 1}, []int{
				health.Orders[executions.Failed], health.Orders[executions.Left], health.Orders[executions.Settled],
			})

			require.NoError(t, w.Operator.Reopen(w.ctx, d, "Ben", "wrong order"))
			again := w.show(p, executions.Left)
			require.Equal(t, giftcard.Reopened, again.Left.Reason)
			require.Equal(t, string(giftcard.MerchantUnknown), again.Left.Was)
			require.ErrorContains(t, w.Operator.Reopen(w.ctx, again, "Ben", ""), "is not settled")
			require.Empty(t, w.Issuer.Cards())

			// A release issues the cards under the audit numbers that they had.
			w.ok("orders", "release", p.Name, "--yes")
			issued := w.show(p, executions.Completed)
			require.ErrorContains(t, w.Operator.Settle(w.ctx, issued, "Ann", ""), "already has its cards")
			require.Equal(t, 2, w.cardsOf("NEWCOMER"))
		})
	}
}

// A card that is in doubt when its order is settled counts as existing ever after.
func TestSettledOrderInDoubt(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{
		CashStar: cashstartest.Options{
			Merchants: []cashstartest.Merchant{merchant("DOUBT")},
			Fault: func(r cashstartest.Request) *cashstartest.Fault {
				if r.Operation != cashstartest.CreateOrder {
					return nil
				}
				return &cashstartest.Fault{Kind: cashstartest.Drop, AfterCommit: true}
			},
		},
		Configure: func(c *config.Config) { c.Issue.Dedupes = false },
	})
	p := w.orderFor("DOUBT", 1)
	w.poll()
	w.awaitFailed(1)
	d := w.show(p, executions.Failed)
	require.Equal(t, string(giftcard.OutcomeUnknown), d.Failure.Kind)
	require.NoError(t, w.Operator.Settle(w.ctx, d, "Ann", "the customer has it"))
	w.show(p, executions.Settled)
	released := w.starter(nil, "orders", "release", p.Name, "--yes")
	require.Contains(t, released.stderr, "has no card left to issue: 1 exist")
	require.Len(t, w.Issuer.Cards(), 1)
}
