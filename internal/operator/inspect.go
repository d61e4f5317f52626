package operator

import (
	"context"
	"errors"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/workflows"
)

// Namespace returns the name of the namespace.
func (o *Operator) Namespace() string { return o.namespace }

// ServerVersion asks Temporal for its version.
func (o *Operator) ServerVersion(ctx context.Context) (string, error) {
	info, err := o.client.WorkflowService().GetSystemInfo(ctx, &workflowservice.GetSystemInfoRequest{})
	if err != nil {
		return "", fmt.Errorf("ask Temporal for its version: %w", err)
	}
	return info.GetServerVersion(), nil
}

// ScheduleComparison is how a schedule stands beside the configuration.
type ScheduleComparison struct {
	ScheduleStatus
	// Wanted tells that the configuration asks for the schedule.
	Wanted bool
	// Unreadable says why the schedule cannot be compared, though it is there; nil where it can.
	Unreadable error
	// Differs tells that the schedule is not what the configuration says.
	Differs bool
	// OtherKey tells that it says the same, and is not encrypted as it would be now.
	OtherKey bool
}

// ComparePollSchedule compares the poll's schedule with the configuration.
func (o *Operator) ComparePollSchedule(ctx context.Context) (ScheduleComparison, error) {
	want := o.pollSchedule()
	pin, err := o.Pinned(ctx)
	if err = ignoreUnreadable(err); err != nil {
		return ScheduleComparison{}, err
	}
	if pin != nil {
		input := o.PollInput()
		input.Identity = &pin.Identity
		if have, err := o.scheduledInput(ctx); err == nil {
			input.MatchBy = o.matchBy(have, pin)
			if have != nil {
				input.WidenedAt = have.WidenedAt
			}
		}
		want.input = input
	}
	return o.compare(ctx, want)
}

// CompareDigestSchedule compares the digest's schedule with the configuration.
func (o *Operator) CompareDigestSchedule(ctx context.Context) (ScheduleComparison, error) {
	return o.compare(ctx, o.digestSchedule())
}

func (o *Operator) compare(ctx context.Context, want schedule) (out ScheduleComparison, err error) {
	out.Wanted = !want.off
	if out.ScheduleStatus, err = o.schedule(ctx, want.id, nil); err != nil || !out.Exists || want.off {
		return out, err
	}
	d, err := o.client.ScheduleClient().GetHandle(ctx, want.id).Describe(ctx)
	if unreadable, ok := errors.AsType[*codec.UnreadableError](err); ok {
		out.Unreadable = unreadable
		return out, nil
	}
	if err != nil {
		return out, fmt.Errorf("describe schedule %s: %w", want.id, err)
	}
	input, action := inputOf(d.Schedule)
	if input == nil {
		out.Differs = true
		return out, nil
	}
	var content any
	if err := o.converter.FromPayload(input, &content); err != nil {
		out.Unreadable = err
		return out, nil
	}
	out.Differs = !o.sameContent(d.Schedule, input, action, want)
	out.OtherKey = !o.sameKey(input, want.input)
	return out, nil
}

// maxOpened is how many workflows ReadStored opens.
const maxOpened = 5

// ReadStored opens what the namespace holds: the inputs of the schedules and of the newest workflows. It returns how
// many it has read, and a [*codec.UnreadableError] for the first that the keys at hand do not open.
func (o *Operator) ReadStored(ctx context.Context) (read int, err error) {
	for _, id := range []string{workflows.PollScheduleID, workflows.DigestScheduleID} {
		d, err := o.client.WorkflowService().DescribeSchedule(ctx,
			&workflowservice.DescribeScheduleRequest{Namespace: o.namespace, ScheduleId: id})
		if isNotFound(err) {
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
	query := fmt.Sprintf("WorkflowType IN (%s, %s, %s)", quote(workflows.PollOrdersType),
		quote(workflows.GiftCardOrderType), quote(workflows.DailyDigestType))
	err = o.scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		if err := o.openRun(ctx, info.GetExecution()); err != nil {
			return false, err
		}
		opened++
		return opened < maxOpened, nil
	})
	return read + opened, err
}

// openRun opens what a workflow was started with. One that is gone by now is none to open.
func (o *Operator) openRun(ctx context.Context, run *commonpb.WorkflowExecution) error {
	page, err := o.client.WorkflowService().GetWorkflowExecutionHistory(ctx,
		&workflowservice.GetWorkflowExecutionHistoryRequest{Namespace: o.namespace, Execution: run, MaximumPageSize: 1})
	if isNotFound(err) {
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

func (o *Operator) open(payloads *commonpb.Payloads) error {
	for _, p := range payloads.GetPayloads() {
		var content any
		if err := o.converter.FromPayload(p, &content); err != nil {
			return err
		}
	}
	return nil
}
