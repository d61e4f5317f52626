package operator

import (
	"context"
	"fmt"
	"slices"

	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/workflows"
)

// failedRun is what a run that failed says of itself in its history.
type failedRun struct {
	failure Failure
	// units says which cards exist and which do not, nil if the run did not fail over some.
	units *workflows.OrderFailure
	// attempts counts the attempts of the activities that failed.
	attempts int
	// resetPoint is the workflow task that scheduled the first activity that failed: reset to it, what succeeded before
	// stays and what failed is done again. It is 0 where there is no workflow task to go back to.
	resetPoint int64
}

// curable reports whether running the order again may succeed without anybody touching it. The worst of an order's cards names
// it: where that is one that stays as it is, refunded or refused, another one may still be issued. Where it is one of which
// nobody knows whether it exists, or what it is, none is asked for again before a person has looked.
func (r failedRun) curable() bool {
	kind := giftcard.Kind(r.failure.Kind)
	if kind.Curable() {
		return true
	}
	stays := kind == giftcard.OrderChanged || kind == giftcard.InvalidRequest
	return stays && r.units != nil &&
		slices.ContainsFunc(r.units.Failed, func(u workflows.UnitFailure) bool { return u.Kind.Curable() })
}

// readFailedRun reads a closed run's history.
func (o *Operator) readFailedRun(ctx context.Context, workflowID, runID string) (failedRun, error) {
	r := newRunReader()
	err := o.eachEvent(ctx, workflowID, runID, func(e *historypb.HistoryEvent) error {
		r.read(e)
		return nil
	})
	if err != nil {
		return failedRun{}, err
	}
	out := failedRun{failure: Failure{Kind: "Unknown"}, attempts: r.tried, resetPoint: r.resetPoint()}
	switch {
	case r.cause != nil:
		err := o.failures.FailureToError(r.cause)
		out.failure, out.units = *failureOf(err), unitsOf(err)
	case r.ended != nil:
		out.failure = Failure{Kind: terminatedKind, Message: whoEnded(r.ended)}
	case r.last == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED:
		out.failure = Failure{Kind: canceledKind, Message: "somebody cancelled it"}
	case r.last == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:
		out.failure = Failure{Kind: "Timeout", Message: "the workflow did not end in time"}
	}
	if out.units == nil && len(r.issued) > 0 {
		out.failure.Message += fmt.Sprintf(" (%d of its cards exist)", len(r.issued))
	}
	return out, nil
}

// byServer is who ends a workflow that goes beyond a limit of Temporal's (go.temporal.io/server v1.32.1,
// consts.IdentityHistoryService).
const byServer = "history-service"

// whoEnded says who terminated a run, and why if that is known.
func whoEnded(e *historypb.WorkflowExecutionTerminatedEventAttributes) string {
	who := "somebody terminated it"
	if e.GetIdentity() == byServer {
		who = "Temporal ended it"
	}
	if reason := printable.Line(e.GetReason(), maxReason); reason != "" {
		who += ": " + reason
	}
	return who
}

// maxReason bounds what is shown of the reason that somebody gave.
const maxReason = 200

// eachEvent reads the history of a run, event by event.
func (o *Operator) eachEvent(
	ctx context.Context, workflowID, runID string, read func(*historypb.HistoryEvent) error,
) error {
	events := o.client.GetWorkflowHistory(ctx, workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			return fmt.Errorf("read the history of %s: %w", workflowID, err)
		}
		if err := read(e); err != nil {
			return err
		}
	}
	return nil
}

// terminatedKind stands for a kind where somebody terminated a run.
const terminatedKind = "Terminated"

// canceledKind stands for a kind where somebody cancelled a run.
const canceledKind = "Canceled"

// runReader collects from the events of a run.
type runReader struct {
	// scheduled maps activities that have not succeeded to the workflow task that scheduled them.
	scheduled map[int64]int64
	attempts  map[int64]int32
	tried     int
	failedAt  int64
	lastTask  int64
	cause     *failurepb.Failure
	// ended is set where the run was terminated, and issued are the events that scheduled cards which exist.
	ended  *historypb.WorkflowExecutionTerminatedEventAttributes
	cards  map[int64]bool
	issued map[int64]bool
	last   enumspb.EventType
}

func newRunReader() runReader {
	return runReader{
		scheduled: map[int64]int64{}, attempts: map[int64]int32{}, cards: map[int64]bool{}, issued: map[int64]bool{},
	}
}

func (r *runReader) read(e *historypb.HistoryEvent) {
	r.last = e.GetEventType()
	switch r.last {
	case enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
		r.lastTask = e.GetEventId()
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
		a := e.GetActivityTaskScheduledEventAttributes()
		r.scheduled[e.GetEventId()] = a.GetWorkflowTaskCompletedEventId()
		r.cards[e.GetEventId()] = a.GetActivityType().GetName() == activities.IssueCardType
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED:
		a := e.GetActivityTaskStartedEventAttributes()
		r.attempts[a.GetScheduledEventId()] = a.GetAttempt()
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
		id := e.GetActivityTaskCompletedEventAttributes().GetScheduledEventId()
		delete(r.scheduled, id)
		if r.cards[id] {
			r.issued[id] = true
		}
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_FAILED:
		r.failed(e.GetActivityTaskFailedEventAttributes().GetScheduledEventId())
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
		r.failed(e.GetActivityTaskTimedOutEventAttributes().GetScheduledEventId())
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
		r.cause = e.GetWorkflowExecutionFailedEventAttributes().GetFailure()
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
		r.ended = e.GetWorkflowExecutionTerminatedEventAttributes()
	default:
	}
}

func (r *runReader) failed(scheduledEventID int64) {
	r.tried += int(r.attempts[scheduledEventID])
	r.failedAt = earlier(r.failedAt, r.scheduled[scheduledEventID])
}

// resetPoint prefers what failed, then what was never finished, then the last decision of the workflow.
func (r *runReader) resetPoint() int64 {
	if r.failedAt != 0 {
		return r.failedAt
	}
	var unfinished int64
	for _, task := range r.scheduled {
		unfinished = earlier(unfinished, task)
	}
	if unfinished != 0 {
		return unfinished
	}
	return r.lastTask
}

// earlier returns the smaller event ID; 0 is none.
func earlier(a, b int64) int64 {
	if a == 0 || (b != 0 && b < a) {
		return b
	}
	return a
}
