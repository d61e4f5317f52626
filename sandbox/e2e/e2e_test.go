package e2e_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/orders"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/ops"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit"
	"github.com/giftbridge/giftbridge/sandbox/internal/programs"
	"github.com/giftbridge/giftbridge/sandbox/internal/storetest"
	"github.com/giftbridge/giftbridge/sandbox/internal/temporalserver"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// patience is long, because the machine may be busy. A test that exceeds it fails and says what it was waiting for.
var patience = flag.Duration("patience", 10*time.Minute, "how long a test may take, within the time-out of go test")

// lookEvery is the interval at which tests check whether something has happened.
const lookEvery = 100 * time.Millisecond

// atOnce is the minimum number of tests that run in parallel. Tests mostly wait for retries and time-outs, so running
// more of them than there are processors halves the time. An explicit -parallel takes precedence.
const atOnce = 6

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", strconv.Itoa(max(atOnce, runtime.GOMAXPROCS(0)))); err != nil {
		panic(err)
	}
	os.Exit(storetest.Run(func() int { return programs.Run(m) }))
}

// system is a running stack and its customers.
type system struct {
	*stack.Stack
	*scenario.Customers
	t   *testing.T
	ctx context.Context
	// plain is a client without our codec, as anyone might have; keyed is a client with the codec.
	plain, keyed client.Client
}

// start starts a system that the end of the test stops. Unless the options say otherwise, polls run only on request.
func start(t *testing.T, o stack.Options) *system {
	t.Helper()
	o.UIPort = temporalserver.NoUI
	return startWithUI(t, o)
}

// startWithUI starts a system that has a Web UI as well.
func startWithUI(t *testing.T, o stack.Options) *system {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within(t))
	t.Cleanup(cancel)
	logged(t, &o)
	o.CashStar.Merchants = slices.Concat(scenario.Merchants(), []cashstartest.Merchant{scenario.LateComer}, o.CashStar.Merchants)
	if o.DBFile == "" {
		o.PostgreSQL = storetest.PostgreSQL(t)
	}
	configure := o.Configure
	o.Configure = func(c *config.Config) {
		c.Poll.Interval, c.Poll.SettleDelay, c.Poll.Overlap = 300*time.Hour, 0, 10*time.Minute
		if configure != nil {
			configure(c)
		}
	}
	s, err := stack.Start(ctx, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	w := &system{Stack: s, Customers: scenario.NewCustomers(s.Shop, 1), t: t, ctx: ctx}
	options := s.TemporalOptions()
	options.Logger = silence{}
	w.plain, err = client.DialContext(ctx, options)
	require.NoError(t, err)
	t.Cleanup(w.plain.Close)
	options.DataConverter = w.converter()
	w.keyed, err = client.NewClientFromExistingWithContext(ctx, w.plain, options)
	require.NoError(t, err)
	t.Cleanup(w.keyed.Close)
	t.Cleanup(w.explainFailure) // Cleanups run in reverse order, so everything is still running at this one.
	return w
}

// inTheClear turns off payload encryption, for tests of the contents of histories.
func inTheClear(c *config.Config) { c.Payload = ops.Payload{Encryption: ops.EncryptionOff} }

// converter returns a data converter that decrypts the stack's payloads.
func (w *system) converter() converter.DataConverter {
	w.t.Helper()
	payloads, err := codec.New(w.Config.Payload, w.Temporal.Namespace())
	require.NoError(w.t, err)
	return codec.DataConverter(payloads)
}

// place places orders of the given kinds.
func (w *system) place(kinds ...scenario.Kind) []scenario.Placed {
	var placed []scenario.Placed
	for _, k := range kinds {
		placed = append(placed, w.PlaceKind(k))
	}
	return placed
}

// poll triggers a poll of the schedule and waits for the result.
func (w *system) poll() workflows.PollOrdersResult {
	w.t.Helper()
	out, err := w.tryPoll()
	require.NoError(w.t, err)
	return out
}

func (w *system) tryPoll() (workflows.PollOrdersResult, error) {
	w.t.Helper()
	p, err := w.Operator.PollNow(w.ctx)
	require.NoError(w.t, err)
	return p.Wait(w.ctx)
}

// await waits until holds returns true.
func (w *system) await(what string, holds func() bool) {
	w.t.Helper()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	told := false
	defer func() {
		if !told { // The check itself has ended the test, and does not know what it was for.
			w.t.Log("awaited: " + what)
		}
	}()
	for !holds() {
		select {
		case <-w.ctx.Done():
			told = true
			require.Fail(w.t, "not "+what, "%v", w.ctx.Err())
		case <-look.C:
		}
	}
	told = true
}

