package e2e_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/giftbridge/giftbridge/internal/executions"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

func TestWrongShopifyToken(t *testing.T) {
	t.Parallel()
	var token config.Secret
	w := start(t, stack.Options{Configure: func(c *config.Config) {
		token, c.Shopify.AccessToken = c.Shopify.AccessToken, config.NewSecret("shpat_wrong")
	}})
	p := w.PlaceKind(scenario.Single)
	_, err := w.tryPoll()
	require.ErrorContains(t, err, "Unauthorized: poll of ")
	require.NotContains(t, err.Error(), "shpat_")
	require.Zero(t, w.watermark())
	require.Empty(t, w.Issuer.Cards())

	w.StopWorker()
	w.Config.Shopify.AccessToken = token
	require.NoError(t, w.StartWorker(w.ctx))
	require.Equal(t, 1, w.poll().Started)
	w.show(p, executions.Completed)
	w.requireBalance()
}

func TestWrongCashStarPassword(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{Configure: func(c *config.Config) {
		c.CashStar.Password = config.NewSecret("wrong-password")
	}})
	p := w.PlaceKind(scenario.Single)
	require.Equal(t, 1, w.poll().Started)
	d := w.show(p, executions.Failed)
	require.Equal(t, "Unauthorized", d.Failure.Kind)
	require.Contains(t, d.Failure.Message, "order #1001, looking up its merchant: ")
	require.NotContains(t, d.Failure.Message, "wrong-password")
	require.Empty(t, w.Issuer.Cards())
}

// A search for an SKU that no product has finds nothing, and the result says so: nothing seen, nothing left out.
func TestUnknownSKU(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{Configure: func(c *config.Config) { c.Orders.GiftCardSKUs = config.List{"NO-SUCH-SKU"} }})
	w.place(scenario.Single, scenario.Mixed)
	out := w.poll()
	require.Zero(t, out.Seen)
	require.Zero(t, out.Started)
	require.Empty(t, out.LeftOut)
	require.NotZero(t, out.Watermark)
}

// Orders that cannot become cards fail at once, individually and with a reason. They do not delay the others.
func TestOrdersThatCannotBe(t *testing.T) {
	t.Parallel()
	buyer := &shopifytest.Customer{ID: 1, DisplayName: scenario.Merchants()[0].Name, Email: "buyer@example.com"}
	line := shopifytest.LineItem{SKU: scenario.SKUs()[0], Title: "Gift card", Quantity: 1, UnitPrice: "25.0"}
	with := func(change func(*shopifytest.Order)) shopifytest.Order {
		c := *buyer
		o := shopifytest.Order{Email: c.Email, Customer: &c, Lines: []shopifytest.LineItem{line}}
		change(&o)
		return o
	}
	tests := []struct {
		name, kind, message string
		order               shopifytest.Order
	}{
		{
			"no e-mail address", "InvalidRequest", "there is no e-mail address to send it to",
			with(func(o *shopifytest.Order) { o.Email, o.Customer.Email = "", "" }),
		},
		{
			"no value", "InvalidRequest", "a card needs a value above zero",
			with(func(o *shopifytest.Order) { o.Lines[0].UnitPrice = "0.0" }),
		},
		{
			"a currency that the merchant lacks", "InvalidRequest", "card 1: ",
			with(func(o *shopifytest.Order) { o.Currency = "CAD" }),
		},
		{
			"a value above what a card can hold", "InvalidRequest", "card 1: ",
			with(func(o *shopifytest.Order) { o.Lines[0].UnitPrice = "2000.01" }),
		},
		{
			"a guest", "MerchantUnknown", "without a customer account",
			with(func(o *shopifytest.Order) { o.Customer = nil }),
		},
		{
			"a stranger", "MerchantUnknown", "customer 1 is not one of CashStar's",
			with(func(o *shopifytest.Order) { o.Customer.DisplayName = "Ada Lovelace" }),
		},
		{
			"a name that two merchants have", "MerchantAmbiguous", "TWIN1, TWIN2",
			with(func(o *shopifytest.Order) { o.Customer.DisplayName = "Twin" }),
		},
		{
			"more cards than an order may have", "InvalidRequest", "has 1001 gift cards",
			with(func(o *shopifytest.Order) { o.Lines[0].Quantity = 1001 }),
		},
	}
	w := start(t, stack.Options{CashStar: cashstartest.Options{Merchants: []cashstartest.Merchant{
		{Name: "Twin", MerchantCode: "TWIN1", Currencies: []string{"USD"}},
		{Name: "twin", MerchantCode: "TWIN2", Currencies: []string{"USD"}},
	}}})
	var bad []scenario.Placed
	for _, tt := range tests {
		o := w.Shop.AddOrder(tt.order)
		bad = append(bad, scenario.Placed{ID: o.ID, Name: o.Name})
	}
	good := w.PlaceKind(scenario.Single)
	require.Equal(t, len(tests)+1, w.poll().Started)
	for i, tt := range tests {
		d := w.show(bad[i], executions.Failed)
		require.Equal(t, tt.kind, d.Failure.Kind, "%s: %s", tt.name, d.Failure.Message)
		require.Contains(t, d.Failure.Message, tt.message, tt.name)
		require.Contains(t, d.Failure.Message, "order "+bad[i].Name, tt.name)
		requireNothingPersonal(t, d.Failure.Message)
	}
	w.show(good, executions.Completed)
	require.Len(t, w.Issuer.Cards(), 1)
}

