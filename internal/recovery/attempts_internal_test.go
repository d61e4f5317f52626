package recovery

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/executions/historytest"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

const (
	firstRun = "first"
	thisRun  = "this"
	audit    = "5001-ABC"
)

// noon is when all runs started.
var noon = time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)

// recoveryOf returns a Recovery for the orders in Temporal.
func recoveryOf(c client.Client) *Recovery {
	return New(orders.New(settings.New(&executions.Reader{
		Client: c, Converter: converter.GetDefaultDataConverter(), Failures: temporal.GetDefaultFailureConverter(),
	}, settings.Configured{})))
}

// orderRuns is a fake Temporal client that has the runs of one order, and lists some of them.
type orderRuns struct {
	client.Client
	histories map[string]historytest.Events
	listed    []string
	pending   []*workflowpb.PendingActivityInfo
}

func (c *orderRuns) DescribeWorkflowExecution(
	_ context.Context, _, runID string,
) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if _, ok := c.histories[runID]; !ok {
		return nil, serviceerror.NewNotFound("no such run")
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
		FirstRunId: firstRun, StartTime: timestamppb.New(noon),
	}, PendingActivities: c.pending}, nil
}

func (c *orderRuns) ListWorkflow(
	context.Context, *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	var out workflowservice.ListWorkflowExecutionsResponse
	for _, run := range c.listed {
		out.Executions = append(out.Executions, &workflowpb.WorkflowExecutionInfo{
			Execution: &commonpb.WorkflowExecution{RunId: run},
		})
	}
	return &out, nil
}

func (c *orderRuns) GetWorkflowHistory(
	_ context.Context, _, runID string, _ bool, _ enumspb.HistoryEventFilterType,
) client.HistoryEventIterator {
	left := c.histories[runID]
	return &left
}

func payloads(t *testing.T, v any) *commonpb.Payloads {
	t.Helper()
	p, err := converter.GetDefaultDataConverter().ToPayloads(v)
	require.NoError(t, err)
	return p
}

// ask schedules the activity that requests the card, and starts it.
func ask(t *testing.T, h *historytest.Events) int64 {
	t.Helper()
	activity := h.Schedule(h.Task())
	scheduled := (*h)[activity-1].GetActivityTaskScheduledEventAttributes()
	scheduled.ActivityType = &commonpb.ActivityType{Name: activities.IssueCardType}
	scheduled.Input = payloads(t, activities.IssueCardInput{Unit: 1, AuditNumber: audit})
	h.Start(activity, 1)
	return activity
}

// resetOf returns the history of a run that was created by a reset of the run base.
func resetOf(base string) historytest.Events {
	var h historytest.Events
	h.Add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_FAILED,
		Attributes: &historypb.HistoryEvent_WorkflowTaskFailedEventAttributes{
			WorkflowTaskFailedEventAttributes: &historypb.WorkflowTaskFailedEventAttributes{BaseRunId: base},
		},
	})
	return h
}

// Earlier returns what an earlier run knows about a card, however that run ended.
func TestEarlier(t *testing.T) {
	t.Parallel()
	issued := activities.IssueCardResult{AuditNumber: audit, OrderNumber: "1110"}
	tests := map[string]struct {
		first func(*testing.T, *historytest.Events)
		want  activities.Earlier
	}{
		"asked for nothing": {first: func(_ *testing.T, h *historytest.Events) { h.Task() }},
		"cut off while it asked": {
			first: func(t *testing.T, h *historytest.Events) { t.Helper(); ask(t, h) },
			want:  activities.Earlier{InDoubt: true},
		},
		"timed out": {
			first: func(t *testing.T, h *historytest.Events) { t.Helper(); h.TimeOut(ask(t, h), 1) },
			want:  activities.Earlier{InDoubt: true},
		},
		"failed with an unclear outcome": {
			first: func(t *testing.T, h *historytest.Events) {
				t.Helper()
				failWith(t, h, ask(t, h), activities.FailureDetails{})
			},
			want: activities.Earlier{InDoubt: true},
		},
		"failed for certain": {
			first: func(t *testing.T, h *historytest.Events) {
				t.Helper()
				failWith(t, h, ask(t, h), activities.FailureDetails{NotIssued: true})
			},
		},
		"issued it": {
			first: func(t *testing.T, h *historytest.Events) {
				t.Helper()
				h.Complete(ask(t, h))
				(*h)[len(*h)-1].GetActivityTaskCompletedEventAttributes().Result = payloads(t, issued)
			},
			want: activities.Earlier{Issued: &issued},
		},
	}
	// Visibility lags: it may not list that the first run ended, or that this run began.
	for lag, listed := range map[string][]string{"listed": {thisRun, firstRun}, "not listed": {thisRun}, "nothing listed": nil} {
		for name, tt := range tests {
			t.Run(name+", "+lag, func(t *testing.T) {
				t.Parallel()
				var first historytest.Events
				tt.first(t, &first)
				o := recoveryOf(&orderRuns{
					listed:    listed,
					histories: map[string]historytest.Events{firstRun: first, "between": resetOf(firstRun), thisRun: resetOf("between")},
				})
				got, err := o.Earlier(t.Context(), activities.EarlierInput{
					WorkflowID: workflows.GiftCardOrderID("example.myshopify.com", "5001"), RunID: thisRun, Unit: 1, AuditNumber: audit,
				})
				require.NoError(t, err)
				require.Equal(t, tt.want, got)
			})
		}
	}
}

