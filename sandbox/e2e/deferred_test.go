package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/worker"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/answers"
	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/callback"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/promises"
	"github.com/giftbridge/giftbridge/internal/token"
	"github.com/giftbridge/giftbridge/sandbox/internal/billing"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// acme is a made-up issuer that makes cards later. It is its own adapter.
type acme struct {
	mu    sync.Mutex
	cards map[issuer.Code]*acmeCard
	// silent loses all callbacks of a step, and late is how long the queue takes. refused refuses an item.
	silent  map[issuer.Step]bool
	late    time.Duration
	refused string
	calls   sync.WaitGroup
}

// acmeCard is a card in the ledger of the issuer.
type acmeCard struct {
	item        string
	value       giftcard.Money
	activations int
}

func (*acme) Words() issuer.Words { return issuer.Words{Issuer: "Acme"} }

// call does a job of the queue, and calls back.
func (a *acme) call(step issuer.Step, address string, do func() map[string]any) {
	a.calls.Go(func() {
		a.mu.Lock()
		late := a.late
		a.mu.Unlock()
		<-time.After(late) // How long the issuer's queue takes.
		a.mu.Lock()
		body, err := json.Marshal(do())
		silent := a.silent[step]
		a.mu.Unlock()
		if err != nil || silent {
			return
		}
		if response, err := http.Post(address, "application/json", bytes.NewReader(body)); err == nil {
			_ = response.Body.Close()
		}
	})
}

func (a *acme) Generate(_ context.Context, item, address string) error {
	a.call(issuer.Generating, address, func() map[string]any {
		if item == a.refused {
			return map[string]any{"ok": false, "kind": giftcard.InvalidRequest, "message": "no such item"}
		}
		code := issuer.Code(fmt.Sprintf("29%011d", len(a.cards)+1))
		a.cards[code] = &acmeCard{item: item}
		return map[string]any{"ok": true, "code": string(code)}
	})
	return nil
}

func (a *acme) Activate(_ context.Context, r issuer.Activation) error {
	a.call(issuer.Activating, r.Callback, func() map[string]any {
		card := a.cards[r.Code]
		card.activations++
		sum, err := card.value.Add(r.Value, 1)
		if err != nil {
			return map[string]any{"ok": false}
		}
		card.value = sum
		return map[string]any{"ok": true}
	})
	return nil
}

func (a *acme) Look(_ context.Context, code issuer.Code) (issuer.Standing, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	card := a.cards[code]
	if card == nil {
		return issuer.Standing{}, nil
	}
	return issuer.Standing{
		Known: true, Item: card.item, Active: card.activations > 0, Value: card.value, Original: card.value,
	}, nil
}

func (*acme) Answer(_ issuer.Step, body []byte) (a issuer.Answer, err error) {
	var said struct {
		OK            bool
		Code          issuer.Code
		Kind, Message string
	}
	err = json.Unmarshal(body, &said)
	return issuer.Answer{OK: said.OK, Code: said.Code, Kind: giftcard.Kind(said.Kind), Message: said.Message}, err
}

// requireCards requires the number of active cards, each activated once with the value of a card of the orders.
func (a *acme) requireCards(t *testing.T, n int) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	active := 0
	for code, card := range a.cards {
		if card.activations > 0 {
			active++
			require.Equal(t, 1, card.activations)
			require.Equal(t, giftcard.Money{Hundredths: 5000, Currency: "EUR"}, card.value, "card %d", len(code))
		}
	}
	require.Equal(t, n, active)
}

// startDeferred starts a system whose only worker has the made-up issuer, and a receiver for its callbacks.
func startDeferred(t *testing.T, a *acme) *system {
	t.Helper()
	return startDeferredReading(t, a, func(*system, *promises.Promises) deferred.Orders { return nil })
}

