package executions

import (
	"context"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/workflows"
)

// maxOpened is the maximum number of workflows that ReadStored decrypts.
const maxOpened = 5

// ReadStored decrypts what the namespace holds: the inputs of the poll and digest schedules and of the newest
// workflows. It returns the number of inputs that it has read, and a [*codec.UnreadableError] for the first input that
// the available keys cannot decrypt.
func (o *Reader) ReadStored(ctx context.Context) (read int, err error) {
	for _, id := range []string{workflows.PollScheduleID, workflows.DigestScheduleID} {
		d, err := o.Client.WorkflowService().DescribeSchedule(ctx,
			&workflowservice.DescribeScheduleRequest{Namespace: o.namespace, ScheduleId: id})
		if IsNotFound(err) {
			continue
		}
		if err != nil {
			return read, fmt.Errorf("describe schedule %s: %w", id, err)
		}
		if err := o.open(d.GetSchedule().GetAction().GetStartWorkflow().GetInput()); err != nil {
			return read, fmt.Errorf("open the input of schedule %s: %w", id, err)
		}
		read++
	}
	opened := 0
	query := fmt.Sprintf("WorkflowType IN (%s, %s, %s)", Quote(workflows.PollOrdersType),
		Quote(workflows.GiftCardOrderType), Quote(workflows.DailyDigestType))
	err = o.Scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		if err := o.openRun(ctx, info.GetExecution()); err != nil {
			return false, err
		}
		opened++
		return opened < maxOpened, nil
	})
	return read + opened, err
}

// openRun decrypts the input of a workflow. It skips a workflow that no longer exists.
func (o *Reader) openRun(ctx context.Context, run *commonpb.WorkflowExecution) error {
	page, err := o.Client.WorkflowService().GetWorkflowExecutionHistory(ctx,
		&workflowservice.GetWorkflowExecutionHistoryRequest{Namespace: o.namespace, Execution: run, MaximumPageSize: 1})
	if IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the history of %s: %w", run.GetWorkflowId(), err)
	}
	for _, e := range page.GetHistory().GetEvents() {
		if err := o.open(e.GetWorkflowExecutionStartedEventAttributes().GetInput()); err != nil {
			return fmt.Errorf("open the input of %s: %w", run.GetWorkflowId(), err)
		}
	}
	return nil
}

func (o *Reader) open(payloads *commonpb.Payloads) error {
	for _, p := range payloads.GetPayloads() {
		var content any
		if err := o.Converter.FromPayload(p, &content); err != nil {
			return err
		}
	}
	return nil
}

// CanRead returns an error if the available keys cannot decrypt what the namespace holds. Workers could not read what
// those keys encrypt, so a workflow that is started with them makes no progress, and may block others.
func (o *Reader) CanRead(ctx context.Context) error {
	if _, err := o.ReadStored(ctx); err != nil {
		return fmt.Errorf("nothing was started, as workers could not read it: %w", err)
	}
	return nil
}
