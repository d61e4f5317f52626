package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/privacy"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// boughtBy places an order of one card for a customer of a merchant.
func (w *system) boughtBy(customer int64, code, email string) scenario.Placed {
	o := w.Shop.AddOrder(shopifytest.Order{
		Email:    email,
		Customer: &shopifytest.Customer{ID: customer, DisplayName: merchant(code).Name, Email: email},
		Lines: []shopifytest.LineItem{
			{SKU: scenario.SKUs()[0], Title: "Gift card", Quantity: 1, UnitPrice: "25.0"},
		},
	})
	return scenario.Placed{ID: o.ID, Name: o.Name}
}

// The histories of a person's finished orders can be removed. Their numbers stay claimed, so nothing issues them again,
// and nobody else's histories are touched.
func TestRedact(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{
		CashStar: cashstartest.Options{Merchants: []cashstartest.Merchant{merchant("KNOWN")}},
		// Polls read again what has changed within the overlap: a later poll must not hold the orders too.
		Configure: func(c *config.Config) { c.Poll.Overlap = time.Second },
	})
	hers, torn := w.boughtBy(7001, "KNOWN", "ann@example.com"), w.boughtBy(7001, "KNOWN", "ann@example.com")
	his := w.boughtBy(7002, "KNOWN", "bob@example.com")
	failed := w.boughtBy(7001, "NEWCOMER", "ann@example.com")
	first := w.polled()
	before := w.show(hers, executions.Completed)
	w.show(his, executions.Completed)
	w.show(failed, executions.Failed)
	w.await("listed", func() bool {
		found := decoded[privacy.Found](w, "privacy", "find", "--customer", "gid://shopify/Customer/7001")
		return len(found.Orders) == 3 && len(found.Polls) == 1 && found.Polls[0].Kept != ""
	})
	// A command that was killed between its two steps leaves behind the record and all histories.
	left := activities.LeftOrder{
		Shop: stack.Shop, ID: orderNumber(torn), Name: torn.Name, Reason: giftcard.Redacted, By: "killed",
		RunID: w.show(torn, executions.Completed).RunID,
	}
	listing := workflows.ListingOfLeft(left)
	_, err := w.Operator.Client.ExecuteWorkflow(w.ctx, client.StartWorkflowOptions{
		ID: orderID(torn), TaskQueue: workflows.TaskQueue, TypedSearchAttributes: listing.Attributes, Memo: listing.Memo,
	}, workflows.LeftOrderType, left)
	require.NoError(t, err)
	w.show(torn, executions.Redacted)
	audits := []string{before.Result.Cards[0].AuditNumber}
	redact := func() said {
		return w.starter(nil, "privacy", "redact", "--customer", "7001", "--email", "Ann@example.com", "--yes")
	}
	out := redact()
	require.Equal(t, cli.ExitFailure, out.code, "a failed order and the newest poll remain")
	require.Contains(t, out.stdout, "2 orders redacted, 2 histories removed")
	require.Contains(t, out.stderr, "order "+failed.Name+" is not finished")
	require.Contains(t, out.stderr, "it is the newest poll")
	record := w.show(hers, executions.Redacted)
	require.Equal(t, []any{giftcard.Redacted, cli.Whoami(), audits, 1, "25.00", before.RunID, "completed"}, []any{
		record.Left.Reason, record.Left.By, record.Left.AuditNumbers, record.Left.Cards, record.Left.Amount, record.Left.RunID,
		record.Left.Was,
	})
	require.Contains(t, w.ok("orders", "show", hers.Name), "audit number "+audits[0])

	// Nothing issues the order again.
	w.addMerchant(merchant("NEWCOMER"))
	until := time.Now().Add(time.Minute).UTC().Format(time.RFC3339)
	again := decoded[struct {
		installation.Poll
		Result *workflows.PollOrdersResult `json:"result"`
	}](w, "poll", "--since", "2h", "--until", until)
	require.Equal(t, 4, again.Result.Known)
	require.Zero(t, again.Result.Started)
	w.ok("sweep")
	for _, command := range [][]string{
		{"orders", "release", hers.Name, "--yes"},
		{"orders", "settle", hers.Name, "--note", "no", "--yes"},
		{"orders", "settle", hers.Name, "--undo", "--note", "no", "--yes"},
	} {
		refused := w.starter(nil, command...)
		require.Equal(t, cli.ExitFailure, refused.code, "%v", command)
		require.Contains(t, refused.stderr, "redacted", "%v", command)
	}
	retried := w.starter(nil, "orders", "retry", hers.Name, "--force", "--yes")
	require.Contains(t, retried.stdout+retried.stderr, "it is redacted: nothing issues it again")
	require.Contains(t, w.starter(nil, "orders", "balance", hers.Name).stderr, "the issuer knows them by their audit numbers")
	w.ok("orders", "settle", failed.Name, "--note", "refunded", "--yes")
	w.show(failed, executions.Settled)
	require.False(t, w.digest().Sent, "nothing is left to report")
	require.Equal(t, 3, w.cardsOf("KNOWN"))
	require.Zero(t, w.cardsOf("NEWCOMER"))

	// Once the order is settled and another poll has completed, nothing is left.
	w.poll() // The orders may have changed within a second before the first poll, so this poll may read them too.
	w.poll()
	w.await("nothing left", func() bool {
		out = redact()
		return out.code == cli.ExitOK
	})
	w.show(failed, executions.Redacted)
	for _, p := range []scenario.Placed{hers, torn, failed} {
		w.await("only the record of "+p.Name, func() bool {
			runs := w.runs(orderID(p))
			return len(runs) == 1 && runs[0].GetType().GetName() == workflows.LeftOrderType
		})
		require.NotContains(t, w.opened(orderID(p), "").String(), "ann@")
	}
	w.await("no poll", func() bool { return len(w.runs(first.WorkflowID)) == 0 })
	w.await("nothing found", func() bool {
		found := decoded[privacy.Found](w, "privacy", "find", "--customer", "7001", "--email", "ann@example.com")
		return len(found.Orders)+len(found.Polls) == 0
	})
	require.Contains(t, w.opened(orderID(his), "").String(), "bob@example.com", "nobody else's")
	w.await("listed as redacted", func() bool {
		return len(decoded[[]executions.Order](w, "orders", "list", "--state", "redacted")) == 3
	})
	require.Equal(t, 3, w.cardsOf("KNOWN"))
}

