package told

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/workflows"
)

// Unsent is a message that could not be sent, and that nobody has seen to.
type Unsent struct {
	// Name is what people call the order; empty if that is not known, and for a notice.
	Name string `json:"name,omitempty"`
	Shop string `json:"shop"`
	About
	// Key is that of the message, or [workflows.LookKey].
	Key string `json:"key"`
	// Kind is empty if the order could not be read, so that it is not known what its customer has to be told.
	Kind messages.Kind `json:"kind,omitempty"`
	// FailedAt is when it was given up, and Failure is why.
	FailedAt   time.Time           `json:"failed_at"`
	Failure    *executions.Failure `json:"failure,omitempty"`
	WorkflowID string              `json:"workflow_id"`
	RunID      string              `json:"run_id"`
	Link       string              `json:"link"`
}

// Called is what people call the order, the variant or the product.
func (u Unsent) Called() string { return u.called(u.Name) }

// Filter selects messages. Zero fields do not restrict the selection.
type Filter struct {
	// Shop and Number select one order, one variant, or one product: Number is what [About.OnRecord] returns.
	Shop, Number string
	// Since is the earliest time.
	Since time.Time
	// Limit is the largest number of messages.
	Limit int
}

// Failures are the messages that could not be sent and that nobody has seen to: of each its newest run, which failed.
type Failures []*workflowpb.WorkflowExecutionInfo

// Oldest returns when the first of them failed; zero if there are none.
func (f Failures) Oldest() time.Time {
	var oldest time.Time
	for _, info := range f {
		if at := info.GetCloseTime().AsTime(); oldest.IsZero() || at.Before(oldest) {
			oldest = at
		}
	}
	return oldest
}

// Failed returns the messages that could not be sent, the latest first. It costs lists alone; see [ReadUnsent] for what there is to
// say about one of them.
func Failed(ctx context.Context, o *executions.Reader, f Filter) (Failures, error) {
	var more string
	if f.Number != "" {
		more += " AND WorkflowId STARTS_WITH " + executions.Quote(workflows.UnsentMessageIDs(f.Shop, f.Number))
	}
	if !f.Since.IsZero() {
		more += " AND StartTime >= " + executions.QuoteTime(f.Since)
	}
	// A message has another run once somebody has seen to it, or has had it sent.
	return o.Unsettled(ctx, workflows.UnsentMessageType, more)
}

// ReadUnsent returns what there is to say about a message that could not be sent. It costs one call.
func ReadUnsent(ctx context.Context, o *executions.Reader, info *workflowpb.WorkflowExecutionInfo) (Unsent, error) {
	run := info.GetExecution()
	out := Unsent{
		Name:     executions.Keyword(info.GetSearchAttributes().GetIndexedFields(), workflows.ShopifyOrderName.GetName()),
		FailedAt: info.GetCloseTime().AsTime(), WorkflowID: run.GetWorkflowId(), RunID: run.GetRunId(),
		Link: o.Link(run.GetWorkflowId(), run.GetRunId()),
	}
	var number string
	var err error
	if out.Shop, number, out.Key, err = workflows.ParseUnsentMessageID(out.WorkflowID); err != nil {
		return out, err
	}
	var in workflows.UnsentMessageInput
	err = o.EachEvent(ctx, out.WorkflowID, out.RunID, func(e *historypb.HistoryEvent) error {
		switch e.GetEventType() {
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
			if err := o.Converter.FromPayloads(e.GetWorkflowExecutionStartedEventAttributes().GetInput(), &in); err != nil {
				return fmt.Errorf("read the input of %s: %w", out.WorkflowID, err)
			}
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
			cause := o.Failures.FailureToError(e.GetWorkflowExecutionFailedEventAttributes().GetFailure())
			out.Failure = executions.FailureOf(cause)
		default:
		}
		return nil
	})
	out.Kind, out.About = in.Kind, aboutOf(number, in.Kind == messages.KindInStock)
	if out.Failure == nil { // Somebody has terminated it.
		out.Failure = &executions.Failure{Kind: string(in.Failure), Message: in.Message}
	}
	return out, err
}

// AllUnsent returns what there is to say about the messages that could not be sent, the latest first.
func AllUnsent(ctx context.Context, o *executions.Reader, f Filter) ([]Unsent, error) {
	failed, err := Failed(ctx, o, f)
	if err != nil {
		return nil, err
	}
	return ReadAll(ctx, o, failed, f.Limit)
}

// ReadAll returns what there is to say about the first messages that could not be sent. A limit of 0 is none.
func ReadAll(ctx context.Context, o *executions.Reader, failed Failures, limit int) ([]Unsent, error) {
	if limit > 0 {
		failed = failed[:min(len(failed), limit)]
	}
	out := make([]Unsent, 0, len(failed))
	for _, info := range failed {
		u, err := ReadUnsent(ctx, o, info)
		if executions.IsNotFound(err) {
			continue // It has just expired.
		}
		if err != nil {
			return nil, err
		}
		out = append(out, u)
	}
	return out, nil
}

// Open returns the talks in which more may be told, the latest first.
func (o *Told) Open(ctx context.Context, f Filter) ([]Talk, error) {
	query := "WorkflowType IN (" + executions.Quote(workflows.OrderMessagesType) + "," + executions.Quote(workflows.BackInStockType) +
		") AND ExecutionStatus = 'Running'"
	if f.Number != "" {
		query += " AND WorkflowId IN (" + executions.QuoteAll([]string{
			workflows.OrderMessagesID(f.Shop, f.Number), workflows.BackInStockID(f.Shop, f.Number),
		}) + ")"
	}
	if !f.Since.IsZero() {
		query += " AND StartTime >= " + executions.QuoteTime(f.Since)
	}
	out := []Talk{}
	if f.Limit < 0 {
		return out, nil
	}
	err := o.Scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		out = append(out, o.talk(info))
		return f.Limit == 0 || len(out) < f.Limit, nil
	})
	return out, err
}

// CountOpen counts the orders of which more may be told.
func CountOpen(ctx context.Context, o *executions.Reader) (int, error) {
	count, err := o.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: o.Namespace(),
		Query:     "WorkflowType = " + executions.Quote(workflows.OrderMessagesType) + " AND ExecutionStatus = 'Running'",
	})
	if err != nil {
		return 0, fmt.Errorf("count the orders whose messages are open: %w", err)
	}
	return int(count.GetCount()), nil
}
