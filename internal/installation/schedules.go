package installation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

// The outcomes of EnsureSchedules, in Change.Did.
const (
	Created   = "created"
	Updated   = "updated"
	Unchanged = "unchanged"
	Removed   = "removed"
	// Off means that the schedule is not configured.
	Off = "off"
)

// Change is the outcome of EnsureSchedules for one search attribute or schedule.
type Change struct {
	// What names the search attribute or schedule, such as "schedule poll-orders".
	What string `json:"what"`
	// Did is [Created], [Updated], [Unchanged], [Removed] or [Off].
	Did string `json:"did"`
	// Fields lists the fields that an update changes, as "field: old -> new".
	Fields []string `json:"fields,omitempty"`
}

const (
	// pollCatchUp is how late a poll may start. It is short on purpose: a poll reads from the watermark, so one poll
	// makes up for all missed ones.
	pollCatchUp = time.Minute
	// digestCatchUp is how late a digest may start: a mail at night is better than no mail.
	digestCatchUp = 12 * time.Hour
)

// EnsureSchedules creates what a namespace needs, or updates it to match the configuration. It is safe to run on every
// deploy: it leaves alone what is right, and a paused schedule stays paused. Without a mail server there is no digest.
func (o *Installation) EnsureSchedules(ctx context.Context, e settings.Ensure) ([]Change, error) {
	if err := o.checkRetention(ctx); err != nil {
		return nil, err
	}
	poll := o.pollSchedule()
	have, err := o.ScheduledInput(ctx)
	if err != nil && !e.UnreadableIsReplaced(err) {
		return nil, err
	}
	if have != nil && !e.Yes && !have.CreatedAtMin.Equal(o.PollInput().CreatedAtMin) {
		return nil, &ConfirmError{fmt.Sprintf("CREATED_AT_MIN changes from %s to %s. Orders created before the new time "+
			"are not taken in. If the new time is earlier, orders created between the two are taken in once they change in "+
			"Shopify or are polled with: "+buildinfo.Program+" poll --since",
			have.CreatedAtMin.Format(time.RFC3339), o.PollInput().CreatedAtMin.UTC().Format(time.RFC3339))}
	}
	pin, err := o.Pinned(ctx)
	if err = settings.IgnoreUnreadable(err); err != nil {
		return nil, err
	}
	input := o.PollInput()
	input.MatchBy, input.WidenedAt = o.MatchBy(have, pin), widenedAt(have, input)
	if input.Identity, err = o.Identity(pin, e); err != nil {
		return nil, err
	}
	poll.input = input
	digest := o.digestSchedule()
	if digest.off && !e.Yes {
		d, err := o.Schedule(ctx, digest.id, nil)
		if err != nil {
			return nil, err
		}
		if d.Exists {
			return nil, &ConfirmError{"without SMTP_HOST the daily digest is removed: failed orders are no longer reported " +
				"by mail"}
		}
	}
	changes, err := o.ensureSearchAttributes(ctx, e.DryRun)
	if err != nil {
		return changes, err
	}
	for _, s := range []schedule{poll, o.sweepSchedule(input), o.watchSchedule(), digest} {
		change, err := o.ensure(ctx, s, e.DryRun)
		if err != nil {
			return changes, fmt.Errorf("ensure schedule %s: %w", s.id, err)
		}
		changes = append(changes, change)
	}
	// Where customers get no messages, nothing is said of it.
	change, err := o.ensure(ctx, o.messagesSchedule(input), e.DryRun)
	if err != nil {
		return changes, fmt.Errorf("ensure schedule %s: %w", workflows.SweepMessagesScheduleID, err)
	}
	if change.Did != Off {
		changes = append(changes, change)
	}
	return changes, nil
}

