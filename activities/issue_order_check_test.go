package activities_test

import (
	"context"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/intake/shopifyintake"
	"github.com/giftbridge/giftbridge/internal/issuer/gate"
	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

// Once time has passed since an order was read, the order is reread before its card is requested.
func TestIssueCardLooksAtTheOrderAgain(t *testing.T) {
	t.Parallel()
	busy := &cashstartest.Fault{Kind: cashstartest.RateLimit}
	tests := map[string]struct {
		readAt time.Duration // before the activity
		again  bool
		fault  *cashstartest.Fault // of the first attempt
		change func(*shopifytest.Order)
		reads  int
		want   giftcard.Kind // empty if the card is issued
	}{
		"fresh":                     {change: cancel},
		"read four minutes ago":     {readAt: 4 * time.Minute, change: cancel},
		"read long ago, unchanged":  {readAt: 6 * time.Minute, reads: 1},
		"read long ago, cancelled":  {readAt: 6 * time.Minute, change: cancel, reads: 1, want: giftcard.OrderChanged},
		"run again, unchanged":      {again: true, reads: 1},
		"run again, cancelled":      {again: true, change: cancel, reads: 1, want: giftcard.OrderChanged},
		"second attempt, unchanged": {fault: busy, reads: 1},
		"second attempt, cancelled": {fault: busy, change: cancel, reads: 1, want: giftcard.OrderChanged},
		"second attempt, in doubt": {
			fault: &cashstartest.Fault{Kind: cashstartest.Drop}, change: cancel, reads: 1, want: giftcard.OutcomeUnknown,
		},
		"Shopify shows it no longer": {readAt: time.Hour, reads: 1, want: giftcard.OrderChanged},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop := shopifytest.New(shopifytest.Options{})
			o := shop.AddOrder(order("#1001"))
			id := strconv.FormatInt(o.ID, 10)
			attempts := 0
			i := newIssuing(t, cashstartest.Options{Fault: func(cashstartest.Request) *cashstartest.Fault {
				if attempts++; attempts == 1 {
					return tt.fault
				}
				return nil
			}})
			c, err := shopify.New(shopify.Options{BaseURL: serve(t, shop), APIVersion: "2026-07", Token: token})
			require.NoError(t, err)
			i.gifts.Orders = intake.NewReader(shopifyintake.New(c, keys), 0)

			in := secondCard()
			in.ReadAt, in.Again = time.Now().Add(-tt.readAt), tt.again
			if name == "Shopify shows it no longer" {
				id = "42"
			} else if tt.change != nil {
				require.True(t, shop.UpdateOrder(o.ID, tt.change))
			}
			in.AuditNumber = giftcard.AuditNumber("", shopDomain, id, strconv.FormatInt(o.Lines[0].ID, 10), 1)
			_, err = i.inWorkflow(t, "gift-card-order/"+shopDomain+"/"+id, in)
			require.Equal(t, tt.reads, shop.Stats().Requests["nodes"])
			if tt.want == "" {
				require.NoError(t, err)
				require.Len(t, i.issuer.Cards(), 1)
				return
			}
			var app *temporal.ApplicationError
			require.ErrorAs(t, err, &app)
			require.Equal(t, string(tt.want), app.Type(), app.Message())
			require.Empty(t, i.issuer.Cards())
		})
	}
}

// While Shopify does not answer, no card is requested; afterwards the card is issued.
func TestIssueCardWaitsForShopify(t *testing.T) {
	t.Parallel()
	shop := shopifytest.New(shopifytest.Options{})
	o := shop.AddOrder(order("#1001"))
	away, asked := 3, false
	i := newIssuing(t, cashstartest.Options{})
	c, err := shopify.New(shopify.Options{
		APIVersion: "2026-07", Token: token,
		BaseURL: serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if away--; away >= 0 {
				asked = asked || len(i.issuer.Stats().Requests) > 0
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			shop.ServeHTTP(w, r)
		})),
	})
	require.NoError(t, err)
	i.gifts.Orders = intake.NewReader(shopifyintake.New(c, keys), 0)
	in := secondCard()
	in.AuditNumber = giftcard.AuditNumber("", shopDomain, strconv.FormatInt(o.ID, 10), strconv.FormatInt(o.Lines[0].ID, 10), 1)
	in.Again = true
	_, err = i.inWorkflow(t, "gift-card-order/"+shopDomain+"/"+strconv.FormatInt(o.ID, 10), in)
	require.NoError(t, err)
	require.Len(t, i.issuer.Cards(), 1)
	require.Negative(t, away)
	require.False(t, asked)
}

// A card that a person has found at the issuer belongs to the order, whatever has happened to the order since: it is no
// longer in doubt, and is not requested.
func TestIssueCardThatAPersonHasFound(t *testing.T) {
	t.Parallel()
	shop := shopifytest.New(shopifytest.Options{})
	o := shop.AddOrder(order("#1001"))
	require.True(t, shop.UpdateOrder(o.ID, cancel))
	i := newIssuing(t, cashstartest.Options{})
	c, err := shopify.New(shopify.Options{BaseURL: serve(t, shop), APIVersion: "2026-07", Token: token})
	require.NoError(t, err)
	i.gifts.Orders = intake.NewReader(shopifyintake.New(c, keys), 0)
	i.gifts.Runs = runs{earlier: activities.Earlier{Found: true, InDoubt: true}}
	in := secondCard()
	in.Again = true
	id := strconv.FormatInt(o.ID, 10)
	in.AuditNumber = giftcard.AuditNumber("", shopDomain, id, strconv.FormatInt(o.Lines[0].ID, 10), 1)
	out, err := i.inWorkflow(t, "gift-card-order/"+shopDomain+"/"+id, in)
	require.NoError(t, err)
	require.True(t, out.Existed)
	require.Zero(t, i.orders())
}

