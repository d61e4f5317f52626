package e2e_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// bounces is an issuer that refuses the cards for one address.
func bounces(address string, codes ...string) cashstartest.Options {
	o := cashstartest.Options{Decline: func(c cashstartest.Card) string {
		if c.Target == address {
			return "The address cannot be reached."
		}
		return ""
	}}
	for _, code := range codes {
		o.Merchants = append(o.Merchants, merchant(code))
	}
	return o
}

// twoLines places an order of two cards, one for the buyer and one for a friend with the given address.
func (w *system) twoLines(code, address string) scenario.Placed {
	o := w.Shop.AddOrder(shopifytest.Order{
		Email:    "buyer@example.com",
		Customer: &shopifytest.Customer{ID: 7, DisplayName: merchant(code).Name, Email: "buyer@example.com"},
		Lines: []shopifytest.LineItem{
			{SKU: scenario.SKUs()[0], Title: "Gift card", Quantity: 1, UnitPrice: "25.0"},
			{
				SKU: scenario.SKUs()[0], Title: "Gift card", Quantity: 1, UnitPrice: "25.0",
				Attributes: []shopifytest.Attribute{{Key: "Recipient email", Value: address}},
			},
		},
	})
	return scenario.Placed{ID: o.ID, Name: o.Name}
}

// A card whose address the issuer refuses is corrected, issued once to the new address under its audit number, and then
// no longer corrected. The address is nowhere but in encrypted payloads.
func TestFixAnAddress(t *testing.T) {
	t.Parallel()
	const bad, good = "mistyped@example.com", "corrected@example.com"
	for name, dedupes := range map[string]bool{"again while unclear": true, "at most once": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, stack.Options{
				CashStar: bounces(bad, "GIFT"), Configure: func(c *config.Config) { c.Issue.Dedupes = dedupes },
			})
			p := w.twoLines("GIFT", bad)
			w.poll()
			failed := w.show(p, executions.Failed)
			require.Equal(t, string(giftcard.CardDeclined), failed.Failure.Kind)
			require.Len(t, w.Issuer.Cards(), 1, "the card of the other line")
			audit := failed.Units.Failed[0].AuditNumber

			for _, refused := range []struct {
				args []string
				code int
				says string
			}{
				{[]string{"--unit", "1", "--email", good}, cli.ExitFailure, "card 1 of order " + p.Name + " exists"},
				{[]string{"--unit", "3", "--email", good}, cli.ExitFailure, "has no card 3 to issue"},
				{[]string{"--email", bad}, cli.ExitFailure, "nothing would change"},
				{[]string{"--send-on", "2020-01-01"}, cli.ExitFailure, "2020-01-01"},
				{[]string{"--email", "nobody"}, cli.ExitUsage, "is not an address"},
				{[]string{"--send-on", "soon"}, cli.ExitUsage, "neither now nor a date"},
				{nil, cli.ExitUsage, "say what to correct"},
			} {
				said := w.starter(nil, append([]string{"orders", "fix", p.Name, "--yes"}, refused.args...)...)
				require.Equal(t, refused.code, said.code, said.stderr)
				require.Contains(t, said.stderr, refused.says)
				require.NotContains(t, said.stderr, good)
			}
			dry := w.ok("orders", "fix", p.Name, "--email", good, "--dry-run")
			require.Equal(t, "Order "+p.Name+": card 2 would get another address. The order would then be run again to issue it. "+
				"Cards that already exist, and stay as they are: 1.\n", dry)
			require.Equal(t, failed.RunID, w.newest(orderID(p)).GetExecution().GetRunId(), "a dry run changes nothing")

			said := w.asked("y\n", "orders", "fix", p.Name, "--unit", "2", "--email", good, "--note", "ticket 4711")
			require.Zero(t, said.code, said.stderr)
			require.Contains(t, said.stdout, "order "+p.Name+" is corrected, and is being issued: ")
			require.NotContains(t, said.stdout+said.stderr, good)
			issued := w.show(p, executions.Completed)
			require.Len(t, issued.Result.Cards, 2)
			require.Equal(t, 2, w.cardsOf("GIFT"))
			for _, c := range w.Issuer.Cards() {
				require.NotEqual(t, bad, c.Target)
				if c.AuditNumber == audit {
					require.Equal(t, good, c.Target)
				}
			}
			require.Equal(t, audit, issued.Result.Cards[1].AuditNumber)
			shown := w.ok("orders", "show", p.Name)
			require.Regexp(t, `(?m)^corrected +address of card 2, by `+regexp.QuoteMeta(cli.Whoami())+`, \d{4}-\S+Z$`, shown)
			require.Regexp(t, `(?m)^note +ticket 4711$`, shown)
			require.NotContains(t, shown, good)

			again := w.starter(nil, "orders", "fix", p.Name, "--email", "third@example.com", "--yes")
			require.Equal(t, cli.ExitFailure, again.code)
			require.Contains(t, again.stderr, "order "+p.Name+" already has its cards")
			require.Len(t, w.Issuer.Cards(), 2)
		})
	}
}

