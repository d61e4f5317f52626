package e2e_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/worker"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/activities/delivery"
	"github.com/giftbridge/giftbridge/internal/answers"
	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/callback"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/promises"
	"github.com/giftbridge/giftbridge/internal/token"
	"github.com/giftbridge/giftbridge/sandbox/e2e/acme"
	"github.com/giftbridge/giftbridge/sandbox/internal/billing"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// vendor is the made-up issuer acme at an address, with ways that tests change.
type vendor struct {
	acme.Vendor
	url string

	mu sync.Mutex
	// silent loses all callbacks of a step, and late is how long the queue takes. refused refuses an item.
	silent  map[issuer.Step]bool
	late    time.Duration
	refused string
	// asked, if set, is told of each job before it is enqueued, with the address that the issuer is to call.
	asked func(step issuer.Step, callback string)
}

func (v *vendor) fate(step issuer.Step, item, address string) (f acme.Fate) {
	v.mu.Lock()
	asked := v.asked
	f.Late, f.Silent = v.late, v.silent[step]
	if item != "" && item == v.refused {
		f.Reason = "no such item"
	}
	v.mu.Unlock()
	if asked != nil {
		asked(step, address)
	}
	return f
}

// adapter returns the adapter of the vendor.
func (v *vendor) adapter(t *testing.T) issuer.Abilities {
	t.Helper()
	adapter, err := acme.New(v.url, 30*time.Second)
	require.NoError(t, err)
	found, err := issuer.Find(adapter)
	require.NoError(t, err)
	return found
}

// requireCards requires the number of active cards, each activated once with the value of a card of the orders.
func (v *vendor) requireCards(t *testing.T, n int) {
	t.Helper()
	active := 0
	for i, card := range v.Cards() {
		if card.Activations > 0 {
			active++
			require.Equal(t, 1, card.Activations)
			require.Equal(t, giftcard.Money{Hundredths: 5000, Currency: "EUR"}, card.Value, "card %d", i)
		}
	}
	require.Equal(t, n, active)
}

// deferring is a system whose only worker has the made-up issuer, and a receiver for its callbacks.
type deferring struct {
	*system
	issuer *vendor
	// wired are the activities of the worker, which stop stops.
	wired *deferred.Cards
	mails *delivery.Deliveries
	stop  func()
}

// startDeferred starts a system whose only worker has the made-up issuer, and a receiver for its callbacks.
func startDeferred(t *testing.T, v *vendor) *deferring {
	t.Helper()
	return startDeferredReading(t, v, func(*system, *promises.Promises) deferred.Orders { return nil })
}

// startDeferredReading is startDeferred with what reads orders again before cards get their value.
func startDeferredReading(
	t *testing.T, v *vendor, orders func(*system, *promises.Promises) deferred.Orders,
) *deferring {
	t.Helper()
	w := start(t, stack.Options{Configure: inTheClear})
	w.StopWorker()
	v.Fate = v.fate
	services := httptest.NewServer(&v.Vendor)
	t.Cleanup(services.Close)
	v.url = services.URL
	keys := token.Keys{{ID: "k1", Secret: []byte(strings.Repeat("k", 32))}}
	receiver := httptest.NewUnstartedServer(nil)
	t.Cleanup(receiver.Close)
	t.Cleanup(v.Jobs.Wait)
	addresses := callback.New("http://"+receiver.Listener.Addr().String(), keys)
	found := v.adapter(t)
	receiver.Config.Handler = answers.New(answers.Options{
		Addresses: addresses, Issuers: map[string]issuer.Deferred{"acme": found.Deferred}, Temporal: w.keyed, Log: zerolog.Nop(),
		Count: func(string, answers.Outcome) {},
	})
	receiver.Start()
	temporal := promises.New(w.Operator.Recovery)
	d := &deferring{system: w, issuer: v, wired: &deferred.Cards{
		Issuers: map[string]issuer.Abilities{"acme": found}, Callbacks: addresses, Temporal: temporal,
		Orders: orders(w, temporal), IDKey: []byte("id"), Now: time.Now,
	}, mails: mailing(t, w, found)}
	q := d.worker(app.QueueOptions())
	d.stop = sync.OnceFunc(q.Stop)
	t.Cleanup(d.stop)
	return d
}