// startDeferredReading is startDeferred with what reads orders again before cards get their value.
func startDeferredReading(t *testing.T, a *acme, orders func(*system, *promises.Promises) deferred.Orders) *system {
	t.Helper()
	w := start(t, stack.Options{Configure: inTheClear})
	w.StopWorker()
	a.cards = map[issuer.Code]*acmeCard{}
	keys := token.Keys{{ID: "k1", Secret: []byte(strings.Repeat("k", 32))}}
	receiver := httptest.NewUnstartedServer(nil)
	t.Cleanup(receiver.Close)
	t.Cleanup(a.calls.Wait)
	addresses := callback.New("http://"+receiver.Listener.Addr().String(), keys)
	receiver.Config.Handler = answers.New(answers.Options{
		Addresses: addresses, Issuers: map[string]issuer.Deferred{"acme": a}, Temporal: w.keyed, Log: zerolog.Nop(),
		Count: func(string, answers.Outcome) {},
	})
	receiver.Start()
	found, err := issuer.Find(a)
	require.NoError(t, err)
	q := worker.New(w.keyed, workflows.TaskQueue, app.QueueOptions())
	workflows.Register(q)
	temporal := promises.New(w.Operator.Recovery)
	q.RegisterActivity(&deferred.Cards{
		Issuers: map[string]issuer.Abilities{"acme": found}, Callbacks: addresses, Temporal: temporal,
		Orders: orders(w, temporal), IDKey: []byte("id"), Now: time.Now,
	})
	q.RegisterActivity(mailing(t, w, found))
	require.NoError(t, q.Start())
	t.Cleanup(q.Stop)
	return w
}

// deferredOrder returns the input of an order of cards that are made later.
func deferredOrder(w *system, number, cards int) workflows.GiftCardOrderInput {
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
	a := &acme{late: 50 * time.Millisecond, silent: map[issuer.Step]bool{}}
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
	w.resetTo(id, 4)
	require.NoError(t, w.keyed.GetWorkflow(w.ctx, id, "").Get(w.ctx, nil))
	a.requireCards(t, 5)
	w.keep("GiftCardOrder/deferred-again", id, "")
	_, err = w.plain.DescribeWorkflowExecution(w.ctx, workflows.DeferredCardID("acme", key(refused, 1), 3), "")
	require.Error(t, err, "it was made anew once")
}

// resetTo resets the newest run of a workflow to a workflow task, by the ID of the event that completed it.
func (w *system) resetTo(id string, event int64) {
	w.t.Helper()
	_, err := w.plain.ResetWorkflowExecution(w.ctx, &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: w.Temporal.Namespace(), WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: id},
		Reason: "test", WorkflowTaskFinishEventId: event, RequestId: fmt.Sprint(id, event, time.Now()),
	})
	require.NoError(w.t, err)
}

// A reset of the order, whatever it forgets, has no card made twice.
func TestDeferredCardsOfResetOrders(t *testing.T) {
	t.Parallel()
	a := &acme{late: 20 * time.Millisecond}
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
		_, err := w.plain.ResetWorkflowExecution(w.ctx, &workflowservice.ResetWorkflowExecutionRequest{
			Namespace: w.Temporal.Namespace(), WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: run},
			Reason: "test", WorkflowTaskFinishEventId: task, RequestId: fmt.Sprint(id, task),
		})
		require.NoError(t, err)
		var out workflows.GiftCardOrderResult
		require.NoError(t, w.keyed.GetWorkflow(w.ctx, id, "").Get(w.ctx, &out))
		require.Len(t, out.Cards, 2)
		a.requireCards(t, 2)
	}
}

// A workflow of a card that a person has ended says nothing about the card: another run of the order makes none.
func TestTerminatedDeferredCard(t *testing.T) {
	t.Parallel()
	a := &acme{silent: map[issuer.Step]bool{issuer.Generating: true}}
	w := startDeferred(t, a)
	in := deferredOrder(w, 1001, 1)
	started, err := w.Operator.StartOrder(w.ctx, in)
	require.NoError(t, err)
	require.True(t, started)
	id, card := workflows.GiftCardOrderID(in.Order.Shop, "1001"), workflows.DeferredCardID("acme", key(in, 1), 1)
	require.Eventually(t, func() bool {
		return w.plain.TerminateWorkflow(w.ctx, card, "", "test") == nil
	}, *patience, lookEvery)
	w.resetTo(id, 4)
	err = w.keyed.GetWorkflow(w.ctx, id, "").Get(w.ctx, nil)
	require.ErrorContains(t, err, "card 1")
	require.ErrorContains(t, err, string(giftcard.OutcomeUnknown))
	a.mu.Lock()
	defer a.mu.Unlock()
	require.LessOrEqual(t, len(a.cards), 1)
}

// Of two orders that are told of the same card, one gets it.
func TestClaimOfOneCode(t *testing.T) {
	t.Parallel()
	w := startDeferred(t, &acme{})
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