// A correction stays with the order, whoever runs it again: here it fails for another reason first.
func TestFixTravelsWithTheOrder(t *testing.T) {
	t.Parallel()
	const bad, good = "mistyped@example.com", "corrected@example.com"
	issuer := bounces(bad, "OTHER")
	w := start(t, stack.Options{CashStar: issuer})
	p := w.placeOrder("NEWCOMER", shopifytest.LineItem{
		SKU: scenario.SKUs()[0], Title: "Gift card", Quantity: 2, UnitPrice: "25.0",
		Attributes: []shopifytest.Attribute{{Key: "Recipient email", Value: bad}},
	})
	w.poll()
	w.show(p, executions.Failed)
	w.ok("orders", "fix", p.Name, "--unit", "1", "--email", good, "--yes")
	w.show(p, executions.Failed) // Its merchant is not known yet.
	day := time.Now().UTC().AddDate(0, 0, 2).Format(time.DateOnly)
	fixed := decoded[map[string]any](w, "orders", "fix", p.Name, "--unit", "2", "--email", good, "--send-on", day, "--yes")
	require.Equal(t, []any{float64(2)}, fixed["cards"])
	require.Equal(t, []any{"address", "day of delivery"}, fixed["changes"])
	w.show(p, executions.Failed)
	require.Len(t, w.show(p, executions.Failed).Fixed, 2)
	w.addMerchant(merchant("NEWCOMER"))
	w.rerun(workflows.RerunOrdersInput{Orders: []string{orderID(p)}, Reason: "the merchant is known"})
	w.show(p, executions.Completed)
	require.Equal(t, 2, w.cardsOf("NEWCOMER"))
	var later int
	for _, c := range w.Issuer.Cards() {
		require.Equal(t, good, c.Target)
		if c.Scheduled.UTC().Format(time.DateOnly) == day {
			later++
		}
	}
	require.Equal(t, 1, later, "only the second card waits")
}

// A card that may exist is not corrected: the first request went to the first address.
func TestNoFixInDoubt(t *testing.T) {
	t.Parallel()
	for name, dedupes := range map[string]bool{"again while unclear": true, "at most once": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := createOrderFault(func(cashstartest.Request) *cashstartest.Fault {
				return &cashstartest.Fault{Kind: cashstartest.Drop, AfterCommit: true}
			})
			options.Merchants = []cashstartest.Merchant{merchant("DOUBT")}
			w := start(t, stack.Options{CashStar: options, Configure: func(c *config.Config) {
				c.Issue.Dedupes, c.Issue.RetryBudget = dedupes, 0
			}})
			p := w.orderFor("DOUBT", 1)
			w.poll()
			failed := w.show(p, executions.Failed)
			said := w.starter(nil, "orders", "fix", p.Name, "--email", "other@example.com", "--yes")
			require.Equal(t, cli.ExitFailure, said.code)
			require.Contains(t, said.stderr, "card 1 of order "+p.Name+" may exist")
			require.Equal(t, failed.RunID, w.newest(orderID(p)).GetExecution().GetRunId())
			require.Len(t, w.Issuer.Cards(), 1)
		})
	}
}