// worker starts a worker that has the made-up issuer.
func (d *deferring) worker(o worker.Options) worker.Worker {
	d.t.Helper()
	q := worker.New(d.keyed, workflows.TaskQueue, o)
	workflows.Register(q)
	q.RegisterActivity(d.wired)
	q.RegisterActivity(d.mails)
	require.NoError(d.t, q.Start())
	return q
}

// deferredOrder returns the input of an order of cards that are made later.
func deferredOrder(w *deferring, number, cards int) workflows.GiftCardOrderInput {
	return workflows.GiftCardOrderInput{
		Order: giftcard.Order{
			Shop: w.Config.Shopify.Shop, ID: fmt.Sprint(number), Name: fmt.Sprint("#", number), CreatedAt: time.Now(),
			Lines: []giftcard.Line{{
				ID: "1", SKU: "LATER", Units: cards, Price: "50.00", Currency: "EUR",
				Recipient: giftcard.Recipient{Email: "grace@example.com"},
			}},
		},
		Deferred: map[string]workflows.DeferredItem{"LATER": {Issuer: "acme", Item: "I50"}},
	}
}

// deferred starts an order, and waits until it ends.
func (w *system) deferred(in workflows.GiftCardOrderInput) (id string, err error) {
	w.t.Helper()
	started, err := w.Operator.StartOrder(w.ctx, in)
	require.NoError(w.t, err)
	require.True(w.t, started)
	id = workflows.GiftCardOrderID(in.Order.Shop, in.Order.ID)
	return id, w.keyed.GetWorkflow(w.ctx, id, "").Get(w.ctx, nil)
}

func key(in workflows.GiftCardOrderInput, unit int) string {
	return giftcard.AuditNumber("", in.Order.Shop, in.Order.ID, "1", unit)
}

// The histories of cards that are made later, and what they cost with callbacks on time.
func TestHistoriesOfDeferredCards(t *testing.T) {
	t.Parallel()
	a := &vendor{late: 50 * time.Millisecond, silent: map[issuer.Step]bool{}}
	w := startDeferred(t, a)

	one := deferredOrder(w, 1001, 1)
	id, err := w.deferred(one)
	require.NoError(t, err)
	a.requireCards(t, 1)
	card := workflows.DeferredCardID("acme", key(one, 1), 1)
	var order, made billing.Cost
	require.NoError(t, order.AddRun(w.ctx, w.plain, id, ""))
	require.NoError(t, made.AddRun(w.ctx, w.plain, card, ""))
	t.Logf("order: %d events, %d actions; card: %d events, %d actions", order.Events, order.Actions, made.Events, made.Actions)
	require.LessOrEqual(t, order.Events, int64(25))
	require.LessOrEqual(t, made.Events, int64(45))
	require.LessOrEqual(t, made.Actions, int64(9))
	w.keep("GiftCardOrder/deferred", id, "")
	w.keep("DeferredCard/on-time", card, "")
	a.mu.Lock()
	a.silent[issuer.Activating] = true
	a.mu.Unlock()
	silent := deferredOrder(w, 1002, 3)
	_, err = w.deferred(silent)
	require.NoError(t, err)
	a.requireCards(t, 4)
	w.keep("DeferredCard/without-callback", workflows.DeferredCardID("acme", key(silent, 1), 1), "")

	a.mu.Lock()
	a.refused = "I50"
	a.mu.Unlock()
	refused := deferredOrder(w, 1003, 1)
	id, err = w.deferred(refused)
	require.ErrorContains(t, err, "no such item")
	w.keep("GiftCardOrder/deferred-refused", id, "")
	w.keep("DeferredCard/refused", workflows.DeferredCardID("acme", key(refused, 1), 1), "")

	// What certainly made no card is made anew when the order is run again, and not before.
	a.mu.Lock()
	a.refused = ""
	a.mu.Unlock()
	w.resetRun(id, "", firstTask)
	require.NoError(t, w.keyed.GetWorkflow(w.ctx, id, "").Get(w.ctx, nil))
	a.requireCards(t, 5)
	w.keep("GiftCardOrder/deferred-again", id, "")
	_, err = w.plain.DescribeWorkflowExecution(w.ctx, workflows.DeferredCardID("acme", key(refused, 1), 3), "")
	require.Error(t, err, "it was made anew once")
}

