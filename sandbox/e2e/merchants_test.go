package e2e_test

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// People see which merchant an order would get, before and after it was taken in, and what is offered for a merchant.
func TestMerchants(t *testing.T) {
	t.Parallel()
	issuer := cashstartest.Options{Merchants: []cashstartest.Merchant{
		merchant("MUCH"), {Name: "Bare Store", MerchantCode: "BARE"},
	}}
	w := start(t, stack.Options{CashStar: issuer})
	require.Regexp(t, `CODE +NAME +LEGAL NAME\n(.*\n)*MUCH +MUCH Store *\nBARE +Bare Store *\n$`, w.ok("merchants", "list"))
	require.Regexp(t, `catalog +merchant_code +MUCH\n +currency\.1\.code +USD\n`, w.ok("merchants", "show", "MUCH"))
	require.Contains(t, w.ok("merchants", "show", "BARE"), "empty: CashStar offers nothing here")
	out := w.starter(nil, "merchants", "show", "much")
	require.Equal(t, cli.ExitFailure, out.code)
	require.Contains(t, out.stderr, "did you mean MUCH?")

	p, unknown := w.orderFor("MUCH", 1), w.orderFor("NOBODY", 1)
	text := w.ok("merchants", "find", p.Name)
	require.Regexp(t, `merchant +MUCH \(MUCH Store\)\nwhy +the name of the customer is a name of the merchant\ntaken in +no\n`, text)
	w.poll()
	w.show(p, executions.Completed)
	w.show(unknown, executions.Failed)
	require.Regexp(t, `taken in +completed, with the same merchant\n$`, w.ok("merchants", "find", p.Name))
	found := decoded[map[string]any](w, "merchants", "find", orderNumber(p))
	require.Equal(t, "name", found["matched_by"])
	require.Equal(t, map[string]any{"state": "completed", "merchant_code": "MUCH"}, found["taken_in"])

	out = w.starter(nil, "merchants", "find", unknown.Name)
	require.Equal(t, cli.ExitFailure, out.code)
	require.Regexp(t, `merchant +none \(MerchantUnknown\)\nwhy +customer 7 is not one of CashStar's \d+ merchants`, out.stdout)
	require.Contains(t, out.stderr, "order "+unknown.Name+" gets no merchant: MerchantUnknown")
	out = w.starter([]string{"MERCHANT_CODE=MUCH"}, "merchants", "find", unknown.Name)
	require.Equal(t, cli.ExitOK, out.code, out.stderr)
	require.Contains(t, out.stdout, "MERCHANT_CODE is set: all orders get this merchant")

	out = w.starter(nil, "merchants", "find", "#9999")
	require.Equal(t, cli.ExitFailure, out.code)
	require.Contains(t, out.stderr, `neither giftbridge nor the shop has an order "#9999"`)
	require.Equal(t, cli.ExitUsage, w.starter(nil, "merchants", "find").code)
}

// The text for the cards travels with the order. If the answer to the request for a card is lost, and the text has
// changed when the order is run again, the request is still the same: the issuer finds the card, and makes no other.
func TestAdditionalContentStaysTheSame(t *testing.T) {
	t.Parallel()
	var cured atomic.Bool
	issuer := createOrderFault(func(cashstartest.Request) *cashstartest.Fault {
		if cured.Load() {
			return nil
		}
		return &cashstartest.Fault{Kind: cashstartest.Drop, AfterCommit: true}
	})
	issuer.Merchants = []cashstartest.Merchant{merchant("MUCH")}
	w := start(t, stack.Options{CashStar: issuer, Configure: func(c *config.Config) {
		c.Issue.AdditionalContent, c.Issue.RetryBudget, c.Digest.Rerun = "First.\nLine two.", 0, false
	}})
	p := w.orderFor("MUCH", 1)
	w.poll()
	w.show(p, executions.Failed)
	require.Len(t, w.Issuer.Cards(), 1)
	cured.Store(true)

	out := w.starter([]string{"ADDITIONAL_CONTENT=Second."}, "schedules")
	require.Equal(t, cli.ExitOK, out.code, out.stderr)
	require.Contains(t, out.stdout, `additional_content: "First.\nLine two." -> "Second."`)
	w.ok("orders", "retry", p.Name, "--yes")
	w.await("run again", func() bool { return len(w.runs(orderID(p))) == 2 })
	done := w.show(p, executions.Completed)
	require.True(t, done.Result.Cards[0].Existed)
	next := w.orderFor("MUCH", 1)
	w.poll()
	w.show(next, executions.Completed)

	var texts []string
	for _, c := range w.Issuer.Cards() {
		texts = append(texts, c.AdditionalContent)
	}
	require.Equal(t, []string{"First.\nLine two.", "Second."}, texts)
}
