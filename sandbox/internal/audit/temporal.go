package audit

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// State is the state of a workflow.
type State string

// The states.
const (
	Running   State = "running"
	Completed State = "completed"
	Failed    State = "failed"
	Other     State = "other"
)

// Workflow is an order's workflow. Its newest run decides its state.
type Workflow struct {
	ID string
	// OrderID is the shop's ID of the order, taken from the workflow ID.
	OrderID string
	State   State
	// Kind is the type of the error with which it failed.
	Kind string
	// Runs is the number of its runs, which is more than one after a reset.
	Runs int
	// CutOff counts the activity attempts that never ended because their worker died.
	CutOff int
	// ByHand reports that a person started the newest run, not a poll: the order was released, corrected or settled.
	ByHand bool
}

// orderType is the type by which an order's workflow is found in Temporal.
const orderType = "GiftCardOrder"

// requestTimeout is the time-out of one request to Temporal.
const requestTimeout = time.Minute

func readWorkflows(ctx context.Context, address, namespace string) ([]Workflow, error) {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithNoProxy())
	if err != nil {
		return nil, fmt.Errorf("connect to Temporal: %w", err)
	}
	defer conn.Close()
	r := reader{service: workflowservice.NewWorkflowServiceClient(conn), namespace: namespace}
	runs, err := r.runs(ctx)
	if err != nil {
		return nil, fmt.Errorf("list workflows: %w", err)
	}
	var out []Workflow
	for id, n := range runs {
		w, err := r.newest(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("describe %s: %w", id, err)
		}
		w.Runs = n
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b Workflow) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

// reader reads from Temporal.
type reader struct {
	service   workflowservice.WorkflowServiceClient
	namespace string
}

// runs returns the number of runs of each order's workflow.
func (r reader) runs(ctx context.Context) (map[string]int, error) {
	runs := map[string]int{}
	request := &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: r.namespace, Query: "WorkflowType = '" + orderType + "'", PageSize: 500,
	}
	for {
		ctx, cancel := context.WithTimeout(ctx, requestTimeout)
		page, err := r.service.ListWorkflowExecutions(ctx, request, grpc.WaitForReady(true))
		cancel()
		if err != nil {
			return nil, err
		}
		for _, info := range page.GetExecutions() {
			runs[info.GetExecution().GetWorkflowId()]++
		}
		if len(page.GetNextPageToken()) == 0 {
			return runs, nil
		}
		request.NextPageToken = page.GetNextPageToken()
	}
}

func (r reader) newest(ctx context.Context, id string) (Workflow, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	w := Workflow{ID: id, OrderID: id[strings.LastIndex(id, "/")+1:]}
	d, err := r.service.DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{
		Namespace: r.namespace, Execution: &commonpb.WorkflowExecution{WorkflowId: id},
	}, grpc.WaitForReady(true))
	if err != nil {
		return w, err
	}
	w.ByHand = d.GetWorkflowExecutionInfo().GetParentExecution() == nil
	switch d.GetWorkflowExecutionInfo().GetStatus() {
	case enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:
		w.State = Running
	case enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		w.State = Completed
	case enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT,
		enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED:
		w.State = Failed
	default:
		w.State = Other
	}
	return w, r.readHistory(ctx, &w, d.GetWorkflowExecutionInfo().GetExecution())
}

// readHistory reads why a run failed and how many attempts were cut off. Error types are not encrypted.
func (r reader) readHistory(ctx context.Context, w *Workflow, run *commonpb.WorkflowExecution) error {
	request := &workflowservice.GetWorkflowExecutionHistoryRequest{Namespace: r.namespace, Execution: run}
	for {
		page, err := r.service.GetWorkflowExecutionHistory(ctx, request, grpc.WaitForReady(true))
		if err != nil {
			return err
		}
		for _, e := range page.GetHistory().GetEvents() {
			// The history shows a failed attempt that was retried only as the last failure of the following attempt.
			last := e.GetActivityTaskStartedEventAttributes().GetLastFailure()
			if last.GetTimeoutFailureInfo() != nil || e.GetActivityTaskTimedOutEventAttributes() != nil {
				w.CutOff++
			}
			failure := e.GetWorkflowExecutionFailedEventAttributes().GetFailure()
			if kind := failure.GetApplicationFailureInfo().GetType(); kind != "" {
				w.Kind = kind
			}
		}
		if len(page.GetNextPageToken()) == 0 {
			return nil
		}
		request.NextPageToken = page.GetNextPageToken()
	}
}
