package e2e_test

import (
	"context"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/app/fastpath"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/internal/webhook"
	"github.com/giftbridge/giftbridge/sandbox/internal/billing"
	"github.com/giftbridge/giftbridge/sandbox/internal/programs"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// announcer takes in the orders that a test announces, as a receiver does.
type announcer struct {
	*fastpath.FastPath
	w *system
}

// announcer returns a fast path that runs until the test ends.
func (w *system) announcer(change ...func(*client.Options)) announcer {
	w.t.Helper()
	options := w.TemporalOptions()
	for _, c := range change {
		c(&options)
	}
	op, err := app.NewLazyOperator(options, w.Config, zerolog.Nop())
	require.NoError(w.t, err)
	f, err := fastpath.New(fastpath.Options{Config: w.Config, Operator: op, Log: zerolog.Nop()})
	require.NoError(w.t, err)
	ctx, cancel := context.WithCancel(w.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.Run(ctx)
	}()
	w.t.Cleanup(func() {
		cancel()
		<-done
		op.Close()
	})
	return announcer{f, w}
}

// announce hands over a notice of each order.
func (a announcer) announce(placed ...scenario.Placed) {
	a.w.t.Helper()
	for _, p := range placed {
		require.NotEqual(a.w.t, webhook.Full, a.Consumers()[0].Take(webhook.Notice{Topic: "orders/create", Order: orderNumber(p)}))
	}
}

// drain waits until everything that was announced is dealt with.
func (a announcer) drain() {
	a.w.t.Helper()
	require.Zero(a.w.t, a.Drain(a.w.ctx))
}

// An order that is taken in by a webhook costs its start and its card; polls ask which orders exist, and start none of them.
func TestCostsOfArrivals(t *testing.T) {
	t.Parallel()
	const orders = 500
	w := measured(t, stack.Options{Shopify: unlimited(), Configure: func(c *config.Config) {
		c.CashStar.Timeout = config.Default().CashStar.Timeout
		c.Receiver.URL = "https://hooks.example.com"
	}})
	placed := w.place(slices.Repeat([]scenario.Kind{scenario.Single}, orders)...)
	a := w.announcer()
	began := time.Now()
	a.announce(placed...)
	a.announce(placed...)
	a.drain()
	drained := time.Since(began)
	w.settle(orders)
	t.Logf("%d orders: all started after %v, all cards after %v", orders, drained, time.Since(began))
	w.requireBalance()
	require.LessOrEqual(t, w.Shop.Stats().Requests["nodes"], 1+orders/30, "orders are read together")

	usual := config.Default().Poll
	var own, polls billing.Cost
	for range 1 + int(usual.Overlap/usual.Interval) {
		poll, found := w.costedPoll()
		require.Equal(t, []int{orders, 0, orders}, []int{found.Seen, found.Started, found.Known})
		require.Nil(t, found.Unannounced)
		require.NoError(t, polls.AddRun(w.ctx, w.plain, poll.WorkflowID, poll.RunID))
	}
	for _, p := range placed {
		require.NoError(t, own.AddRun(w.ctx, w.plain, orderID(p), ""))
		require.Equal(t, oneActivity, types(undelayed(w.history(orderID(p), ""))), p.Name)
	}
	require.EqualValues(t, 2*orders, own.Actions)
	require.LessOrEqual(t, float64(own.Actions+polls.Actions)/orders, 2.1)
	t.Logf("an order by webhook: %.2f actions and %.2f events, with the polls %.2f and %.2f",
		float64(own.Actions)/orders, float64(own.Events)/orders,
		float64(own.Actions+polls.Actions)/orders, float64(own.Events+polls.Events)/orders)
}

// Whatever takes an order in, poll or webhook or both at once, starts the same workflow with the same input, once.
func TestOrdersByPollAndWebhook(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{Shopify: unlimited()})
	a := w.announcer()
	placed := w.place(slices.Repeat([]scenario.Kind{
		scenario.Single, scenario.SeveralUnits, scenario.Mixed, scenario.Native, scenario.Unpaid, scenario.Cancelled,
		scenario.SimilarSKU, scenario.Test,
	}, 8)...)
	a.announce(placed...)
	w.poll()
	a.announce(placed...)
	a.drain()
	w.poll()
	w.settle(16)
	w.requireBalance()

	byWebhook := w.PlaceKind(scenario.Single)
	a.announce(byWebhook)
	a.drain()
	byPoll := w.PlaceKind(scenario.Single)
	w.poll()
	w.settle(18)
	one, other := w.startOf(byWebhook), w.startOf(byPoll)
	require.Equal(t, workflows.ByWebhook, one.in.TakenInBy)
	require.Empty(t, other.in.TakenInBy)
	require.False(t, one.in.ReadAt.IsZero())
	for _, s := range []*started{&one, &other} {
		s.in.TakenInBy, s.in.ReadAt, s.in.Merchant = "", time.Time{}, nil
		s.in.Order.ID, s.in.Order.Name, s.in.Order.CreatedAt = "", "", time.Time{}
		s.in.Order.Customer, s.in.Order.Lines = one.in.Order.Customer, one.in.Order.Lines
	}
	require.Equal(t, other, one)
}