// pacer makes every caller wait for the given time.
type pacer time.Duration

func (p pacer) Wait(context.Context) error {
	<-time.After(time.Duration(p)) // What is tested is that a wait counts.
	return nil
}

// An order that was fresh when its card began to wait for its turn is reread once the turn has come.
func TestIssueCardLooksAfterItHasWaited(t *testing.T) {
	t.Parallel()
	shop := shopifytest.New(shopifytest.Options{})
	o := shop.AddOrder(order("#1001"))
	i := newIssuing(t, cashstartest.Options{})
	c, err := shopify.New(shopify.Options{BaseURL: serve(t, shop), APIVersion: "2026-07", Token: token})
	require.NoError(t, err)
	i.gifts.Orders = intake.NewReader(shopifyintake.New(c, keys), time.Millisecond)
	require.True(t, shop.UpdateOrder(o.ID, cancel))
	in := secondCard()
	// When the activity starts, its order has not been read yet: only the wait makes the order old.
	const ahead = 100 * time.Millisecond
	i.gifts.Pace = pacer(2 * ahead)
	in.ReadAt = time.Now().Add(ahead)
	id := strconv.FormatInt(o.ID, 10)
	in.AuditNumber = giftcard.AuditNumber("", shopDomain, id, strconv.FormatInt(o.Lines[0].ID, 10), 1)
	_, err = i.inWorkflow(t, "gift-card-order/"+shopDomain+"/"+id, in)
	require.ErrorContains(t, err, "cancelled")
}

// While the issuer's gate is shut, no order is reread: its card is not requested anyway.
func TestShutGateSparesTheShop(t *testing.T) {
	t.Parallel()
	shop := shopifytest.New(shopifytest.Options{})
	o := shop.AddOrder(order("#1001"))
	i := newIssuing(t, cashstartest.Options{})
	i.gifts.Gate = &gate.Gate{}
	i.issuer.Inject(limit(429, "60"))
	_, err := i.issue(t, secondCard())
	requireKind(t, err, giftcard.RateLimited, doing)

	c, err := shopify.New(shopify.Options{BaseURL: serve(t, shop), APIVersion: "2026-07", Token: token})
	require.NoError(t, err)
	i.gifts.Orders = intake.NewReader(shopifyintake.New(c, keys), 0)
	in, id := secondCard(), strconv.FormatInt(o.ID, 10)
	in.Again = true
	in.AuditNumber = giftcard.AuditNumber("", shopDomain, id, strconv.FormatInt(o.Lines[0].ID, 10), 1)
	_, err = i.inWorkflow(t, "gift-card-order/"+shopDomain+"/"+id, in)
	require.ErrorContains(t, err, "the issuer asked to wait")
	require.Empty(t, shop.Stats().Requests)
}

// A card is issued only for an order, whoever starts the activity.
func TestIssueCardOutsideOfAnOrder(t *testing.T) {
	t.Parallel()
	i := newIssuing(t, cashstartest.Options{})
	c, err := shopify.New(shopify.Options{
		BaseURL: serve(t, shopifytest.New(shopifytest.Options{})), APIVersion: "2026-07", Token: token,
	})
	require.NoError(t, err)
	i.gifts.Orders = intake.NewReader(shopifyintake.New(c, keys), 0)
	in := secondCard()
	in.Again = true
	refused := func(err error) {
		t.Helper()
		var app *temporal.ApplicationError
		require.ErrorAs(t, err, &app)
		require.Equal(t, string(giftcard.InvalidRequest), app.Type(), app.Message())
		require.Empty(t, i.issuer.Cards())
	}
	for _, workflowID := range []string{"somebody-elses", "gift-card-order/" + shopDomain + "/1"} {
		_, err = i.inWorkflow(t, workflowID, in)
		refused(err)
	}
	_, err = i.inWorkflowOfType(t, "Mine", "gift-card-order/"+shopDomain+"/450789469", in)
	refused(err)
	_, err = i.issue(t, in) // As a standalone activity.
	refused(err)
}

func cancel(o *shopifytest.Order) { o.CancelledAt, o.FinancialStatus = date(16), "REFUNDED" }

// inWorkflow issues a card from a workflow with the given ID, with retries.
func (i issuing) inWorkflow(
	t *testing.T, workflowID string, in activities.IssueCardInput,
) (activities.IssueCardResult, error) {
	t.Helper()
	return i.inWorkflowOfType(t, activities.OrderWorkflowType, workflowID, in)
}

func (i issuing) inWorkflowOfType(
	t *testing.T, name, workflowID string, in activities.IssueCardInput,
) (activities.IssueCardResult, error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(i.logs)
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(time.Minute) // The machine may be busy.
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Minute})
	env.SetStartTime(time.Now())
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: workflowID, TaskQueue: "q"})
	env.RegisterActivityWithOptions(i.gifts.IssueCard, activity.RegisterOptions{Name: activities.IssueCardType})
	env.RegisterWorkflowWithOptions(func(ctx workflow.Context) (activities.IssueCardResult, error) {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
		var out activities.IssueCardResult
		err := workflow.ExecuteActivity(ctx, activities.IssueCardType, in).Get(ctx, &out)
		return out, err
	}, workflow.RegisterOptions{Name: name})
	env.ExecuteWorkflow(name)
	var out activities.IssueCardResult
	err := env.GetWorkflowError()
	if err == nil {
		err = env.GetWorkflowResult(&out)
	}
	return out, err
}
