package e2e_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// People ask why an order has no card, by whatever they hold of it, before and after it was taken in.
func TestWhy(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{CashStar: cashstartest.Options{Merchants: []cashstartest.Merchant{merchant("MUCH")}}})
	p, unknown := w.orderFor("MUCH", 1), w.orderFor("NOBODY", 1)
	verdict := func(order string) any { return decoded[map[string]any](w, "orders", "why", order)["verdict"] }
	require.Equal(t, "waiting", verdict(p.Name))
	require.Equal(t, "waiting", verdict(orderNumber(p)))

	out := w.starter(nil, "orders", "show", p.Name)
	require.Equal(t, cli.ExitFailure, out.code)
	require.Contains(t, out.stderr, "run: giftbridge orders why '"+p.Name+"'")

	w.poll()
	d := w.show(p, executions.Completed)
	w.show(unknown, executions.Failed)
	require.Equal(t, "failed", verdict(unknown.Name))
	text := w.ok("orders", "why", unknown.Name)
	require.Contains(t, text, "MerchantUnknown: order "+unknown.Name)
	require.Contains(t, text, "then run: giftbridge orders retry '"+unknown.Name+"'")

	for _, held := range []string{
		p.Name, orderNumber(p), "gid://shopify/Order/" + orderNumber(p), d.WorkflowID, d.Link, d.Result.Cards[0].AuditNumber,
		"https://admin.shopify.com/store/example/orders/" + orderNumber(p), workflows.ShopLink(d.Shop, d.ID),
	} {
		require.Equal(t, "issued", verdict(held), held)
		require.Equal(t, p.Name, decoded[orders.OrderDetails](w, "orders", "show", held).Name, held)
	}
	other := "http://localhost/namespaces/elsewhere/workflows/" + url.PathEscape(d.WorkflowID)
	out = w.starter(nil, "orders", "show", other)
	require.Equal(t, cli.ExitFailure, out.code)
	require.Contains(t, out.stderr, "is an address in elsewhere")

	out = w.starter(nil, "orders", "why", "#9999")
	require.Equal(t, cli.ExitFailure, out.code)
	require.Contains(t, out.stdout, "neither giftbridge nor the shop has this order")
	require.Equal(t, cli.ExitUsage, w.starter(nil, "orders", "why").code)
}