// started is how a workflow was started, as far as it does not depend on the order.
type started struct {
	in                    workflows.GiftCardOrderInput
	workflowType, queue   string
	memo, attributes      []string
	run, execution, tasks time.Duration
}

func (w *system) startOf(p scenario.Placed) started {
	w.t.Helper()
	first := w.history(orderID(p), "").GetEvents()[0].GetWorkflowExecutionStartedEventAttributes()
	s := started{
		workflowType: first.GetWorkflowType().GetName(), queue: first.GetTaskQueue().GetName(),
		run: first.GetWorkflowRunTimeout().AsDuration(), execution: first.GetWorkflowExecutionTimeout().AsDuration(),
		tasks: first.GetWorkflowTaskTimeout().AsDuration(),
	}
	for name := range first.GetMemo().GetFields() {
		s.memo = append(s.memo, name)
	}
	for name := range first.GetSearchAttributes().GetIndexedFields() {
		s.attributes = append(s.attributes, name)
	}
	slices.Sort(s.attributes)
	data := w.converter()
	require.NoError(w.t, data.FromPayloads(first.GetInput(), &s.in))
	return s
}

// An order that is paid later, or edited into a gift-card order, is taken in by the notice of that change. One that is
// edited out of being one before it was read is not.
func TestOrdersThatBecomeGiftCardOrders(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{
		Shopify: unlimited(), CashStar: cashstartest.Options{Merchants: []cashstartest.Merchant{merchant("EDIT")}},
	})
	a := w.announcer()
	later := w.PlaceKind(scenario.PaidLater)
	a.announce(later)
	a.drain()
	require.Empty(t, w.Issuer.Cards())
	w.PayPending()
	a.announce(later)
	a.drain()
	w.show(later, executions.Completed)

	line := shopifytest.LineItem{SKU: "PEN", Vendor: "Shop", Quantity: 1, UnitPrice: "50.0"}
	edited := w.placeOrder("EDIT", line)
	a.announce(edited)
	a.drain()
	cards := len(w.Issuer.Cards())
	w.Shop.UpdateOrder(edited.ID, func(o *shopifytest.Order) {
		o.Lines = append(o.Lines, shopifytest.LineItem{SKU: "GIFT-50", Vendor: "Shop", Quantity: 1, UnitPrice: "50.0"})
		o.Lines[0].Removed, o.Lines[0].SKU = 1, "GIFT-50"
	})
	a.announce(edited)
	a.drain()
	w.await("the edited order is taken in", func() bool { return len(w.Issuer.Cards()) == cards+1 })

	out := w.placeOrder("EDIT", shopifytest.LineItem{
		SKU: "GIFT-50", Vendor: "Shop", Quantity: 1, UnitPrice: "50.0",
	})
	w.Shop.UpdateOrder(out.ID, func(o *shopifytest.Order) { o.Lines[0].Removed = 1 })
	require.Equal(t, webhook.Queued, a.Consumers()[0].Take(webhook.Notice{
		Topic: "orders/create", Order: orderNumber(out), LinesKnown: true, SKUs: []string{"GIFT-50"},
	}))
	a.drain()
	w.poll()
	require.Len(t, w.Issuer.Cards(), cards+1)
}

