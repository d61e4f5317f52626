package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/billing"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// buyer places an order of some lines of goods, with a number for messages.
func (w *system) buyer(lines int) shopifytest.Order {
	home := &shopifytest.Address{
		Name: "Anna Example", Address1: "25 Taylor Street", City: "San Francisco", Province: "CA", Zip: "94133", Country: "US",
	}
	return w.Shop.AddOrder(shopifytest.Order{
		Phone: "(415) 555-0134", ShippingAddress: home, ShippingMethod: "UPS", Shipping: "5.00",
		Payments: []shopifytest.Payment{{Company: "Visa", Number: "•••• •••• •••• 4242"}},
		Lines:    slices.Repeat([]shopifytest.LineItem{{SKU: "SHIRT", Title: "Shirt", Quantity: 2, UnitPrice: "15.0", Grams: 200}}, lines),
	})
}

// gotMessages returns the types of the messages that customers got, in the order of their arrival.
func (w *system) gotMessages() (types []string) {
	for _, d := range w.Sonar.Deliveries() {
		types = append(types, d.Type)
	}
	return types
}

// messagesOf returns what the workflow of an order's messages knows.
func (w *system) messagesOf(order int64) (out workflows.OrderMessagesState) {
	w.t.Helper()
	id := workflows.OrderMessagesID(stack.Shop, strconv.FormatInt(order, 10))
	answer, err := w.keyed.QueryWorkflow(w.ctx, id, "", workflows.MessagesQuery)
	require.NoError(w.t, err)
	require.NoError(w.t, answer.Get(&out))
	return out
}

// An order is told of from its payment to its delivery, by webhooks alone, once each. A message and a webhook have their price, and an
// order to which nothing happens costs nothing. Workflows wait as in production: a change that is read within two seconds is read
// again, so that faster ones cost more.
func TestMessagesOfAnOrder(t *testing.T) {
	t.Parallel()
	w := startReceiving(t, stack.Options{
		Messages: true, Unhurried: true, Configure: func(c *config.Config) { c.Metrics.Addr = "127.0.0.1:0" },
	})
	o := w.buyer(1)
	w.await("the receipt", func() bool { return len(w.Sonar.Deliveries()) == 1 })
	parcel, sent := w.Shop.Fulfil(o.ID, shopifytest.Fulfillment{
		Company: "UPS", Trackings: []shopifytest.Tracking{{Number: "1Z1", URL: "https://www.ups.com/track?n=1Z1"}},
		Origin: &shopifytest.Address{City: "Cleveland", Province: "OH", Zip: "44101", Country: "US"},
	})
	require.True(t, sent)
	w.await("the shipment", func() bool { return len(w.Sonar.Deliveries()) == 2 })
	require.True(t, w.Shop.GiveBack(o.ID, shopifytest.Refund{Lines: []shopifytest.Units{{Line: o.Lines[0].ID, Quantity: 1}}}))
	w.await("the update", func() bool { return len(w.Sonar.Deliveries()) == 3 })
	require.True(t, w.Shop.Deliver(o.ID, parcel))
	w.delivered()
	id := workflows.OrderMessagesID(stack.Shop, strconv.FormatInt(o.ID, 10))
	// What was delivered is waited for for a month, and what was not for three.
	const month = 31 * 24 * time.Hour
	w.await("the delivery", func() bool { return w.messagesOf(o.ID).EndsAt.Before(o.CreatedAt.Add(month)) })
	var cost billing.Cost
	require.NoError(t, cost.AddRun(w.ctx, w.plain, id, ""))
	require.Equal(t, []string{"retail_receipts", "retail_shipments", "retail_updatereceipts"}, w.gotMessages())
	for _, d := range w.Sonar.Deliveries() {
		require.Equal(t, "+14155550134", d.To)
	}
	stats := w.Sonar.Stats()
	require.Zero(t, stats.Doubles+stats.SecondReceipts+stats.ShipmentsBeforeReceipt+stats.UpdatesBeforeReceipt+stats.Suppressed)
	require.Empty(t, stats.Refused)

	state := w.messagesOf(o.ID)
	require.Equal(t, []int{3, 0, 0}, []int{state.Sent, state.Dropped, state.Failed})
	require.True(t, state.AgainAt.IsZero(), "nothing is waited for but the end")
	webhooks := 0
	for _, e := range w.history(id, "").GetEvents() {
		if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED {
			webhooks++
		}
	}
	require.LessOrEqual(t, state.Looked, webhooks)
	// The start, and the timer for the end, which is made again if the end comes closer; a webhook, and a timer and a look for those
	// that came together, of which the last may still be waiting.
	const ends, waits = 2, 1
	require.LessOrEqual(t, cost.Actions, int64(1+ends+webhooks+2*state.Looked+waits+state.Sent), "%d webhooks, %d looks", webhooks, state.Looked)
	require.LessOrEqual(t, w.heartbeats(), 2*state.Sent, "with its notes, a message is three actions at most")
}