// People who redact the same order at the same moment leave behind one record, which claims the order's number.
func TestRedactTwiceAtOnce(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{
		CashStar:  cashstartest.Options{Merchants: []cashstartest.Merchant{merchant("KNOWN")}},
		Configure: func(c *config.Config) { c.Poll.Overlap = time.Second },
	})
	hers := w.boughtBy(7001, "KNOWN", "ann@example.com")
	w.poll()
	w.show(hers, executions.Completed)
	errs := make(chan error)
	for range 4 {
		go func() {
			_, err := w.Operator.Redact(w.ctx, orderID(hers), "Ann")
			errs <- err
		}()
	}
	redacted := 0
	for range 4 {
		if <-errs == nil { // Of the others, some are refused, because somebody else's record is being made.
			redacted++
		}
	}
	require.NotZero(t, redacted)
	w.show(hers, executions.Redacted)
	w.await("one record", func() bool {
		_, err := w.Operator.Redact(w.ctx, orderID(hers), "Ann")
		require.NoError(t, err)
		runs := w.runs(orderID(hers))
		return len(runs) == 1 && runs[0].GetType().GetName() == workflows.LeftOrderType
	})
	w.show(hers, executions.Redacted)
	until := time.Now().Add(time.Minute).UTC().Format(time.RFC3339)
	again := decoded[struct {
		Result *workflows.PollOrdersResult `json:"result"`
	}](w, "poll", "--since", "2h", "--until", until)
	require.Equal(t, 1, again.Result.Known)
	require.Zero(t, again.Result.Started)
	require.Equal(t, 1, w.cardsOf("KNOWN"))
}