// The only receiver is killed with 1,000 orders in its memory: one poll later all of them exist, none twice.
func TestReceiverKilledWithOrdersInMemory(t *testing.T) {
	t.Parallel()
	const orders = 1000
	var back atomic.Bool
	shop := unlimited()
	shop.Faults.Next = func(kind string) *shopifytest.Fault {
		if kind != "nodes" && kind != "orders" || back.Load() {
			return nil
		}
		return &shopifytest.Fault{Kind: shopifytest.FaultStatus, Status: http.StatusServiceUnavailable}
	}
	w := startReceiving(t, stack.Options{Shopify: shop})
	w.StopReceiver()
	receiver := w.startProgram(programs.Folder(t), []string{programs.Giftbridge, "receiver"})
	w.place(slices.Repeat([]scenario.Kind{scenario.Single}, orders)...)
	w.delivered()
	waiting, metrics := 0.0, w.scrape("http://"+receiver.addr+"/metrics")
	for series := range metrics {
		if strings.HasPrefix(series, "giftbridge_arrivals_waiting") {
			waiting += metrics.value(t, series)
		}
	}
	require.Equal(t, orders, int(waiting))
	receiver.kill()
	require.Empty(t, w.Issuer.Cards())
	back.Store(true)
	require.Equal(t, orders, w.poll().Started)
	w.settle(orders)
	w.requireBalance()
}

// While Temporal is away, announced orders wait, and those that wait too long are left to the poll.
func TestArrivalsWhileTemporalIsAway(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{Shopify: unlimited()})
	nobody, err := net.Listen("tcp", "127.0.0.1:0") // It only keeps a port on which nobody answers.
	require.NoError(t, err)
	defer nobody.Close()
	a := w.announcer(func(o *client.Options) { o.HostPort = nobody.Addr().String() })
	placed := w.place(slices.Repeat([]scenario.Kind{scenario.Single}, 20)...)
	a.announce(placed...)
	ctx, cancel := context.WithTimeout(w.ctx, time.Second)
	defer cancel()
	require.Equal(t, 20, a.Drain(ctx))
	require.Equal(t, 20, w.poll().Started)
	w.settle(20)
	w.requireBalance()
}

// A burst of announced orders leaves polls their share of Shopify's points: neither is refused.
func TestArrivalsLeavePointsToPolls(t *testing.T) {
	t.Parallel()
	const orders = 150
	w := start(t, stack.Options{Shopify: shopifytest.Options{BucketSize: 4000, RestoreRate: 1000}})
	placed := w.place(slices.Repeat([]scenario.Kind{scenario.Single}, orders)...)
	a := w.announcer()
	a.announce(placed...)
	taken := w.poll()
	require.Equal(t, orders, taken.Seen)
	a.drain()
	w.settle(orders)
	w.requireBalance()
	require.Zero(t, w.Shop.Stats().Errors["THROTTLED"])
}

// A pause holds what webhooks announce too. The first poll after it takes everything in.
func TestPauseHoldsArrivals(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{Shopify: unlimited()})
	w.ok("pause", "--reason", "CashStar is being serviced")
	a := w.announcer()
	placed := w.place(scenario.Single, scenario.Single)
	a.announce(placed...)
	a.drain()
	require.Zero(t, w.Shop.Stats().Requests["nodes"])
	w.ok("resume")
	require.Equal(t, 2, w.poll().Started)
	w.settle(2)
	w.requireBalance()
}
