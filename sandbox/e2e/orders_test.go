package e2e_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/giftbridge/giftbridge/internal/executions"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

func orderNumber(p scenario.Placed) string { return strconv.FormatInt(p.ID, 10) }

func orderID(p scenario.Placed) string { return workflows.GiftCardOrderID(stack.Shop, orderNumber(p)) }

// A shop's day in miniature: every kind of order, found by the schedule's own polls.
func TestMixOfOrders(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{Configure: func(c *config.Config) {
		c.Poll.Interval, c.Poll.SettleDelay = 2*time.Second, time.Second
	}})
	for range 25 {
		w.Place()
	}
	w.PayPending()
	require.NoError(t, w.Settle(w.ctx, time.Now(), 0, nil))
	a := w.requireBalance()
	require.Equal(t, 25, a.OrdersPlaced)
	require.Equal(t, 1, a.OrdersFailed)
	require.Equal(t, 6, a.OrdersLeftOut)
	for _, p := range w.Placed() {
		if p.GiftCards {
			w.requireWellKept(p)
		}
	}
}

// requireWellKept checks an order as Temporal stores it: what people search and see, and what must not be visible.
func (w *system) requireWellKept(p scenario.Placed) {
	w.t.Helper()
	d, err := w.keyed.DescribeWorkflow(w.ctx, orderID(p), "")
	require.NoError(w.t, err)
	summary, err := d.GetStaticSummary()
	require.NoError(w.t, err)
	cards := "1 gift card"
	if n := len(p.Cards); n > 1 {
		cards = fmt.Sprint(n, " gift cards")
	}
	require.Equal(w.t, "Order "+p.Name+": "+cards, summary)
	name, ok := d.TypedSearchAttributes.GetKeyword(workflows.ShopifyOrderName)
	require.True(w.t, ok)
	require.Equal(w.t, p.Name, name)
	skus, ok := d.TypedSearchAttributes.GetKeywordList(workflows.GiftCardSku)
	require.True(w.t, ok)
	require.Subset(w.t, scenario.SKUs(), skus)
	require.NotEmpty(w.t, skus)

	h := w.opened(orderID(p), d.WorkflowExecution.RunID)
	if p.Kind == scenario.Single {
		w.t.Logf("order %s of one card: %d events", p.Name, len(h.GetEvents()))
		most := 11
		if requireOrderTimeline(w.t, h,
			"ActivityTaskScheduled IssueCard", "ActivityTaskStarted", "ActivityTaskCompleted",
			"WorkflowExecutionCompleted") {
			most = 17
		}
		require.LessOrEqual(w.t, withoutRepetitions(h.GetEvents()), most, "workflow tasks included:\n%s",
			strings.Join(types(h.GetEvents()), "\n"))
	}
	kept := h.String() // Unlike JSON, this leaves payloads readable.
	require.Contains(w.t, kept, "order_name")
	secrets := []string{"access_code", "egc_number", "egc_url"} // An access code alone is too short to search for.
	for _, c := range w.Issuer.Cards() {
		secrets = append(secrets, c.EGCNumber, c.URL)
	}
	for _, s := range secrets {
		require.NotEmpty(w.t, s)
		require.NotContains(w.t, kept, s)
	}
}

// withoutRepetitions returns the number of events without those of workflow tasks that no worker took in time. On a busy
// machine there are some, and each is scheduled again.
func withoutRepetitions(events []*historypb.HistoryEvent) int {
	n := len(events)
	for _, e := range events {
		if late := e.GetWorkflowTaskTimedOutEventAttributes(); late != nil {
			n -= 2 // It, and that it was scheduled.
			if late.GetStartedEventId() != 0 {
				n--
			}
		}
	}
	return n
}

