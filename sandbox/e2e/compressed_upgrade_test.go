package e2e_test

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/programs"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// compressing is the setting of a worker that compresses large payloads.
const compressing = "PAYLOAD_COMPRESS=true"

// An order that a worker of the release before has begun without compression goes on with one of this release that compresses, and the
// release before completes after a rollback what was begun with compression. A release that cannot read compressed payloads can only be
// left behind: what it has begun is completed by this one, with compression turned off again.
func TestUpgradeOfCompressedPayloads(t *testing.T) {
	t.Parallel()
	present := programs.Folder(t)
	older := cmp.Or(*previous, present)
	back := older
	if !decompresses(t, older) {
		back = present
	}
	var issuer gate
	t.Cleanup(issuer.open)
	cards := createOrderFault(issuer.pass)
	cards.Merchants = []cashstartest.Merchant{merchant("LARGE")}
	w := start(t, stack.Options{
		NoWorker: true, NoSchedule: true, CashStar: cards,
		Configure: func(c *config.Config) {
			c.Issue.Dedupes = true
			c.Payload.BindNamespace, c.Payload.Compress = false, false
		},
	})
	issuer.shut()
	underWay := func() scenario.Placed {
		p := w.orderOfManyLines("LARGE")
		w.poll()
		w.await("cards of "+p.Name+" fail", func() bool { return issuer.retries(orderNumber(p)) })
		return p
	}

	now := w.deploy(older)
	plain := underWay()
	now.kill()
	now = w.deploy(present, compressing)
	dense := underWay()
	require.False(t, w.compressed(plain))
	require.True(t, w.compressed(dense))
	now.kill()
	w.deploy(back)
	issuer.open()
	for _, p := range []scenario.Placed{plain, dense} {
		w.show(p, executions.Completed)
	}
	require.Len(t, w.Issuer.Cards(), 2*manyLines)
	w.requireNoFailedTasks()
}

// decompresses reports whether a worker can read compressed payloads. Those of releases before the setting cannot.
func decompresses(t *testing.T, folder string) bool {
	t.Helper()
	program, err := os.ReadFile(filepath.Join(folder, programs.Worker))
	require.NoError(t, err)
	return bytes.Contains(program, []byte("PAYLOAD_COMPRESS"))
}

// manyLines is how many lines make the input of an order's workflow larger than what is left as it is.
const manyLines = 40

func (w *system) orderOfManyLines(code string) scenario.Placed {
	o := w.Shop.AddOrder(shopifytest.Order{
		Email:    "buyer@example.com",
		Customer: &shopifytest.Customer{ID: 7, DisplayName: merchant(code).Name, Email: "buyer@example.com"},
		Lines: slices.Repeat([]shopifytest.LineItem{
			{SKU: scenario.SKUs()[0], Title: "Gift card", Quantity: 1, UnitPrice: "25.0"},
		}, manyLines),
	})
	return scenario.Placed{ID: o.ID, Name: o.Name}
}

// compressed reports whether the input of an order's workflow takes less space than what it says.
func (w *system) compressed(p scenario.Placed) bool {
	w.t.Helper()
	input := func(h *historypb.History) int {
		return len(h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetInput().GetPayloads()[0].GetData())
	}
	return input(w.history(orderID(p), "")) < input(w.opened(orderID(p), ""))
}
