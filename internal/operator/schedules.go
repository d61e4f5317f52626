package operator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/workflows"
)

// What EnsureSchedules did.
const (
	Created   = "created"
	Updated   = "updated"
	Unchanged = "unchanged"
	Removed   = "removed"
	// Off stands for what is not configured.
	Off = "off"
)

// Change is one thing that EnsureSchedules made sure of.
type Change struct {
	// What it is, such as "schedule poll-orders".
	What string `json:"what"`
	// Did is [Created], [Updated], [Unchanged], [Removed] or [Off].
	Did string `json:"did"`
}

const (
	// pollCatchUp is how late a poll may start. Short on purpose: a poll reads from the watermark, so one poll makes up
	// for all that were missed.
	pollCatchUp = time.Minute
	// digestCatchUp is how late a digest may start: a mail in the night is better than none.
	digestCatchUp = 12 * time.Hour
)

// EnsureSchedules creates what a namespace needs, or brings it up to the configuration. It is safe on every deploy: what
// is right is left alone, and a paused schedule stays paused. Without a mail server there is no digest.
func (o *Operator) EnsureSchedules(ctx context.Context) ([]Change, error) {
	if err := o.checkRetention(ctx); err != nil {
		return nil, err
	}
	changes, err := o.ensureSearchAttributes(ctx)
	if err != nil {
		return changes, err
	}
	for _, s := range []schedule{o.pollSchedule(), o.digestSchedule()} {
		did, err := o.ensure(ctx, s)
		if err != nil {
			return changes, fmt.Errorf("ensure schedule %s: %w", s.id, err)
		}
		changes = append(changes, Change{What: "schedule " + s.id, Did: did})
	}
	return changes, nil
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
		Companions:   c.Orders.CompanionSKUs,
		CreatedAtMin: c.Orders.CreatedAtMin.UTC(),
		MaxOrderAge:  workflows.Duration(c.Orders.MaxOrderAge),
		Overlap:      workflows.Duration(c.Poll.Overlap),
		SettleDelay:  workflows.Duration(c.Poll.SettleDelay),
		PageSize:     c.Poll.PageSize,
		IncludeTest:  c.Orders.IncludeTestOrders,

		HoldUnderpaid: c.Orders.Underpaid == config.Hold,

		AuditPrefix: c.Issue.AuditPrefix,
		RetryBudget: workflows.Duration(c.Issue.RetryBudget),
	}
	if c.CashStar.MaxRPS > 0 {
		in.IssueTaskQueue = workflows.IssueTaskQueue
	}
	return in
}

// schedule is a schedule as the configuration wants it.
type schedule struct {
	id, workflow, summary string
	off                   bool
	spec                  client.ScheduleSpec
	catchUp               time.Duration
	input                 any
}

func (o *Operator) pollSchedule() schedule {
	return schedule{
		id: workflows.PollScheduleID, workflow: workflows.PollOrdersType,
		summary: "Poll Shopify for gift-card orders",
		spec:    client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: o.cfg.Poll.Interval}}},
		catchUp: pollCatchUp,
		input:   o.PollInput(),
	}
}

func (o *Operator) digestSchedule() schedule {
	at := o.cfg.Digest.At
	return schedule{
		id: workflows.DigestScheduleID, workflow: workflows.DailyDigestType,
		summary: "Tell people which gift-card orders failed",
		off:     !o.cfg.SMTP.Enabled(),
		// Temporal knows the zone's daylight saving. A time that a change of the clocks skips has no digest on that day,
		// one that it repeats has two; each begins where the last one ended.
		spec: client.ScheduleSpec{
			Calendars: []client.ScheduleCalendarSpec{{
				Hour: []client.ScheduleRange{{Start: at.Hour}}, Minute: []client.ScheduleRange{{Start: at.Minute}},
			}},
			TimeZoneName: o.cfg.Digest.TimeZone,
		},
		catchUp: digestCatchUp,
		input: workflows.DailyDigestInput{
			Rerun:     o.cfg.Digest.Rerun,
			RerunWait: workflows.Duration(o.cfg.Digest.RerunWait),
			SendEmpty: o.cfg.Digest.SendEmpty,
		},
	}
}