// widenedAt returns when the poll's rules were last widened to orders that they had excluded before.
func widenedAt(have *workflows.PollOrdersInput, want workflows.PollOrdersInput) time.Time {
	if have == nil {
		return time.Time{}
	}
	more := slices.ContainsFunc(want.SKUs, func(sku string) bool { return !slices.Contains(have.SKUs, sku) })
	if more || want.CreatedAtMin.Before(have.CreatedAtMin) {
		return time.Now().UTC().Truncate(time.Second)
	}
	return have.WidenedAt
}

// PollEarlier returns the poll by hand that reads all orders that may still be taken in.
func PollEarlier(maxOrderAge time.Duration) string {
	return fmt.Sprintf(buildinfo.Program+" poll --since %dh", int(math.Ceil(maxOrderAge.Hours())))
}

// MakesUp returns what to run by hand for earlier orders after a change of the rules: a poll looks only at orders that
// have changed since the last poll.
func MakesUp(c Change, maxOrderAge time.Duration) []string {
	var out []string
	for _, field := range c.Fields {
		name, _, _ := strings.Cut(field, ":")
		switch name {
		case "skus", "created_at_min":
			out = append(out, "to take in earlier orders, run: "+PollEarlier(maxOrderAge))
		}
		switch name {
		case "skus", "companion_skus", "hold_underpaid", "hold_risky":
			out = append(out, "orders that were left to an operator stay so; to list those that the new rules would not "+
				"leave, run: "+buildinfo.Program+" orders release --all --rejudge --dry-run")
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// ConfirmError reports a change that needs confirmation, and what it loses.
type ConfirmError struct{ what string }

// Error implements error.
func (e *ConfirmError) Error() string { return e.what + "; to confirm, pass --yes" }

func (o *Installation) ensureSearchAttributes(ctx context.Context, dryRun bool) ([]Change, error) {
	service := o.Client.OperatorService()
	have, err := service.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: o.Namespace()})
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
			return nil, fmt.Errorf("search attribute %s has type %s but must have type %s: Temporal cannot change the type; "+
				"remove it (temporal operator search-attribute remove --name %s) and run this command again",
				name, got, want[name], name)
		}
		changes = append(changes, Change{What: "search attribute " + name, Did: did})
	}
	if len(missing) == 0 || dryRun {
		return changes, nil
	}
	_, err = service.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: o.Namespace(), SearchAttributes: missing,
	})
	if err != nil {
		return nil, fmt.Errorf("add search attributes %s (on Temporal Cloud: add them with tcld or in its console): %w",
			strings.Join(slices.Sorted(maps.Keys(missing)), ", "), err)
	}
	return changes, nil
}

// schedule is a schedule as the configuration defines it.
type schedule struct {
	id, workflow, summary string
	off                   bool
	spec                  client.ScheduleSpec
	catchUp               time.Duration
	input                 any
}

func (o *Installation) pollSchedule() schedule {
	return schedule{
		id: workflows.PollScheduleID, workflow: workflows.PollOrdersType,
		summary: "Poll Shopify for gift-card orders",
		spec:    client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: o.Configured().PollEvery}}},
		catchUp: pollCatchUp,
		input:   o.PollInput(),
	}
}

const (
	// sweepRecent is how far back each sweep looks.
	sweepRecent = 48 * time.Hour
	disputesOf  = 60 * 24 * time.Hour // Shopify shows most apps no older orders.
	// sweepCatchUp is how late a sweep may start: the next sweep looks at the same orders.
	sweepCatchUp = time.Minute
)

// sweepSchedule returns the schedule of the sweep, which follows the poll's rules.
func (o *Installation) sweepSchedule(poll workflows.PollOrdersInput) schedule {
	return schedule{
		id: workflows.SweepScheduleID, workflow: workflows.SweepOrdersType,
		summary: "Look for gift-card orders that polls have missed",
		spec:    client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: o.Configured().SweepEvery}}},
		catchUp: sweepCatchUp,
		input:   o.sweepInput(poll),
	}
}