// An order of 300 lines, in a parcel with 30 tracking numbers, is told of as any other.
func TestMessagesOfALargeOrder(t *testing.T) {
	t.Parallel()
	w := startReceiving(t, stack.Options{Messages: true})
	const lines, numbers = 300, 30
	o := w.buyer(lines)
	w.await("the receipt", func() bool { return len(w.Sonar.Deliveries()) == 1 })
	var all []shopifytest.Tracking
	for n := range numbers {
		all = append(all, shopifytest.Tracking{Number: fmt.Sprintf("1Z%d", n), URL: fmt.Sprintf("https://www.ups.com/track?n=1Z%d", n)})
	}
	_, sent := w.Shop.Fulfil(o.ID, shopifytest.Fulfillment{
		Company: "UPS", Trackings: all, Origin: &shopifytest.Address{City: "Cleveland", Province: "OH", Zip: "44101", Country: "US"},
	})
	require.True(t, sent)
	w.await("the shipment and its further numbers", func() bool { return len(w.Sonar.Deliveries()) == 3 })
	require.Equal(t, []string{"retail_receipts", "retail_shipments", ""}, w.gotMessages())
	items := func(data []byte) int {
		var of struct {
			Items []json.RawMessage `json:"items"`
		}
		require.NoError(t, json.Unmarshal(data, &of))
		return len(of.Items)
	}
	got := w.Sonar.Deliveries()
	require.Equal(t, []int{lines, lines}, []int{items(got[0].Data), items(got[1].Data)})
	require.Contains(t, got[2].Text, "1Z1")
	require.Empty(t, w.Sonar.Stats().Refused)
}

// A shop without the service's settings starts nothing of it, whatever its customers leave with their orders.
func TestNoMessagesWithoutAnAccount(t *testing.T) {
	t.Parallel()
	w := startReceiving(t, stack.Options{})
	o := w.buyer(1)
	_, sent := w.Shop.Fulfil(o.ID, shopifytest.Fulfillment{Company: "UPS"})
	require.True(t, sent)
	w.announced(w.PlaceKind(scenario.Single)) // What came before it was looked at.
	w.delivered()
	for _, x := range w.Shop.Subscriptions().All() {
		require.NotContains(t, []string{"FULFILLMENTS_CREATE", "FULFILLMENTS_UPDATE", "VARIANTS_IN_STOCK"}, x.Topic)
	}
	for _, id := range []string{
		workflows.OrderMessagesID(stack.Shop, strconv.FormatInt(o.ID, 10)), workflows.SweepMessagesScheduleID,
	} {
		_, err := w.plain.DescribeWorkflowExecution(w.ctx, id, "")
		require.Error(t, err, id)
	}
	_, err := w.plain.ScheduleClient().GetHandle(w.ctx, workflows.SweepMessagesScheduleID).Describe(w.ctx)
	require.Error(t, err)
}

// A product that sells out and returns a hundred times is told of once.
func TestNoticeOncePerDay(t *testing.T) {
	t.Parallel()
	hat := shopifytest.Variant{
		SKU: "HAT", Title: "Hat", Price: "19.00", URL: "https://shop.example.com/products/hat", Image: "https://cdn.example.com/hat.jpg",
		Tracked: true, Stock: 3,
	}
	w := startReceiving(t, stack.Options{Messages: true})
	w.Shop.PutVariant(hat)
	const times = 100
	for range times / 2 {
		require.True(t, w.Shop.SetStock(hat.SKU, 0) && w.Shop.SetStock(hat.SKU, hat.Stock))
	}
	w.await("the notice", func() bool { return len(w.Sonar.Deliveries()) == 1 })
	for range times / 2 {
		require.True(t, w.Shop.SetStock(hat.SKU, 0) && w.Shop.SetStock(hat.SKU, hat.Stock))
	}
	w.delivered()
	require.Equal(t, []string{"notifyme"}, w.gotMessages())
	require.Equal(t, map[int]int{http.StatusOK: times}, w.Shop.Webhooks().Ledger().Topics["variants/in_stock"].Statuses)
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, w.notice(hat).GetStatus(), "it is silent for a day")
}

// notice returns the workflow of the notices about the product of a variant.
func (w *system) notice(of shopifytest.Variant) *workflowpb.WorkflowExecutionInfo {
	w.t.Helper()
	product := workflows.ProductNumber(strconv.FormatInt(of.ProductID(), 10))
	d, err := w.plain.DescribeWorkflowExecution(w.ctx, workflows.BackInStockID(stack.Shop, product), "")
	require.NoError(w.t, err)
	return d.GetWorkflowExecutionInfo()
}

// All sizes of a shirt that return are told of once, by the shirt's name and its lowest price.
func TestNoticeOncePerProduct(t *testing.T) {
	t.Parallel()
	size := func(sku, price string) shopifytest.Variant {
		return shopifytest.Variant{
			SKU: sku, Handle: "shirt", Title: "Shirt", Price: price, URL: "https://shop.example.com/products/shirt",
			ProductImage: "https://cdn.example.com/shirt.jpg", Tracked: true, Options: [3]shopifytest.Option{{Name: "Size", Value: sku}},
		}
	}
	small, large := size("S", "19.00"), size("L", "24.00")
	w := startReceiving(t, stack.Options{Messages: true})
	w.Shop.PutVariant(small)
	w.Shop.PutVariant(large)
	require.True(t, w.Shop.SetStock(small.SKU, 5) && w.Shop.SetStock(large.SKU, 5))
	w.await("the notice", func() bool { return len(w.Sonar.Deliveries()) == 1 })
	require.True(t, w.Shop.SetStock(large.SKU, 0) && w.Shop.SetStock(large.SKU, 5))
	w.delivered()
	all := w.Sonar.Deliveries()
	require.Len(t, all, 1)
	require.Equal(t, strconv.FormatInt(small.ProductID(), 10), all[0].NotificationID)
	require.Contains(t, all[0].Text, "Shirt is back in stock: 19.00 USD.")
	var data struct{ Name, Price string }
	require.NoError(t, json.Unmarshal(all[0].Data, &data))
	require.Equal(t, []string{"Shirt", "19.00"}, []string{data.Name, data.Price})
	require.Equal(t, map[int]int{http.StatusOK: 3}, w.Shop.Webhooks().Ledger().Topics["variants/in_stock"].Statuses)
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, w.notice(large).GetStatus(), "it is silent for a day")
}
