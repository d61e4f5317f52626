// Package memory has a Temporal in memory that holds mailboxes and refused events, for tests.
package memory

import (
	"context"
	"fmt"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/workflows"
)

// Run is a run of a mailbox or of the record of an event.
type Run struct {
	Type, ID, RunID, Name string
	Status                enumspb.WorkflowExecutionStatus
	Started, Closed       time.Time
	// History is what the run has done, and Pending the activity that is being tried.
	History []*historypb.HistoryEvent
	Pending *workflowpb.PendingActivityInfo
}

// Temporal has runs in memory. Its lists understand the queries of package relayed.
type Temporal struct {
	client.Client

	Runs []Run
	// Box is what the query of a mailbox answers; an error without one.
	Box *workflows.Mailbox
	// Limits are the limits of queues, by their names. Reset are the mailboxes that were hurried, and Started the inputs of records that
	// were started.
	Limits  map[string]*taskqueuepb.RateLimitConfig
	Reset   []string
	Started []any
}

// Payloads encodes a value as a workflow does.
func Payloads(v any) *commonpb.Payloads {
	p, err := converter.GetDefaultDataConverter().ToPayloads(v)
	if err != nil {
		panic(fmt.Sprintf("encode a value of a test: %v", err))
	}
	return p
}

// Delivered returns the run of a mailbox that has delivered events, each at its time, starting at a time.
func Delivered(endpoint, resource, runID string, at time.Time, events ...relaying.Event) Run {
	r := Run{
		Type: workflows.RelayType, ID: workflows.RelayID(endpoint, resource), RunID: runID, Started: at,
		Status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, Closed: at.Add(time.Duration(len(events)) * time.Minute),
	}
	for i, e := range events {
		number := int64(10 * (i + 1))
		r.History = append(r.History, &historypb.HistoryEvent{
			EventId: number,
			Attributes: &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{
				ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{
					ActivityType: &commonpb.ActivityType{Name: "DeliverEvent"},
					Input:        Payloads(relaying.DeliverEventInput{Endpoint: endpoint, Resource: resource, Event: e}),
				},
			},
		}, &historypb.HistoryEvent{
			EventId: number + 2, EventTime: timestamppb.New(at.Add(time.Duration(i) * time.Minute)),
			Attributes: &historypb.HistoryEvent_ActivityTaskCompletedEventAttributes{
				ActivityTaskCompletedEventAttributes: &historypb.ActivityTaskCompletedEventAttributes{
					ScheduledEventId: number, Result: Payloads(relaying.DeliverEventResult{Attempts: 1}),
				},
			},
		})
	}
	return r
}

// Refused returns the record of an event that was refused at a time.
func Refused(endpoint, resource, runID string, at time.Time, e relaying.Event) Run {
	failure := temporal.GetDefaultFailureConverter().ErrorToFailure(temporal.NewApplicationError("HTTP 422", "InvalidRequest"))
	return Run{
		Type: workflows.UndeliveredEventType, ID: workflows.UndeliveredEventID(endpoint, resource, e.FirstID()), RunID: runID,
		Name: e.Order, Status: enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, Started: at, Closed: at,
		History: []*historypb.HistoryEvent{{
			Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
				WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{
					Input: Payloads(workflows.UndeliveredEventInput{Endpoint: endpoint, Resource: resource, Event: e}),
				},
			},
		}, {
			Attributes: &historypb.HistoryEvent_WorkflowExecutionFailedEventAttributes{
				WorkflowExecutionFailedEventAttributes: &historypb.WorkflowExecutionFailedEventAttributes{Failure: failure},
			},
		}},
	}
}

// between returns what is quoted after a text.
func between(query, after string) (string, bool) {
	_, rest, found := strings.Cut(query, after+"'")
	value, _, _ := strings.Cut(rest, "'")
	return value, found
}

func (r Run) matches(query string) bool {
	if strings.Contains(query, "TemporalScheduledById") {
		return false // No schedule starts mailboxes.
	}
	if want, ok := between(query, "WorkflowType = "); ok && want != r.Type {
		return false
	}
	if _, rest, ok := strings.Cut(query, "WorkflowType IN ("); ok {
		if all, _, _ := strings.Cut(rest, ")"); !strings.Contains(all, "'"+r.Type+"'") {
			return false
		}
	}
	if name, ok := between(query, "ShopifyOrderName = "); ok && name != r.Name {
		return false
	}
	running, failed := r.Status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, r.Status == enumspb.WORKFLOW_EXECUTION_STATUS_FAILED
	switch {
	case strings.Contains(query, "AND ExecutionStatus = 'Running'") && !running,
		strings.Contains(query, "ExecutionStatus IN ('Failed'") && !failed,
		strings.Contains(query, "ExecutionStatus IN ('Running','Completed')") && failed,
		strings.Contains(query, "WorkflowId IN (") && !strings.Contains(query, "'"+r.ID+"'"):
		return false
	}
	exact, isExact := between(query, "WorkflowId = ")
	prefix, isPrefix := between(query, "WorkflowId STARTS_WITH ")
	return !isExact && !isPrefix || isExact && exact == r.ID || isPrefix && strings.HasPrefix(r.ID, prefix)
}