// settle waits until the given number of orders are known and no order is running.
func (w *system) settle(orders int) {
	w.t.Helper()
	w.await("settled", func() bool {
		s, err := w.Operator.Status(w.ctx)
		require.NoError(w.t, err)
		closed := s.Orders[executions.Completed] + s.Orders[executions.Failed] + s.Orders[executions.Canceled]
		return closed == orders && s.Orders[executions.Running] == 0
	})
}

// show waits until an order is in a state, and returns its details.
func (w *system) show(p scenario.Placed, in executions.State) *orders.OrderDetails {
	w.t.Helper()
	var d *orders.OrderDetails
	w.await(p.Name+" "+string(in), func() bool {
		var err error
		d, err = w.Operator.ShowOrder(w.ctx, orderNumber(p))
		if _, unknown := errors.AsType[*executions.NotFoundError](err); unknown {
			return false // Lists lag behind on a busy server.
		}
		require.NoError(w.t, err)
		require.Truef(w.t, d.State == in || d.State == executions.Running, "order %s is %s: %+v", p.Name, d.State, d.Failure)
		return d.State == in
	})
	return d
}

// requireBalance requires that the auditor finds nothing wrong with the books: every expected card exists exactly once,
// and nothing else does.
func (w *system) requireBalance() audit.Account {
	w.t.Helper()
	expected := 0
	for _, p := range w.Placed() {
		if p.GiftCards {
			expected++
		}
	}
	// On a busy server, lists lag behind the states of individual orders.
	w.await("listed as ended", func() bool {
		orders, err := w.Operator.ListOrders(w.ctx, orders.OrderFilter{})
		require.NoError(w.t, err)
		runs := slices.ContainsFunc(orders, func(o executions.Order) bool { return o.State == executions.Running })
		return len(orders) >= expected && !runs
	})
	books, err := w.Books(w.ctx)
	require.NoError(w.t, err)
	a := books.Judge(w.Rules())
	require.Empty(w.t, a.Problems)
	require.Equal(w.t, a.UnitsExpected, a.CardsIssued)
	return a
}

// watermark returns the time up to which orders have been seen.
func (w *system) watermark() time.Time {
	w.t.Helper()
	s, err := w.Operator.Status(w.ctx)
	require.NoError(w.t, err)
	return s.Watermark
}

// history returns the events of a run.
func (w *system) history(workflowID, runID string) *historypb.History {
	w.t.Helper()
	events := w.plain.GetWorkflowHistory(w.ctx, workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	var h historypb.History
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(w.t, err)
		h.Events = append(h.Events, event)
	}
	return &h
}

// opened returns the events of a run with decrypted payloads.
func (w *system) opened(workflowID, runID string) *historypb.History {
	w.t.Helper()
	h := w.history(workflowID, runID)
	w.open(h)
	return h
}

// open decrypts the payloads in a Temporal message.
func (w *system) open(m proto.Message) {
	w.t.Helper()
	payloads, err := codec.New(w.Config.Payload, w.Temporal.Namespace())
	require.NoError(w.t, err)
	require.NoError(w.t, proxy.VisitPayloads(w.ctx, m, proxy.VisitPayloadsOptions{
		SkipSearchAttributes: true,
		Visitor: func(_ *proxy.VisitPayloadsContext, p []*commonpb.Payload) ([]*commonpb.Payload, error) {
			return payloads.Decode(p)
		},
	}))
}

// count counts the events of a type.
func count(h *historypb.History, of enumspb.EventType) int {
	n := 0
	for _, e := range h.GetEvents() {
		if e.GetEventType() == of {
			n++
		}
	}
	return n
}

// unlimited is a shop whose bucket never runs empty.
func unlimited() shopifytest.Options {
	return shopifytest.Options{BucketSize: 1e9, RestoreRate: 1e9}
}

// createOrderFault returns the options of an issuer whose requests for cards fail as decide says; decide returns nil
// for requests that do not fail.
func createOrderFault(decide func(cashstartest.Request) *cashstartest.Fault) cashstartest.Options {
	return cashstartest.Options{Fault: func(r cashstartest.Request) *cashstartest.Fault {
		if r.Operation != cashstartest.CreateOrder {
			return nil
		}
		return decide(r)
	}}
}

// silence is a logger that discards everything.
type silence struct{}

func (silence) Debug(string, ...any) {}
func (silence) Info(string, ...any)  {}
func (silence) Warn(string, ...any)  {}
func (silence) Error(string, ...any) {}
