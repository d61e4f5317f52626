package workflows_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

const shop = "example.myshopify.com"

// noon is when the workflows of the tests run.
var noon = time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)

// env runs one workflow with fakes: functions as shop and issuer, and clocks that do not wait.
type env struct {
	*testsuite.TestWorkflowEnvironment
	calls   *recorder
	counted *counters

	list  func(activities.ListGiftCardOrdersInput) (activities.ListGiftCardOrdersResult, error)
	look  func(activities.LookUpMerchantInput) (activities.LookUpMerchantResult, error)
	issue func(activities.IssueCardInput) (activities.IssueCardResult, error)

	mu      sync.Mutex
	listed  []activities.ListGiftCardOrdersInput
	looked  []activities.LookUpMerchantInput
	issued  []activities.IssueCardInput
	started []workflows.GiftCardOrderInput
}

// mayBeSlow gives a test time on a busy machine. By default, a test fails after three seconds, and after one in which workflow code does
// not go on.
func mayBeSlow(e *testsuite.TestWorkflowEnvironment, interceptors ...interceptor.WorkerInterceptor) {
	e.SetTestTimeout(time.Minute)
	e.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Minute, Interceptors: interceptors})
}

func newEnv(t *testing.T) *env {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(silence{})
	counted := &counters{}
	suite.SetMetricsHandler(counted)
	e := &env{TestWorkflowEnvironment: suite.NewTestWorkflowEnvironment(), calls: &recorder{}, counted: counted}
	e.SetStartTime(noon)
	mayBeSlow(e.TestWorkflowEnvironment, e.calls)
	e.RegisterActivityWithOptions(
		func(_ context.Context, in activities.ListGiftCardOrdersInput) (activities.ListGiftCardOrdersResult, error) {
			note(e, &e.listed, in)
			return e.list(in)
		}, activity.RegisterOptions{Name: "ListGiftCardOrders"})
	e.RegisterActivityWithOptions(
		func(_ context.Context, in activities.LookUpMerchantInput) (activities.LookUpMerchantResult, error) {
			note(e, &e.looked, in)
			return e.look(in)
		}, activity.RegisterOptions{Name: "LookUpMerchant"})
	e.RegisterActivityWithOptions(
		func(_ context.Context, in activities.IssueCardInput) (activities.IssueCardResult, error) {
			note(e, &e.issued, in)
			return e.issue(in)
		}, activity.RegisterOptions{Name: "IssueCard"})
	e.look = func(activities.LookUpMerchantInput) (activities.LookUpMerchantResult, error) {
		return activities.LookUpMerchantResult{MerchantCode: "TWS"}, nil
	}
	e.issue = func(in activities.IssueCardInput) (activities.IssueCardResult, error) { return cardOf(in), nil }
	return e
}

func note[T any](e *env, to *[]T, in T) {
	e.mu.Lock()
	defer e.mu.Unlock()
	*to = append(*to, in)
}

// withOrders replaces the workflows of gift-card orders with ones that only run for the given time.
func (e *env) withOrders(run time.Duration) *env {
	e.RegisterWorkflowWithOptions(
		func(ctx workflow.Context, in workflows.GiftCardOrderInput) (workflows.GiftCardOrderResult, error) {
			note(e, &e.started, in)
			return workflows.GiftCardOrderResult{}, workflow.Sleep(ctx, run)
		}, workflow.RegisterOptions{Name: workflows.GiftCardOrderType})
	return e
}

// withPages makes the shop return these pages, each under the cursor that the previous page returned.
func (e *env) withPages(pages ...activities.ListGiftCardOrdersResult) *env {
	for i := range pages[:len(pages)-1] {
		pages[i].NextCursor = fmt.Sprint("page ", i+2)
	}
	e.list = func(in activities.ListGiftCardOrdersInput) (activities.ListGiftCardOrdersResult, error) {
		n := 1
		if in.Cursor != "" {
			if _, err := fmt.Sscanf(in.Cursor, "page %d", &n); err != nil {
				return activities.ListGiftCardOrdersResult{}, err
			}
		}
		return pages[n-1], nil
	}
	return e
}