// requireOrderTimeline is requireTimeline for what an order does once it knows its merchant. It reports whether the
// order looked the merchant up or the merchant came with the order, which depends on the age of the poll's list.
func requireOrderTimeline(t *testing.T, h *historypb.History, want ...string) (lookedUp bool) {
	t.Helper()
	before := []string{"WorkflowExecutionStarted"}
	lookedUp = strings.Contains(timeline(h.GetEvents()), "LookUpMerchant")
	if lookedUp {
		before = append(before, "ActivityTaskScheduled LookUpMerchant", "ActivityTaskStarted", "ActivityTaskCompleted")
	}
	requireTimeline(t, h, slices.Concat(before, want)...)
	return lookedUp
}

// Both services have a bad day. The seeds make it the same bad day each time, as far as threads allow.
func TestFaults(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{
		CashStar: cashstartest.Options{Random: scenario.CashStarFaults(), Seed: 7},
		Shopify:  shopifytest.Options{Lag: scenario.FaultyLag, Faults: scenario.ShopifyFaults(7)},
		Configure: func(c *config.Config) {
			c.Poll.Interval, c.Poll.SettleDelay, c.Poll.Overlap = 2*time.Second, time.Second, time.Minute
		},
	})
	for range 60 {
		w.Place()
	}
	w.PayPending()
	require.NoError(t, w.Settle(w.ctx, time.Now(), scenario.FaultyLag, nil))
	a := w.requireBalance()
	issuer, _ := w.Requests()
	require.Greater(t, issuer, a.CardsIssued, "nothing went wrong: this tests nothing")
	require.Positive(t, w.Issuer.Stats().Repeated)
}

// The answer is lost after the issuer has made the card. Whatever it answers to the second request, there is one card.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	for _, duplicates := range []cashstartest.Duplicates{cashstartest.RefuseDuplicates, cashstartest.AnswerExisting} {
		t.Run(string(duplicates), func(t *testing.T) {
			t.Parallel()
			w := start(t, stack.Options{CashStar: cashstartest.Options{Duplicates: duplicates}})
			w.Issuer.Inject(cashstartest.Fault{
				Kind: cashstartest.Drop, Operation: cashstartest.CreateOrder, AfterCommit: true, Times: 1,
			})
			p := w.PlaceKind(scenario.Single)
			require.Equal(t, 1, w.poll().Started)
			d := w.show(p, executions.Completed)
			w.requireBalance()
			require.Equal(t, 1, w.Issuer.Stats().Repeated)
			require.Equal(t, duplicates == cashstartest.RefuseDuplicates, d.Result.Cards[0].Existed)
			if !d.Result.Cards[0].Existed {
				require.Equal(t, w.Issuer.Cards()[0].OrderNumber, d.Result.Cards[0].OrderNumber)
			}
			require.Equal(t, w.Issuer.Cards()[0].AuditNumber, d.Result.Cards[0].AuditNumber)
		})
	}
}

// With CASHSTAR_MAX_RPS, cards are issued from a task queue of their own, at a rate that the issuer tolerates.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	const rps = 10
	var mu sync.Mutex
	var at []time.Time
	issuer := createOrderFault(func(cashstartest.Request) *cashstartest.Fault {
		mu.Lock()
		defer mu.Unlock()
		at = append(at, time.Now())
		return nil
	})
	issuer.MaxRPS = 2 * rps
	w := start(t, stack.Options{CashStar: issuer, Configure: func(c *config.Config) { c.CashStar.MaxRPS = rps }})
	placed := w.place(slices.Repeat([]scenario.Kind{scenario.Single}, 50)...)
	w.poll()
	w.settle(len(placed))
	w.requireBalance()
	require.Zero(t, w.Issuer.Stats().Violations)
	mu.Lock()
	defer mu.Unlock()
	took := at[len(at)-1].Sub(at[0])
	require.Greater(t, took, 3*time.Second, "50 cards at 10 a second")
	h := w.history(orderID(placed[0]), "")
	for _, e := range h.GetEvents() {
		a := e.GetActivityTaskScheduledEventAttributes()
		switch a.GetActivityType().GetName() {
		case "IssueCard":
			require.Equal(t, workflows.IssueTaskQueue, a.GetTaskQueue().GetName())
		case "LookUpMerchant":
			require.Equal(t, workflows.TaskQueue, a.GetTaskQueue().GetName())
		}
	}
}