func (o *Operator) ensure(ctx context.Context, want schedule) (string, error) {
	schedules := o.client.ScheduleClient()
	if want.off {
		err := schedules.GetHandle(ctx, want.id).Delete(ctx)
		if isNotFound(err) {
			return Off, nil
		}
		return Removed, err
	}
	action := &client.ScheduleWorkflowAction{
		ID:            want.id,
		Workflow:      want.workflow,
		Args:          []any{want.input},
		TaskQueue:     workflows.TaskQueue,
		StaticSummary: want.summary,
	}
	_, err := schedules.Create(ctx, client.ScheduleOptions{
		ID:            want.id,
		Spec:          want.spec,
		Action:        action,
		Overlap:       enumspb.SCHEDULE_OVERLAP_POLICY_SKIP,
		CatchupWindow: want.catchUp,
	})
	if err == nil {
		return Created, nil
	}
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return "", err
	}
	did := Unchanged
	err = schedules.GetHandle(ctx, want.id).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(have client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			found := have.Description.Schedule
			if o.same(found, want) {
				return nil, temporal.ErrSkipScheduleUpdate
			}
			did = Updated
			found.Spec, found.Action = &want.spec, action
			found.Policy.Overlap = enumspb.SCHEDULE_OVERLAP_POLICY_SKIP
			found.Policy.CatchupWindow = want.catchUp
			// The state goes along: a deploy must not resume what somebody has paused.
			return &client.ScheduleUpdate{Schedule: &found}, nil
		},
	})
	if err != nil && !errors.Is(err, temporal.ErrSkipScheduleUpdate) {
		return "", err
	}
	return did, nil
}

// same tells whether a schedule is what the configuration wants, under the key that encrypts now.
func (o *Operator) same(have client.Schedule, want schedule) bool {
	input, action := inputOf(have)
	return input != nil && o.sameKey(input, want.input) && o.sameContent(have, input, action, want)
}

// inputOf returns what a schedule of ours starts workflows with, nil if it is none of ours.
func inputOf(s client.Schedule) (*commonpb.Payload, *client.ScheduleWorkflowAction) {
	action, ok := s.Action.(*client.ScheduleWorkflowAction)
	if !ok || len(action.Args) != 1 || s.Spec == nil || s.Policy == nil {
		return nil, nil
	}
	input, _ := action.Args[0].(*commonpb.Payload)
	return input, action
}

// sameContent leaves the key aside. Inputs are compared decrypted: every encryption of the same input is different.
func (o *Operator) sameContent(
	have client.Schedule, input *commonpb.Payload, action *client.ScheduleWorkflowAction, want schedule,
) bool {
	var haveInput any
	if o.converter.FromPayload(input, &haveInput) != nil {
		return false
	}
	return sameJSON(haveInput, want.input) && sameSpec(*have.Spec, want.spec) &&
		action.ID == want.id && action.Workflow == want.workflow && action.TaskQueue == workflows.TaskQueue &&
		have.Policy.Overlap == enumspb.SCHEDULE_OVERLAP_POLICY_SKIP && have.Policy.CatchupWindow == want.catchUp
}

// sameKey tells whether a payload is encrypted as one would be now. A schedule that is still under an older key is
// written again, so that the key can be dropped some day.
func (o *Operator) sameKey(have *commonpb.Payload, input any) bool {
	fresh, err := o.converter.ToPayload(input)
	return err == nil && reflect.DeepEqual(have.GetMetadata(), fresh.GetMetadata())
}

func sameJSON(a, b any) bool {
	var decoded [2]any
	for i, v := range []any{a, b} {
		text, err := json.Marshal(v)
		if err != nil || json.Unmarshal(text, &decoded[i]) != nil {
			return false
		}
	}
	return reflect.DeepEqual(decoded[0], decoded[1])
}

// sameSpec compares what we set; the server fills in the rest.
func sameSpec(have, want client.ScheduleSpec) bool {
	start := func(r []client.ScheduleRange) int {
		if len(r) != 1 || (r[0].End != 0 && r[0].End != r[0].Start) {
			return -1
		}
		return r[0].Start
	}
	sameTime := func(a, b client.ScheduleCalendarSpec) bool {
		return start(a.Hour) == start(b.Hour) && start(a.Minute) == start(b.Minute)
	}
	return slices.Equal(have.Intervals, want.Intervals) && slices.EqualFunc(have.Calendars, want.Calendars, sameTime) &&
		have.TimeZoneName == want.TimeZoneName
}