// poll runs PollOrders to its end.
func (e *env) poll(t *testing.T, in workflows.PollOrdersInput) workflows.PollOrdersResult {
	t.Helper()
	e.ExecuteWorkflow(workflows.PollOrders, in)
	require.True(t, e.IsWorkflowCompleted())
	require.NoError(t, e.GetWorkflowError())
	var out workflows.PollOrdersResult
	require.NoError(t, e.GetWorkflowResult(&out))
	return out
}

// continued returns the input of the run in which a poll continues.
func (e *env) continued(t *testing.T) workflows.PollOrdersInput {
	t.Helper()
	require.True(t, e.IsWorkflowCompleted())
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, e.GetWorkflowError(), &next)
	require.Equal(t, workflows.PollOrdersType, next.WorkflowType.Name)
	var in workflows.PollOrdersInput
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &in))
	return in
}

// order runs GiftCardOrder to its end.
func (e *env) order(t *testing.T, in workflows.GiftCardOrderInput) workflows.GiftCardOrderResult {
	t.Helper()
	e.ExecuteWorkflow(workflows.GiftCardOrder, in)
	require.True(t, e.IsWorkflowCompleted())
	require.NoError(t, e.GetWorkflowError())
	var out workflows.GiftCardOrderResult
	require.NoError(t, e.GetWorkflowResult(&out))
	return out
}

// requireFailure requires that the workflow failed for good with the given kind.
func (e *env) requireFailure(t *testing.T, kind giftcard.Kind, message string) *temporal.ApplicationError {
	t.Helper()
	require.True(t, e.IsWorkflowCompleted())
	var failed *temporal.ApplicationError
	require.ErrorAs(t, e.GetWorkflowError(), &failed)
	require.Equal(t, string(kind), failed.Type(), failed.Message())
	require.Equal(t, message, failed.Message())
	require.True(t, failed.NonRetryable())
	return failed
}

// rules returns the poll's configuration in the tests.
func rules() workflows.PollOrdersInput {
	return workflows.PollOrdersInput{
		SKUs:         []string{"GIFT-25", "GIFT-50"},
		CreatedAtMin: noon.AddDate(0, 0, -3),
		MaxOrderAge:  workflows.Duration(14 * 24 * time.Hour),
		Overlap:      workflows.Duration(10 * time.Minute),
		SettleDelay:  workflows.Duration(time.Minute),
		PageSize:     100,
	}
}

// orderNumber returns a gift-card order with one line of that many units for each number in units.
func orderNumber(n int, units ...int) giftcard.Order {
	o := giftcard.Order{
		Shop: shop, ID: fmt.Sprint(5000 + n), Name: fmt.Sprint("#", 1000+n), CreatedAt: noon.Add(-time.Hour),
		Customer: giftcard.Customer{ID: "77", DisplayName: "Ada Lovelace"},
	}
	for i, u := range units {
		o.Lines = append(o.Lines, giftcard.Line{
			ID: fmt.Sprint(900 + i), SKU: []string{"GIFT-25", "GIFT-50"}[i%2], Units: u, Price: "25.0", Currency: "USD",
			Recipient: giftcard.Recipient{
				Email: "grace@example.com", Name: "Grace Hopper", Message: "Happy birthday", From: "Ada Lovelace",
			},
		})
	}
	return o
}

// pageOf returns a page of one-card orders, numbered from first.
func pageOf(first, n int) activities.ListGiftCardOrdersResult {
	var p activities.ListGiftCardOrdersResult
	for i := range n {
		p.Orders = append(p.Orders, orderNumber(first+i, 1))
	}
	p.Seen = n
	return p
}

func cardOf(in activities.IssueCardInput) activities.IssueCardResult {
	return activities.IssueCardResult{
		AuditNumber: in.AuditNumber, OrderNumber: fmt.Sprint("CS", in.Unit), EGCCode: "egc", MaskedNumber: "***1234",
		Amount: "25.00", Currency: in.Currency,
	}
}

// final returns the failure of an activity that no retry can cure.
func final(kind giftcard.Kind, message string) error {
	return temporal.NewApplicationErrorWithOptions(message, string(kind),
		temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{activities.FailureDetails{Status: 400}}})
}