// A reset of the order, whatever it forgets, has no card made twice.
func TestDeferredCardsOfResetOrders(t *testing.T) {
	t.Parallel()
	a := &vendor{late: 20 * time.Millisecond}
	w := startDeferred(t, a)
	in := deferredOrder(w, 1001, 2)
	id, err := w.deferred(in)
	require.NoError(t, err)
	first, err := w.plain.DescribeWorkflowExecution(w.ctx, id, "")
	require.NoError(t, err)
	run := first.GetWorkflowExecutionInfo().GetExecution().GetRunId()
	var tasks []int64
	for _, e := range w.history(id, run).GetEvents() {
		if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			tasks = append(tasks, e.GetEventId())
		}
	}
	require.GreaterOrEqual(t, len(tasks), 3)
	for _, task := range slices.Backward(tasks) {
		w.resetRun(id, run, task)
		var out workflows.GiftCardOrderResult
		require.NoError(t, w.keyed.GetWorkflow(w.ctx, id, "").Get(w.ctx, &out))
		require.Len(t, out.Cards, 2)
		a.requireCards(t, 2)
	}
}

// A workflow of a card that a person has ended says nothing about the card: another run of the order makes none, and a callback
// that comes then changes nothing.
func TestTerminatedDeferredCard(t *testing.T) {
	t.Parallel()
	addresses := make(chan string, 1)
	a := &vendor{silent: map[issuer.Step]bool{issuer.Generating: true}, asked: func(_ issuer.Step, address string) {
		select {
		case addresses <- address:
		default: // It is asked again.
		}
	}}
	w := startDeferred(t, a)
	in := deferredOrder(w, 1001, 1)
	started, err := w.Operator.StartOrder(w.ctx, in)
	require.NoError(t, err)
	require.True(t, started)
	id, card := workflows.GiftCardOrderID(in.Order.Shop, "1001"), workflows.DeferredCardID("acme", key(in, 1), 1)
	address := <-addresses
	w.await("a card that nobody was told of", func() bool { return len(a.Cards()) > 0 })
	require.NoError(t, w.plain.TerminateWorkflow(w.ctx, card, "", "test"))
	forge(t, address, a.Cards()[0].Code)
	w.resetRun(id, "", firstTask)
	err = w.keyed.GetWorkflow(w.ctx, id, "").Get(w.ctx, nil)
	require.ErrorContains(t, err, "order #1001, card 1")
	require.ErrorContains(t, err, string(giftcard.OutcomeUnknown))
	forge(t, address, a.Cards()[0].Code)
	d, err := w.plain.DescribeWorkflowExecution(w.ctx, card, "")
	require.NoError(t, err)
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, d.GetWorkflowExecutionInfo().GetStatus())
	a.requireCards(t, 0)
}

// Of two orders that are told of the same card, one gets it.
func TestClaimOfOneCode(t *testing.T) {
	t.Parallel()
	w := startDeferred(t, &vendor{})
	p := promises.New(w.Operator.Recovery)
	var all sync.WaitGroup
	won := make([]bool, 8)
	failed := make([]error, len(won))
	for i := range won {
		all.Go(func() { won[i], failed[i] = p.Claim(w.ctx, "acme", "code-1", fmt.Sprint("key-", i)) })
	}
	all.Wait()
	require.NoError(t, errors.Join(failed...))
	winners := 0
	for i := range won {
		if won[i] {
			winners++
			again, err := p.Claim(w.ctx, "acme", "code-1", fmt.Sprint("key-", i))
			require.NoError(t, err)
			require.True(t, again, "the winner keeps it")
		}
	}
	require.Equal(t, 1, winners)
	id := workflows.ClaimCodeID("acme", "code-1")
	require.NoError(t, w.keyed.GetWorkflow(w.ctx, id, "").Get(w.ctx, nil))
	w.keep("ClaimCode/claimed", id, "")
}