// A run whose history has expired gives no information, so it may have issued the card.
func TestEarlierOfAnExpiredRun(t *testing.T) {
	t.Parallel()
	o := recoveryOf(&orderRuns{histories: map[string]historytest.Events{thisRun: resetOf(firstRun)}})
	got, err := o.Earlier(t.Context(), activities.EarlierInput{
		WorkflowID: workflows.GiftCardOrderID("example.myshopify.com", "5001"), RunID: thisRun, Unit: 1, AuditNumber: audit,
	})
	require.NoError(t, err)
	require.Equal(t, activities.Earlier{InDoubt: true}, got)
}

func failWith(t *testing.T, h *historytest.Events, activity int64, details activities.FailureDetails) {
	t.Helper()
	h.Fail(activity, 1)
	(*h)[len(*h)-1].GetActivityTaskFailedEventAttributes().Failure = temporal.GetDefaultFailureConverter().ErrorToFailure(
		temporal.NewApplicationError("no", string(giftcard.OutcomeUnknown), details))
}

func TestIsFirst(t *testing.T) {
	t.Parallel()
	o := recoveryOf(&orderRuns{histories: map[string]historytest.Events{firstRun: nil, thisRun: nil}})
	for run, want := range map[string]bool{firstRun: true, thisRun: false} {
		first, err := o.IsFirst(t.Context(), "gift-card-order/shop/1", run)
		require.NoError(t, err)
		require.Equal(t, want, first, run)
	}
	_, err := o.IsFirst(t.Context(), "gift-card-order/shop/1", "gone")
	require.Error(t, err)
}

// All runs of an order count for a correction, the newest included: it may have been ended while it asked.
func TestRequested(t *testing.T) {
	t.Parallel()
	const none, issued, inDoubt, expired = "none", "issued", "in doubt", "expired"
	histories := map[string]func(*historytest.Events){
		"asked for nothing":              func(h *historytest.Events) { h.Task() },
		"cut off while it asked":         func(h *historytest.Events) { ask(t, h) },
		"timed out":                      func(h *historytest.Events) { h.TimeOut(ask(t, h), 1) },
		"failed with an unclear outcome": func(h *historytest.Events) { failWith(t, h, ask(t, h), activities.FailureDetails{}) },
		"failed for certain": func(h *historytest.Events) {
			failWith(t, h, ask(t, h), activities.FailureDetails{NotIssued: true})
		},
		"issued it": func(h *historytest.Events) { h.Complete(ask(t, h)) },
	}
	for name, want := range map[string]string{
		"asked for nothing": none, "cut off while it asked": inDoubt, "timed out": inDoubt,
		"failed with an unclear outcome": inDoubt, "failed for certain": none, "issued it": issued, "has expired": expired,
	} {
		var h historytest.Events
		if write := histories[name]; write != nil {
			write(&h)
		}
		earlier := map[string]historytest.Events{thisRun: resetOf(firstRun)}
		if want != expired {
			earlier[firstRun] = h
		}
		runs := map[string]map[string]historytest.Events{"an earlier run " + name: earlier}
		if want != expired {
			runs["the newest run "+name] = map[string]historytest.Events{thisRun: h}
		}
		for which, histories := range runs {
			t.Run(which, func(t *testing.T) {
				t.Parallel()
				got, err := recoveryOf(&orderRuns{histories: histories}).Requested(
					t.Context(), workflows.GiftCardOrderID("example.myshopify.com", "5001"), thisRun)
				require.NoError(t, err)
				require.Equal(t, want == issued, got.Issued[audit])
				require.Equal(t, want == inDoubt, got.InDoubt[audit])
				require.Equal(t, want == expired, got.Expired)
			})
		}
	}
}
