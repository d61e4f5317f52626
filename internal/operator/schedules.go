package operator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/workflows"
)

// What EnsureSchedules did.
const (
	Created   = "created"
	Updated   = "updated"
	Unchanged = "unchanged"
)

// Change is one thing that EnsureSchedules made sure of.
type Change struct {
	// What it is, such as "schedule poll-orders".
	What string `json:"what"`
	// Did is [Created], [Updated] or [Unchanged].
	Did string `json:"did"`
}

// catchUp is how late a poll may start. Short on purpose: a poll reads from the watermark, so one poll makes up for all
// that were missed.
const catchUp = time.Minute

// EnsureSchedules creates what a namespace needs, or brings it up to the configuration. It is safe on every deploy: what
// is right is left alone, and a paused schedule stays paused.
func (o *Operator) EnsureSchedules(ctx context.Context) ([]Change, error) {
	if err := o.checkRetention(ctx); err != nil {
		return nil, err
	}
	changes, err := o.ensureSearchAttributes(ctx)
	if err != nil {
		return changes, err
	}
	did, err := o.ensurePollSchedule(ctx)
	if err != nil {
		return changes, fmt.Errorf("ensure schedule %s: %w", workflows.PollScheduleID, err)
	}
	return append(changes, Change{What: "schedule " + workflows.PollScheduleID, Did: did}), nil
}

func (o *Operator) ensureSearchAttributes(ctx context.Context) ([]Change, error) {
	service := o.client.OperatorService()
	have, err := service.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: o.namespace})
	if err != nil {
		return nil, fmt.Errorf("list search attributes: %w", err)
	}
	want := workflows.SearchAttributes()
	missing := map[string]enumspb.IndexedValueType{}
	var changes []Change
	for _, name := range slices.Sorted(maps.Keys(want)) {
		did := Unchanged
		switch got, ok := have.GetCustomAttributes()[name]; {
		case !ok:
			missing[name], did = want[name], Created
		case got != want[name]:
			return nil, fmt.Errorf("search attribute %s is of type %s and must be %s: Temporal cannot change that; "+
				"remove it (temporal operator search-attribute remove --name %s) and run this again",
				name, got, want[name], name)
		}
		changes = append(changes, Change{What: "search attribute " + name, Did: did})
	}
	if len(missing) == 0 {
		return changes, nil
	}
	_, err = service.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: o.namespace, SearchAttributes: missing,
	})
	if err != nil {
		return nil, fmt.Errorf("add search attributes %s (on Temporal Cloud: add them with tcld or in its console): %w",
			strings.Join(slices.Sorted(maps.Keys(missing)), ", "), err)
	}
	return changes, nil
}

// PollInput returns the configuration record of the poll.
func (o *Operator) PollInput() workflows.PollOrdersInput {
	c := o.cfg
	in := workflows.PollOrdersInput{
		SKUs:         c.Orders.GiftCardSKUs,
		CreatedAtMin: c.Orders.CreatedAtMin.UTC(),
		MaxOrderAge:  workflows.Duration(c.Orders.MaxOrderAge),
		Overlap:      workflows.Duration(c.Poll.Overlap),
		SettleDelay:  workflows.Duration(c.Poll.SettleDelay),
		PageSize:     c.Poll.PageSize,
		IncludeTest:  c.Orders.IncludeTestOrders,
		AuditPrefix:  c.Issue.AuditPrefix,
		RetryBudget:  workflows.Duration(c.Issue.RetryBudget),
	}
	if c.CashStar.MaxRPS > 0 {
		in.IssueTaskQueue = workflows.IssueTaskQueue
	}
	return in
}

func (o *Operator) ensurePollSchedule(ctx context.Context) (string, error) {
	in := o.PollInput()
	spec := client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: o.cfg.Poll.Interval}}}
	action := &client.ScheduleWorkflowAction{
		ID:            workflows.PollScheduleID,
		Workflow:      workflows.PollOrdersType,
		Args:          []any{in},
		TaskQueue:     workflows.TaskQueue,
		StaticSummary: "Poll Shopify for gift-card orders",
	}
	schedules := o.client.ScheduleClient()
	_, err := schedules.Create(ctx, client.ScheduleOptions{
		ID:            workflows.PollScheduleID,
		Spec:          spec,
		Action:        action,
		Overlap:       enumspb.SCHEDULE_OVERLAP_POLICY_SKIP,
		CatchupWindow: catchUp,
	})
	if err == nil {
		return Created, nil
	}
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return "", err
	}
	did := Unchanged
	err = schedules.GetHandle(ctx, workflows.PollScheduleID).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(have client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			schedule := have.Description.Schedule
			if o.samePoll(schedule, spec, in) {
				return nil, temporal.ErrSkipScheduleUpdate
			}
			did = Updated
			schedule.Spec, schedule.Action = &spec, action
			schedule.Policy.Overlap = enumspb.SCHEDULE_OVERLAP_POLICY_SKIP
			schedule.Policy.CatchupWindow = catchUp
			// The state goes along: a deploy must not resume what somebody has paused.
			return &client.ScheduleUpdate{Schedule: &schedule}, nil
		},
	})
	if err != nil && !errors.Is(err, temporal.ErrSkipScheduleUpdate) {
		return "", err
	}
	return did, nil
}

// samePoll tells whether the schedule is what the configuration wants. Inputs are compared decrypted: every encryption
// of the same input is different.
func (o *Operator) samePoll(have client.Schedule, spec client.ScheduleSpec, in workflows.PollOrdersInput) bool {
	action, ok := have.Action.(*client.ScheduleWorkflowAction)
	if !ok || len(action.Args) != 1 || have.Spec == nil || have.Policy == nil {
		return false
	}
	payload, ok := action.Args[0].(*commonpb.Payload)
	if !ok {
		return false
	}
	var haveIn workflows.PollOrdersInput
	if o.converter.FromPayload(payload, &haveIn) != nil {
		return false
	}
	haveJSON, haveErr := json.Marshal(haveIn)
	wantJSON, wantErr := json.Marshal(in)
	return haveErr == nil && wantErr == nil && string(haveJSON) == string(wantJSON) &&
		action.ID == workflows.PollScheduleID && action.TaskQueue == workflows.TaskQueue &&
		slices.Equal(have.Spec.Intervals, spec.Intervals) && len(have.Spec.Calendars) == 0 &&
		have.Policy.Overlap == enumspb.SCHEDULE_OVERLAP_POLICY_SKIP && have.Policy.CatchupWindow == catchUp
}
