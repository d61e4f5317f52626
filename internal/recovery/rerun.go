package recovery

import (
	"context"
	"fmt"
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/time/rate"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

const (
	// rerunPage is the number of failed runs in a page.
	rerunPage = 100
	// rerunsPerSecond bounds the resets: rerun orders share the issuer with new ones.
	rerunsPerSecond = 20
)

// RerunFailed reruns failed orders: the ones named in the input, or a page of all failed orders. It implements
// activities.Executions.
//
// An order is judged by its newest run. An order whose newest run is not failed is left alone, and a run that was reset
// before is never the newest. Terminated and cancelled runs are rerun only if they are named.
func (o *Recovery) RerunFailed(
	ctx context.Context, in activities.RerunFailedOrdersInput,
) (activities.RerunFailedOrdersResult, error) {
	pace := rate.NewLimiter(rerunsPerSecond, 1)
	var out activities.RerunFailedOrdersResult
	ids, listed := in.Orders, map[string][]string{}
	if len(ids) == 0 {
		page, err := o.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: o.Namespace(), PageSize: rerunPage, NextPageToken: in.PageToken,
			Query: "WorkflowType = " + executions.Quote(workflows.GiftCardOrderType) + " AND ExecutionStatus IN ('Failed','TimedOut')",
		})
		if err != nil {
			return out, fmt.Errorf("list failed orders: %w", err)
		}
		out.PageToken = page.GetNextPageToken()
		for _, info := range page.GetExecutions() {
			id := info.GetExecution().GetWorkflowId()
			ids = append(ids, id)
			listed[id] = append(listed[id], info.GetExecution().GetRunId())
		}
		slices.Sort(ids)
		ids = slices.Compact(ids)
	}
	for _, id := range ids {
		order, failed, err := o.rerun(ctx, id, listed[id], in, pace)
		if err != nil {
			return out, err
		}
		switch {
		case order.RunID != "":
			out.Rerun++
		case failed || len(in.Orders) > 0:
			out.LeftAlone++
		}
		if len(in.Orders) > 0 {
			out.Orders = append(out.Orders, order)
		}
	}
	return out, nil
}

// rerun resets one order, unless there is a reason not to. failed reports whether the order is failed: a page also
// contains orders that have recovered since. listed holds the order's failed runs in the page, and is empty if the
// order was named.
func (o *Recovery) rerun(
	ctx context.Context, workflowID string, listed []string, in activities.RerunFailedOrdersInput, pace *rate.Limiter,
) (out activities.RerunOrder, failed bool, err error) {
	out.WorkflowID = workflowID
	d, err := o.Client.DescribeWorkflowExecution(ctx, workflowID, "")
	if executions.IsNotFound(err) {
		out.LeftAlone = "Temporal does not have it, or has deleted it"
		return out, false, nil
	}
	if err != nil {
		return out, false, fmt.Errorf("describe %s: %w", workflowID, err)
	}
	newest := d.GetWorkflowExecutionInfo()
	if at := d.GetWorkflowExtendedInfo().GetLastResetTime(); at != nil && at.AsTime().After(in.Since) {
		// An earlier page has reset it, or an earlier attempt whose answer was lost. The reset of an earlier attempt is
		// counted.
		reset, err := o.resetInto(ctx, workflowID, listed, newest.GetExecution().GetRunId())
		if reset || len(in.Orders) > 0 {
			out.RunID = newest.GetExecution().GetRunId()
		}
		return out, false, err
	}
	if in.Run != "" && newest.GetExecution().GetRunId() != in.Run {
		out.LeftAlone = "it was run again, or decided about, meanwhile"
		return out, false, nil
	}
	out.LeftAlone = notFailed(newest, in)
	switch o.Order(newest).State { // Only the memo tells these from orders that are left to people.
	case executions.Settled:
		out.LeftAlone = "it is settled by hand; " + buildinfo.Program + " orders settle --undo takes that back"
	case executions.Redacted:
		out.LeftAlone = "it is redacted: nothing issues it again"
	default:
	}
	if out.LeftAlone != "" {
		return out, false, nil
	}
	run, err := o.ReadFailedRun(ctx, workflowID, newest.GetExecution().GetRunId())
	if err != nil {
		return out, true, err
	}
	if out.LeftAlone = notToRerun(run, in); out.LeftAlone != "" {
		return out, true, nil
	}
	if err := pace.Wait(ctx); err != nil {
		return out, true, err
	}
	out.RunID, err = o.reset(ctx, newest, run.ResetPoint, in.Reason)
	return out, true, err
}

