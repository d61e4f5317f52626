// Package runs reads from Temporal how each order ended. It uses Temporal's raw API, as package audit, which judges what
// it reads, shares no code with the application.
package runs

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
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
	// MailsCutOff counts, in all runs, the attempts to mail a card that were or may have been cut off because their worker
	// died. Resent counts how often a person had a card of the order sent once more.
	MailsCutOff, Resent int
	// ByHand reports that a person started the newest run, not a poll or a receiver: the order was released, corrected or
	// settled.
	ByHand bool
}

// orderType and leftType are the types by which an order's workflows are found in Temporal. A workflow of the second type
// has the ID of an order that is left to people, or that was settled.
const (
	orderType = "GiftCardOrder"
	leftType  = "LeftOrder"
)

// resendType is the type of the workflows by which a person has a card sent once more. Their IDs end in the shop's ID of the
// order and the number of the unit.
const resendType = "ResendCard"

// requestTimeout is the time-out of one request to Temporal.
const requestTimeout = time.Minute

// Read returns the workflows of all orders, ordered by ID. address is the server's address.
func Read(ctx context.Context, address, namespace string) ([]Workflow, error) {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithNoProxy())
	if err != nil {
		return nil, fmt.Errorf("connect to Temporal: %w", err)
	}
	defer conn.Close()
	r := reader{service: workflowservice.NewWorkflowServiceClient(conn), namespace: namespace}
	listed, resent, err := r.families(ctx)
	if err != nil {
		return nil, fmt.Errorf("list workflows: %w", err)
	}
	var out []Workflow
	for id, of := range listed {
		if of.orders == 0 {
			continue
		}
		w, err := r.newest(ctx, id, of)
		if err != nil {
			return nil, fmt.Errorf("describe %s: %w", id, err)
		}
		w.Runs, w.Resent = of.orders, resent[w.OrderID]
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

// family is what the runs with the ID of an order have in common.
type family struct {
	// orders is the number of runs of the type of orders, and runs has their IDs.
	orders int
	runs   []string
	// first is the ID of the run that began before all others, at began.
	first string
	began time.Time
}

// families returns the family of each ID, and how often a person had a card of each order sent once more.
func (r reader) families(ctx context.Context) (all map[string]family, resent map[string]int, err error) {
	all, resent = map[string]family{}, map[string]int{}
	request := &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: r.namespace, PageSize: 500,
		Query: "WorkflowType IN ('" + orderType + "', '" + leftType + "', '" + resendType + "')",
	}
	for {
		ctx, cancel := context.WithTimeout(ctx, requestTimeout)
		page, err := r.service.ListWorkflowExecutions(ctx, request, grpc.WaitForReady(true))
		cancel()
		if err != nil {
			return nil, nil, err
		}
		for _, info := range page.GetExecutions() {
			if info.GetType().GetName() == resendType {
				resent[path.Base(path.Dir(info.GetExecution().GetWorkflowId()))]++
				continue
			}
			of := all[info.GetExecution().GetWorkflowId()]
			if info.GetType().GetName() == orderType {
				of.orders++
				of.runs = append(of.runs, info.GetExecution().GetRunId())
			}
			if began := info.GetStartTime().AsTime(); of.first == "" || began.Before(of.began) {
				of.first, of.began = info.GetExecution().GetRunId(), began
			}
			all[info.GetExecution().GetWorkflowId()] = of
		}
		if len(page.GetNextPageToken()) == 0 {
			return all, resent, nil
		}
		request.NextPageToken = page.GetNextPageToken()
	}
}

// newest returns the newest run of a workflow.
func (r reader) newest(ctx context.Context, id string, of family) (Workflow, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	w := Workflow{ID: id, OrderID: id[strings.LastIndex(id, "/")+1:]}
	d, err := r.service.DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{
		Namespace: r.namespace, Execution: &commonpb.WorkflowExecution{WorkflowId: id},
	}, grpc.WaitForReady(true))
	if err != nil {
		return w, err
	}
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
	sent := attempts{}
	chain, err := r.readHistory(ctx, &w, d.GetWorkflowExecutionInfo().GetExecution(), sent)
	// Polls start children. Receivers start no workflow whose ID is taken, so that a chain of runs which is not the first
	// with its ID was started by a person. A reset continues the chain.
	w.ByHand = d.GetWorkflowExecutionInfo().GetParentExecution() == nil && chain != of.first
	for _, run := range of.runs {
		if err != nil || run == d.GetWorkflowExecutionInfo().GetExecution().GetRunId() {
			continue
		}
		err = r.eachEvent(ctx, &commonpb.WorkflowExecution{WorkflowId: id, RunId: run}, sent.reader())
		if status.Code(err) == codes.NotFound { // It was deleted.
			err = nil
		}
	}
	w.MailsCutOff = sent.cutOff()
	return w, err
}

// readHistory reads why a run failed and how many attempts were cut off, and returns the ID of the first run of its chain.
// Error types are not encrypted.
func (r reader) readHistory(
	ctx context.Context, w *Workflow, run *commonpb.WorkflowExecution, sent attempts,
) (chain string, err error) {
	mails := sent.reader()
	err = r.eachEvent(ctx, run, func(e *historypb.HistoryEvent) {
		mails(e)
		if started := e.GetWorkflowExecutionStartedEventAttributes(); started != nil {
			chain = started.GetFirstExecutionRunId()
		}
		// The history shows a failed attempt that was retried only as the last failure of the following attempt.
		last := e.GetActivityTaskStartedEventAttributes().GetLastFailure()
		if last.GetTimeoutFailureInfo() != nil || e.GetActivityTaskTimedOutEventAttributes() != nil {
			w.CutOff++
		}
		failure := e.GetWorkflowExecutionFailedEventAttributes().GetFailure()
		if kind := failure.GetApplicationFailureInfo().GetType(); kind != "" {
			w.Kind = kind
		}
	})
	return chain, err
}

// eachEvent calls read for each event in the history of a run.
func (r reader) eachEvent(ctx context.Context, run *commonpb.WorkflowExecution, read func(*historypb.HistoryEvent)) error {
	request := &workflowservice.GetWorkflowExecutionHistoryRequest{Namespace: r.namespace, Execution: run}
	for {
		page, err := r.service.GetWorkflowExecutionHistory(ctx, request, grpc.WaitForReady(true))
		if err != nil {
			return err
		}
		for _, e := range page.GetHistory().GetEvents() {
			read(e)
		}
		if len(page.GetNextPageToken()) == 0 {
			return nil
		}
		request.NextPageToken = page.GetNextPageToken()
	}
}
