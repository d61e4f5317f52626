package executions

import (
	"context"
	"fmt"
	"slices"

	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/workflows"
)

// DescribeRun returns what Temporal knows of one run.
func (o *Reader) DescribeRun(ctx context.Context, workflowID, runID string) (*workflowpb.WorkflowExecutionInfo, error) {
	d, err := o.Client.DescribeWorkflowExecution(ctx, workflowID, runID)
	if err != nil {
		return nil, fmt.Errorf("describe run %s of %s: %w", runID, workflowID, err)
	}
	return d.GetWorkflowExecutionInfo(), nil
}

// FailedRun is what the history of a failed run says about the failure.
type FailedRun struct {
	Failure Failure
	// Units says which cards exist and which do not; nil if the run did not fail because of cards.
	Units *workflows.OrderFailure
	// Issued is the number of cards that the run's history shows to exist.
	Issued int
	// Attempts counts the attempts of the activities that failed.
	Attempts int
	// ResetPoint is the workflow task that scheduled the first failed activity. A reset to it keeps what succeeded
	// before and repeats what failed. It is 0 if there is no workflow task to reset to.
	ResetPoint int64
}

// Curable reports whether a rerun of the order may succeed without human intervention. The kind of the order's failure
// is the kind of its worst card. If that card stays as it is, because it was refunded or refused, another card may
// still be issued. If it is unknown whether that card exists, or what it is, no card is requested again before a person
// has looked.
func (r FailedRun) Curable() bool {
	kind := giftcard.Kind(r.Failure.Kind)
	if kind.Curable() {
		return true
	}
	stays := kind == giftcard.OrderChanged || kind == giftcard.InvalidRequest
	return stays && r.Units != nil &&
		slices.ContainsFunc(r.Units.Failed, func(u workflows.UnitFailure) bool { return u.Kind.Curable() })
}

// ReadFailedRun reads a closed run's history.
func (o *Reader) ReadFailedRun(ctx context.Context, workflowID, runID string) (FailedRun, error) {
	r := newRunReader()
	err := o.EachEvent(ctx, workflowID, runID, func(e *historypb.HistoryEvent) error {
		r.read(e)
		return nil
	})
	if err != nil {
		return FailedRun{}, err
	}
	out := FailedRun{Failure: Failure{Kind: "Unknown"}, Attempts: r.tried, ResetPoint: r.resetPoint(), Issued: len(r.issued)}
	switch {
	case r.cause != nil:
		err := o.Failures.FailureToError(r.cause)
		out.Failure, out.Units = *FailureOf(err), UnitsOf(err)
	case r.ended != nil:
		out.Failure = Failure{Kind: TerminatedKind, Message: whoEnded(r.ended)}
	case r.last == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED:
		out.Failure = Failure{Kind: CanceledKind, Message: "somebody cancelled it"}
	case r.last == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:
		out.Failure = Failure{Kind: "Timeout", Message: "it did not end in time"}
	}
	if out.Units == nil && len(r.issued) > 0 {
		out.Failure.Message += fmt.Sprintf(" (%d of its cards exist)", len(r.issued))
	}
	return out, nil
}

// byServer is the identity under which the Temporal server ends a workflow that exceeds one of Temporal's limits
// (go.temporal.io/server v1.32.1, consts.IdentityHistoryService).
const byServer = "history-service"

// whoEnded returns who terminated a run, and the reason if it is known. The server names the limit that a run exceeded.
func whoEnded(e *historypb.WorkflowExecutionTerminatedEventAttributes) string {
	who := "somebody terminated it"
	if e.GetIdentity() == byServer {
		who = "it was ended because it had become too large"
	}
	if reason := printable.Line(e.GetReason(), maxReason); reason != "" {
		who += ": " + reason
	}
	return who
}

// maxReason bounds how much of a given reason is shown.
const maxReason = 200

// EachEvent calls read for each event in the history of a run.
func (o *Reader) EachEvent(
	ctx context.Context, workflowID, runID string, read func(*historypb.HistoryEvent) error,
) error {
	events := o.Client.GetWorkflowHistory(ctx, workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
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

// TerminatedKind is the failure kind of a terminated run.
const TerminatedKind = "Terminated"

// CanceledKind is the failure kind of a cancelled run.
const CanceledKind = "Canceled"

// runReader collects data from the events of a run.
type runReader struct {
	// scheduled maps activities that have not succeeded to the workflow task that scheduled them.
	scheduled map[int64]int64
	attempts  map[int64]int32
	tried     int
	failedAt  int64
	lastTask  int64
	cause     *failurepb.Failure
	// ended is set if the run was terminated. issued holds the events that scheduled cards which exist.
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

// resetPoint returns the workflow task that scheduled the first failed activity, else the first activity that never
// finished, else the last workflow task.
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

// earlier returns the smaller event ID; 0 means no event.
func earlier(a, b int64) int64 {
	if a == 0 || (b != 0 && b < a) {
		return b
	}
	return a
}

// OrderInput returns the input that a run of an order was started with.
func (o *Reader) OrderInput(ctx context.Context, workflowID, runID string) (in workflows.GiftCardOrderInput, err error) {
	events := o.Client.GetWorkflowHistory(ctx, workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	first, err := events.Next()
	if err != nil {
		return in, fmt.Errorf("read the history of %s: %w", workflowID, err)
	}
	if err := o.Converter.FromPayloads(first.GetWorkflowExecutionStartedEventAttributes().GetInput(), &in); err != nil {
		return in, fmt.Errorf("read the input of %s: %w", workflowID, err)
	}
	return in, nil
}