// resetInto reports whether a reset of one of the runs created the run newest.
func (o *Recovery) resetInto(ctx context.Context, workflowID string, runs []string, newest string) (bool, error) {
	for _, run := range runs {
		d, err := o.Client.DescribeWorkflowExecution(ctx, workflowID, run)
		if err != nil && !executions.IsNotFound(err) {
			return false, fmt.Errorf("describe %s: %w", workflowID, err)
		}
		if d.GetWorkflowExtendedInfo().GetResetRunId() == newest {
			return true, nil
		}
	}
	return false, nil
}

// notFailed returns why the newest run of an order is not one to rerun, or the empty string if it is.
func notFailed(newest *workflowpb.WorkflowExecutionInfo, in activities.RerunFailedOrdersInput) string {
	terminated := newest.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED
	switch state := executions.OrderState(newest); {
	case state == executions.Left:
		return "it is left to people; " + buildinfo.Program + " orders release issues its cards"
	case state == executions.Running:
		return "it is running"
	case state == executions.Completed:
		return "it has succeeded"
	case state == executions.Canceled && len(in.Orders) == 0:
		return "it was cancelled"
	case terminated && len(in.Orders) == 0:
		return "it was terminated"
	}
	return ""
}

// notToRerun returns why a failed run is not rerun, or the empty string if it is.
func notToRerun(run executions.FailedRun, in activities.RerunFailedOrdersInput) string {
	kind := giftcard.Kind(run.Failure.Kind)
	switch {
	case len(in.Kinds) > 0 && !slices.Contains(in.Kinds, kind):
		return "it failed as " + run.Failure.Kind
	case slices.Contains(giftcard.Kinds, kind) && !run.Curable() && !in.Force:
		return "it failed as " + run.Failure.Kind + ", which a re-run does not cure; use --force to run it anyway"
	case run.ResetPoint == 0:
		return "no step of it has been taken yet, so there is none to take again"
	}
	return ""
}

// reset resets the given run and returns the new run. If another run is the newest by now, Temporal still resets the
// given one, which is why all reruns go through one workflow.
func (o *Recovery) reset(
	ctx context.Context, run *workflowpb.WorkflowExecutionInfo, eventID int64, reason string,
) (string, error) {
	answer, err := o.Client.ResetWorkflowExecution(ctx, &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: o.Namespace(),
		WorkflowExecution: &commonpb.WorkflowExecution{
			WorkflowId: run.GetExecution().GetWorkflowId(), RunId: run.GetExecution().GetRunId(),
		},
		Reason:                    reason,
		WorkflowTaskFinishEventId: eventID,
		RequestId:                 "rerun/" + run.GetExecution().GetRunId(),
	})
	if err != nil {
		return "", fmt.Errorf("run %s again: %w", run.GetExecution().GetWorkflowId(), err)
	}
	return answer.GetRunId(), nil
}

// CountRunning counts the running orders that were started, or rerun, since the given time. It implements
// activities.Executions.
func (o *Recovery) CountRunning(ctx context.Context, since time.Time) (int, error) {
	count, err := o.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: o.Namespace(),
		Query: "WorkflowType = " + executions.Quote(workflows.GiftCardOrderType) +
			" AND ExecutionStatus = 'Running' AND StartTime >= " + executions.QuoteTime(since),
	})
	if err != nil {
		return 0, fmt.Errorf("count running orders: %w", err)
	}
	return int(count.GetCount()), nil
}

// Rerun is a rerun that was started on request.
type Rerun struct {
	Link string `json:"link"`
	run  client.WorkflowRun
}

// Wait waits for the rerun and returns its result.
func (r *Rerun) Wait(ctx context.Context) (workflows.RerunOrdersResult, error) {
	var out workflows.RerunOrdersResult
	return out, executions.Explain(ctx, r.run.Get(ctx, &out))
}

// RerunUnderWayError reports that failed orders are already being rerun.
type RerunUnderWayError struct {
	// Link is the page of the workflow that reruns them.
	Link string
}

// Error implements error.
func (e *RerunUnderWayError) Error() string {
	return fmt.Sprintf("another re-run is in progress (%s); try again when it is done", e.Link)
}

// RerunOrders starts the workflow that reruns failed orders. It fails while another rerun is running.
func (o *Recovery) RerunOrders(ctx context.Context, in workflows.RerunOrdersInput) (*Rerun, error) {
	if err := o.CanRead(ctx); err != nil {
		return nil, err
	}
	run, err := o.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       workflows.RerunOrdersID,
		TaskQueue:                                workflows.TaskQueue,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		WorkflowRunTimeout:                       workflows.RerunTimeout,
		StaticSummary:                            "Run failed orders again",
	}, workflows.RerunOrdersType, in)
	if executions.IsAlreadyStarted(err) {
		return nil, &RerunUnderWayError{Link: o.Link(workflows.RerunOrdersID, "")}
	}
	if err != nil {
		return nil, fmt.Errorf("start the re-run: %w", err)
	}
	return &Rerun{Link: o.Link(run.GetID(), run.GetRunID()), run: run}, nil
}
