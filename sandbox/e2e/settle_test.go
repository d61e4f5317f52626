package e2e_test

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
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
			p, other := w.orderFor("NEWCOMER", 2), w.orderFor("NEWCOMER", 1)
			w.poll()
			w.awaitFailed(2)
			for _, named := range []scenario.Placed{p, other} {
				w.show(named, executions.Failed)
			}
			me := cli.Whoami()
			require.Equal(t, "order "+p.Name+" is settled\norder "+other.Name+" is settled\n",
				w.ok("orders", "settle", p.Name, other.Name, p.Name, "--note", "ticket 4712", "--yes"), "each once")
			d := w.show(p, executions.Settled)
			require.Equal(t, []any{
				giftcard.Settled, me, "ticket 4712", string(giftcard.MerchantUnknown), 2, "50.00", "USD",
			}, []any{d.Left.Reason, d.Left.By, d.Left.Note, d.Left.Was, d.Left.Cards, d.Left.Amount, d.Left.Currency})
			shown := w.ok("orders", "show", p.Name)
			require.Regexp(t, `(?m)^settled +by `+regexp.QuoteMeta(me)+`, \d{4}-\S+Z$`, shown)
			require.Regexp(t, `(?m)^note +ticket 4712$`, shown)
			twice := w.starter(nil, "orders", "settle", p.Name, "--note", "again", "--yes")
			require.Equal(t, cli.ExitFailure, twice.code)
			require.Contains(t, twice.stderr, "is settled already, by "+me+": ticket 4712")
			w.await("the list of settled orders", func() bool {
				return len(decoded[[]executions.Order](w, "orders", "list", "--settled")) == 2
			})

			w.addMerchant(merchant("NEWCOMER"))
			require.False(t, w.digest().Sent, "nothing is left to report")
			require.Equal(t, 2, w.poll().Known)
			retried := w.starter(nil, "orders", "retry", p.Name, "--force", "--yes")
			require.Contains(t, retried.stderr, "it is settled by hand; giftbridge orders settle --undo takes that back")
			w.show(p, executions.Settled)
			require.Empty(t, w.Issuer.Cards())
			health := w.health()
			require.Equal(t, []int{0, 0, 2}, []int{
				health.Orders[executions.Failed], health.Orders[executions.Left], health.Orders[executions.Settled],
			})

			taken := decoded[[]map[string]string](w, "orders", "settle", p.Name, "--undo", "--note", "wrong order", "--yes")
			require.Equal(t, []map[string]string{{
				"order": p.Name, "id": orderNumber(p), "state": "left", "by": me, "note": "wrong order",
			}}, taken)
			again := w.show(p, executions.Left)
			require.Regexp(t, `(?m)^taken back +by `+regexp.QuoteMeta(me)+`, `, w.ok("orders", "show", p.Name))
			require.Equal(t, giftcard.Reopened, again.Left.Reason)
			require.Equal(t, string(giftcard.MerchantUnknown), again.Left.Was)
			twice = w.starter(nil, "orders", "settle", p.Name, other.Name, "--undo", "--note", "both", "--yes")
			require.Equal(t, cli.ExitFailure, twice.code)
			require.Contains(t, twice.stderr, "order "+p.Name+" is not settled")
			require.Contains(t, twice.stdout, "order "+other.Name+" is no longer settled", "one order does not stop another")
			w.ok("orders", "settle", other.Name, "--note", "it is", "--yes")
			failed := w.PlaceKind(scenario.UnknownMerchant) // Rerunning it takes the digest longer than the delay of reports.
			w.poll()
			w.show(failed, executions.Failed)
			require.True(t, w.digest().Sent)
			mail := w.lastMail()
			require.Equal(t, map[string][]string{"failed": {failed.Name}, "reopened": {p.Name}}, mail.states())
			require.Contains(t, mail.Text, "giftbridge orders release '"+p.Name+"'")
			require.Empty(t, w.Issuer.Cards())

			// A release issues the cards under the audit numbers that they had.
			w.ok("orders", "release", p.Name, "--yes")
			issued := w.show(p, executions.Completed)
			require.ErrorContains(t, w.Operator.Settle(w.ctx, issued, "Ann", ""), "already has its cards")
			require.Equal(t, 2, w.cardsOf("NEWCOMER"))
			w.show(other, executions.Settled)
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
	w.ok("orders", "settle", p.Name, "--note", "the customer has it", "--yes")
	w.show(p, executions.Settled)
	released := w.starter(nil, "orders", "release", p.Name, "--yes")
	require.Contains(t, released.stderr, "has no card left to issue: 1 exist")
	require.Len(t, w.Issuer.Cards(), 1)
}