func requireNothingPersonal(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		for _, word := range []string{"Lovelace", "buyer", "friend-", "@", "Widget Store", "Grandma", "Thanks so much"} {
			require.NotContains(t, text, word)
		}
	}
}

// With an issuer that returns only nonsense, an order fails when its retry budget is spent, and the failure names the
// order and the cause. Rerun after the issuer has recovered, the order becomes exactly one card, whether the issuer
// failed before or after it made one.
func TestIssuerTalksNonsense(t *testing.T) {
	t.Parallel()
	tests := map[string]cashstartest.Fault{
		"a page, no card":       {Kind: cashstartest.HTML},
		"a page, but a card":    {Kind: cashstartest.HTML, AfterCommit: true},
		"half of the answer":    {Kind: cashstartest.Truncated}, // and half of the rejection that follows, which proves nothing
		"something like JSON":   {Kind: cashstartest.Malformed},
		"nothing, but a card":   {Kind: cashstartest.Drop, AfterCommit: true},
		"unavailable":           {Kind: cashstartest.ServerError},
		"failed, but is a card": {Kind: cashstartest.ServerError, AfterCommit: true},
	}
	for name, fault := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var healthy atomic.Bool
			issuer := createOrderFault(func(cashstartest.Request) *cashstartest.Fault {
				if healthy.Load() {
					return nil
				}
				return &fault
			})
			w := start(t, stack.Options{CashStar: issuer, Configure: func(c *config.Config) {
				c.Issue.RetryBudget = 2 * time.Second
			}})
			p := w.PlaceKind(scenario.Single)
			w.poll()
			d := w.show(p, executions.Failed)
			require.Equal(t, "Unavailable", d.Failure.Kind)
			require.Contains(t, d.Failure.Message, "order #1001, card 1: CashStar: create order: ")
			require.Contains(t, d.Failure.Message, "gave up")
			requireNothingPersonal(t, d.Failure.Message)
			healthy.Store(true)
			w.reset(p)
			w.show(p, executions.Completed)
			w.requireBalance()
		})
	}
}

// reset reruns a failed order from the step that failed.
func (w *system) reset(p scenario.Placed) {
	w.t.Helper()
	d, err := w.plain.DescribeWorkflowExecution(w.ctx, orderID(p), "")
	require.NoError(w.t, err)
	run := d.GetWorkflowExecutionInfo().GetExecution().GetRunId()
	var point int64
	scheduled := map[int64]int64{}
	for _, e := range w.history(orderID(p), run).GetEvents() {
		if e.GetEventType() == enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED {
			scheduled[e.GetEventId()] = e.GetActivityTaskScheduledEventAttributes().GetWorkflowTaskCompletedEventId()
		}
		if e.GetEventType() == enumspb.EVENT_TYPE_ACTIVITY_TASK_FAILED {
			point = scheduled[e.GetActivityTaskFailedEventAttributes().GetScheduledEventId()]
		}
	}
	require.NotZero(w.t, point)
	_, err = w.plain.ResetWorkflowExecution(w.ctx, &workflowservice.ResetWorkflowExecutionRequest{
		Namespace:                 w.Temporal.Namespace(),
		WorkflowExecution:         &commonpb.WorkflowExecution{WorkflowId: orderID(p), RunId: run},
		Reason:                    "the issuer has recovered",
		WorkflowTaskFinishEventId: point,
	})
	require.NoError(w.t, err)
	w.await("reset", func() bool {
		d, err := w.plain.DescribeWorkflowExecution(w.ctx, orderID(p), "")
		require.NoError(w.t, err)
		return d.GetWorkflowExecutionInfo().GetExecution().GetRunId() != run
	})
}

// A card of another merchant is not accepted as ours.
func TestAnswerForAnotherMerchant(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{CashStar: createOrderFault(func(cashstartest.Request) *cashstartest.Fault {
		return &cashstartest.Fault{Kind: cashstartest.WrongMerchant}
	})})
	p := w.PlaceKind(scenario.Single)
	w.poll()
	d := w.show(p, executions.Failed)
	require.Equal(t, "UnexpectedResponse", d.Failure.Kind)
	require.Contains(t, d.Failure.Message, "order #1001, card 1: ")
	requireOrderTimeline(t, w.history(d.WorkflowID, d.RunID),
		"ActivityTaskScheduled IssueCard", "ActivityTaskStarted", "ActivityTaskFailed",
		"WorkflowExecutionFailed")
}