func (o *Installation) sweepInput(poll workflows.PollOrdersInput) workflows.SweepOrdersInput {
	return workflows.SweepOrdersInput{
		Poll: poll, Every: workflows.Duration(o.Configured().SweepEvery), Recent: workflows.Duration(sweepRecent),
		After:           workflows.Duration(settings.StaleAfter(o.Configured().PollEvery, time.Duration(o.PollInput().SettleDelay))),
		CancelledOrders: o.Configured().CancelledOrders, DisputesOf: workflows.Duration(disputesOf),
	}
}

func (o *Installation) digestSchedule() schedule {
	at := o.Configured().Digest.At
	return schedule{
		id: workflows.DigestScheduleID, workflow: workflows.DailyDigestType,
		summary: "Report failed gift-card orders",
		off:     !o.Configured().Mail,
		// Temporal applies the zone's daylight saving time. A time that a clock change skips has no digest on that day;
		// a time that it repeats has two. Each digest begins where the last one ended.
		spec: client.ScheduleSpec{
			Calendars: []client.ScheduleCalendarSpec{{
				Hour: []client.ScheduleRange{{Start: at.Hour}}, Minute: []client.ScheduleRange{{Start: at.Minute}},
			}},
			TimeZoneName: o.Configured().Digest.TimeZone,
		},
		catchUp: digestCatchUp,
		input: workflows.DailyDigestInput{
			Rerun:     o.Configured().Digest.Rerun,
			RerunWait: workflows.Duration(o.Configured().Digest.RerunWait),
			SendEmpty: o.Configured().Digest.SendEmpty,
		},
	}
}

// ensure creates, updates or removes one schedule. Several processes may do so at the same moment.
func (o *Installation) ensure(ctx context.Context, want schedule, dryRun bool) (Change, error) {
	schedules, change := o.Client.ScheduleClient(), Change{What: "schedule " + want.id}
	found, err := schedules.GetHandle(ctx, want.id).Describe(ctx)
	switch exists := !executions.IsNotFound(err); {
	case exists && err != nil:
		return change, err
	case want.off && !exists:
		change.Did = Off
		return change, nil
	case want.off:
		change.Did = Removed
		if dryRun {
			return change, nil
		}
		// Another process may have removed it in between.
		if err := schedules.GetHandle(ctx, want.id).Delete(ctx); !executions.IsNotFound(err) {
			return change, err
		}
		return change, nil
	case !exists:
		change.Did = Created
		if dryRun {
			return change, nil
		}
		err := o.create(ctx, want)
		if errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
			// Another worker that starts at the same moment has created it, perhaps by another configuration.
			return o.ensure(ctx, want, dryRun)
		}
		return change, err
	case o.same(found.Schedule, want):
		change.Did = Unchanged
		return change, nil
	}
	change.Did, change.Fields = Updated, o.difference(found.Schedule, want)
	if dryRun {
		return change, nil
	}
	return change, schedules.GetHandle(ctx, want.id).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(have client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			found := have.Description.Schedule
			found.Spec, found.Action = &want.spec, want.action()
			found.Policy.Overlap = enumspb.SCHEDULE_OVERLAP_POLICY_SKIP
			found.Policy.CatchupWindow = want.catchUp
			// The state is kept: a deploy must not resume a schedule that an operator has paused.
			return &client.ScheduleUpdate{Schedule: &found}, nil
		},
	})
}

func (o *Installation) create(ctx context.Context, want schedule) error {
	_, err := o.Client.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID:            want.id,
		Spec:          want.spec,
		Action:        want.action(),
		Overlap:       enumspb.SCHEDULE_OVERLAP_POLICY_SKIP,
		CatchupWindow: want.catchUp,
	})
	return err
}

func (s schedule) action() *client.ScheduleWorkflowAction {
	return &client.ScheduleWorkflowAction{
		ID:            s.id,
		Workflow:      s.workflow,
		Args:          []any{s.input},
		TaskQueue:     workflows.TaskQueue,
		StaticSummary: s.summary,
	}
}