func (r Run) info() *workflowpb.WorkflowExecutionInfo {
	name, err := converter.GetDefaultDataConverter().ToPayload(r.Name)
	if err != nil {
		panic(fmt.Sprintf("encode a name of a test: %v", err))
	}
	out := &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: r.ID, RunId: r.RunID}, Type: &commonpb.WorkflowType{Name: r.Type},
		Status: r.Status, StartTime: timestamppb.New(r.Started),
		SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{"ShopifyOrderName": name}},
	}
	if !r.Closed.IsZero() {
		out.CloseTime = timestamppb.New(r.Closed)
	}
	return out
}

// ListWorkflow implements the client.
func (t *Temporal) ListWorkflow(
	_ context.Context, in *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	out := &workflowservice.ListWorkflowExecutionsResponse{}
	for _, r := range t.Runs {
		if r.matches(in.GetQuery()) {
			out.Executions = append(out.Executions, r.info())
		}
	}
	return out, nil
}

// CountWorkflow implements the client.
func (t *Temporal) CountWorkflow(
	ctx context.Context, in *workflowservice.CountWorkflowExecutionsRequest,
) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	all, err := t.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: in.GetQuery()})
	return &workflowservice.CountWorkflowExecutionsResponse{Count: int64(len(all.GetExecutions()))}, err
}

// DescribeWorkflowExecution implements the client: it describes the last run.
func (t *Temporal) DescribeWorkflowExecution(
	_ context.Context, id, _ string,
) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	var out *workflowservice.DescribeWorkflowExecutionResponse
	for _, r := range t.Runs {
		if r.ID == id {
			out = &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: r.info()}
			if r.Pending != nil {
				out.PendingActivities = []*workflowpb.PendingActivityInfo{r.Pending}
			}
		}
	}
	if out == nil {
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	return out, nil
}

// history is a history that is read.
type history struct{ rest []*historypb.HistoryEvent }

func (h *history) HasNext() bool { return len(h.rest) > 0 }

func (h *history) Next() (*historypb.HistoryEvent, error) {
	next := h.rest[0]
	h.rest = h.rest[1:]
	return next, nil
}

// GetWorkflowHistory implements the client.
func (t *Temporal) GetWorkflowHistory(
	_ context.Context, id, runID string, _ bool, _ enumspb.HistoryEventFilterType,
) client.HistoryEventIterator {
	for _, r := range t.Runs {
		if r.ID == id && r.RunID == runID {
			return &history{r.History}
		}
	}
	return &history{}
}

// QueryWorkflow implements the client.
func (t *Temporal) QueryWorkflow(context.Context, string, string, string, ...any) (converter.EncodedValue, error) {
	if t.Box == nil {
		return nil, serviceerror.NewDeadlineExceeded("no worker")
	}
	return client.NewValue(Payloads(*t.Box)), nil
}

// ExecuteWorkflow implements the client.
func (t *Temporal) ExecuteWorkflow(_ context.Context, _ client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
	t.Started = append(t.Started, args...)
	return nil, nil
}

// WorkflowService implements the client.
func (t *Temporal) WorkflowService() workflowservice.WorkflowServiceClient {
	return &service{temporal: t}
}

type service struct {
	workflowservice.WorkflowServiceClient
	temporal *Temporal
}

func (s *service) DescribeTaskQueue(
	_ context.Context, in *workflowservice.DescribeTaskQueueRequest, _ ...grpc.CallOption,
) (*workflowservice.DescribeTaskQueueResponse, error) {
	return &workflowservice.DescribeTaskQueueResponse{
		Config: &taskqueuepb.TaskQueueConfig{QueueRateLimit: s.temporal.Limits[in.GetTaskQueue().GetName()]},
	}, nil
}

func (s *service) ResetActivity(
	_ context.Context, in *workflowservice.ResetActivityRequest, _ ...grpc.CallOption,
) (*workflowservice.ResetActivityResponse, error) {
	s.temporal.Reset = append(s.temporal.Reset, in.GetExecution().GetWorkflowId())
	return &workflowservice.ResetActivityResponse{}, nil
}