// transient returns a failure that is retried.
func transient(message string) error {
	return temporal.NewApplicationError(message, string(giftcard.Unavailable))
}

// issuedUnits returns the units that the issuer was asked for, each once, in ascending order.
func (e *env) issuedUnits() []int {
	e.mu.Lock()
	defer e.mu.Unlock()
	var units []int
	for _, in := range e.issued {
		units = append(units, in.Unit)
	}
	slices.Sort(units)
	return slices.Compact(units)
}

// asked is something that a workflow requested from Temporal.
type asked struct {
	// What is the activity's type, or the child's workflow ID.
	what     string
	activity workflow.ActivityOptions
	child    workflow.ChildWorkflowOptions
	// inFlight counts the activities, or the starts of children, that had not ended at the time of this request.
	inFlight int
}

// recorder records what the workflow under test requests, in the order of the requests. That order is deterministic,
// unlike the order in which things happen.
type recorder struct {
	interceptor.WorkerInterceptorBase
	asked   []asked
	details []string
}

func (r *recorder) InterceptWorkflow(
	ctx workflow.Context, next interceptor.WorkflowInboundInterceptor,
) interceptor.WorkflowInboundInterceptor {
	if workflow.GetInfo(ctx).ParentWorkflowExecution != nil {
		return next
	}
	return &inbound{WorkflowInboundInterceptorBase: interceptor.WorkflowInboundInterceptorBase{Next: next}, to: r}
}

// of returns the requests whose names have the given prefix.
func (r *recorder) of(prefix string) []asked {
	var out []asked
	for _, a := range r.asked {
		if strings.HasPrefix(a.what, prefix) {
			out = append(out, a)
		}
	}
	return out
}

// whats returns the names of all requests.
func (r *recorder) whats() []string {
	var out []string
	for _, a := range r.asked {
		out = append(out, a.what)
	}
	return out
}

type inbound struct {
	interceptor.WorkflowInboundInterceptorBase
	to *recorder
}

func (i *inbound) Init(out interceptor.WorkflowOutboundInterceptor) error {
	return i.Next.Init(&outbound{
		WorkflowOutboundInterceptorBase: interceptor.WorkflowOutboundInterceptorBase{Next: out}, to: i.to,
	})
}

func (i *inbound) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	out, err := i.Next.ExecuteWorkflow(ctx, in)
	i.to.details = append(i.to.details, workflow.GetCurrentDetails(ctx))
	return out, err
}

type outbound struct {
	interceptor.WorkflowOutboundInterceptorBase
	to                 *recorder
	activities, starts []workflow.Future
}

func (o *outbound) ExecuteActivity(ctx workflow.Context, activityType string, args ...any) workflow.Future {
	options := workflow.GetActivityOptions(ctx) // Read now: the test environment changes them in place.
	future := o.Next.ExecuteActivity(ctx, activityType, args...)
	o.record(future, asked{what: activityType, activity: options})
	return future
}

func (o *outbound) ExecuteChildWorkflow(
	ctx workflow.Context, childType string, args ...any,
) workflow.ChildWorkflowFuture {
	options := workflow.GetChildWorkflowOptions(ctx)
	future := o.Next.ExecuteChildWorkflow(ctx, childType, args...)
	o.record(future.GetChildWorkflowExecution(), asked{what: options.WorkflowID, child: options})
	return future
}

// record counts the futures of the same type that are not ready, including this one.
func (o *outbound) record(future workflow.Future, a asked) {
	sort := &o.activities
	if a.child.WorkflowID != "" {
		sort = &o.starts
	}
	*sort = append(slices.DeleteFunc(*sort, workflow.Future.IsReady), future)
	a.inFlight = len(*sort)
	o.to.asked = append(o.to.asked, a)
}

// silence is a logger that discards everything.
type silence struct{}

var _ log.Logger = silence{}

func (silence) Debug(string, ...any) {}
func (silence) Info(string, ...any)  {}
func (silence) Warn(string, ...any)  {}
func (silence) Error(string, ...any) {}
