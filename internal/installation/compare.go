package installation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

// difference lists the fields of a schedule's input that an update changes, and says whether the schedule's times
// change.
func (o *Installation) difference(have client.Schedule, want schedule) []string {
	var out []string
	input, _ := settings.InputOf(have)
	var before, after map[string]any
	switch {
	case input == nil:
		return []string{"it was not created by giftbridge"}
	case o.Converter.FromPayload(input, &before) != nil:
		return []string{"its input cannot be read with these keys"}
	}
	text, err := json.Marshal(want.input)
	if err != nil || json.Unmarshal(text, &after) != nil {
		return nil
	}
	names := maps.Clone(before)
	maps.Copy(names, after)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !sameJSON(before[name], after[name]) {
			out = append(out, fmt.Sprintf("%s: %s -> %s", name, asJSON(before, name), asJSON(after, name)))
		}
	}
	if have.Spec != nil && !sameSpec(*have.Spec, want.spec) {
		out = append(out, "times at which it runs")
	}
	if len(out) == 0 {
		out = append(out, "encryption key, action or policy")
	}
	return out
}

// asJSON returns a field as JSON, or a dash if there is no such field.
func asJSON(fields map[string]any, name string) string {
	v, ok := fields[name]
	if !ok {
		return "-"
	}
	text, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return string(text)
}

// same reports whether a schedule matches the configuration and is encrypted with the current key.
func (o *Installation) same(have client.Schedule, want schedule) bool {
	input, action := settings.InputOf(have)
	return input != nil && o.sameKey(input, want.input) && o.sameContent(have, input, action, want)
}

// sameContent is same without the comparison of the key. It compares inputs decrypted, because every encryption of the
// same input is different.
func (o *Installation) sameContent(
	have client.Schedule, input *commonpb.Payload, action *client.ScheduleWorkflowAction, want schedule,
) bool {
	var haveInput any
	if o.Converter.FromPayload(input, &haveInput) != nil {
		return false
	}
	return sameJSON(haveInput, want.input) && sameSpec(*have.Spec, want.spec) &&
		action.ID == want.id && action.Workflow == want.workflow && action.TaskQueue == workflows.TaskQueue &&
		have.Policy.Overlap == enumspb.SCHEDULE_OVERLAP_POLICY_SKIP && have.Policy.CatchupWindow == want.catchUp
}

// sameKey reports whether a payload is encrypted as a new one would be. A schedule that is still encrypted with an
// older key is written again, so that the key can be dropped some day.
func (o *Installation) sameKey(have *commonpb.Payload, input any) bool {
	fresh, err := o.Converter.ToPayload(input)
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

// sameSpec compares the fields that giftbridge sets; the server fills in the rest.
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

// ScheduleStatus is the state of a schedule.
type ScheduleStatus struct {
	Exists bool      `json:"exists"`
	Paused bool      `json:"paused"`
	Note   string    `json:"note,omitempty"`
	NextAt time.Time `json:"next_at,omitzero"`
	// CreatedAt is when the schedule was created.
	CreatedAt time.Time `json:"created_at,omitzero"`
	// Interval is in seconds; 0 for a calendar-based schedule.
	Interval float64 `json:"interval_seconds,omitempty"`
}

// Schedule returns the state of a schedule, and reads its input if input is not nil. It does not use the SDK's schedule
// client, which fails if a payload cannot be read: whether a schedule runs can be seen without a key.
func (o *Installation) Schedule(
	ctx context.Context, id string, input **workflows.PollOrdersInput,
) (out ScheduleStatus, err error) {
	d, err := o.Client.WorkflowService().DescribeSchedule(ctx,
		&workflowservice.DescribeScheduleRequest{Namespace: o.Namespace(), ScheduleId: id})
	if executions.IsNotFound(err) {
		return out, nil
	}
	if err != nil {
		return out, fmt.Errorf("describe schedule %s: %w", id, err)
	}
	out = ScheduleStatus{
		Exists: true, CreatedAt: d.GetInfo().GetCreateTime().AsTime(),
		Paused: d.GetSchedule().GetState().GetPaused(), Note: d.GetSchedule().GetState().GetNotes(),
	}
	if next := d.GetInfo().GetFutureActionTimes(); len(next) > 0 {
		out.NextAt = next[0].AsTime()
	}
	if every := d.GetSchedule().GetSpec().GetInterval(); len(every) > 0 {
		out.Interval = every[0].GetInterval().AsDuration().Seconds()
	}
	var in workflows.PollOrdersInput
	args := d.GetSchedule().GetAction().GetStartWorkflow().GetInput().GetPayloads()
	if input != nil && len(args) == 1 && o.Converter.FromPayload(args[0], &in) == nil {
		*input = &in
	}
	return out, nil
}

// ScheduleComparison is a schedule compared with the configuration.
type ScheduleComparison struct {
	ScheduleStatus
	// Wanted reports whether the configuration asks for the schedule.
	Wanted bool
	// Unreadable says why an existing schedule cannot be compared; nil if it can.
	Unreadable error
	// Differs reports whether the schedule differs from the configuration.
	Differs bool
	// Fields lists what differs, with the values.
	Fields []string
	// OtherKey reports whether the input is not encrypted as a new one would be.
	OtherKey bool
}

// ComparePollSchedule compares the poll's schedule with the configuration.
func (o *Installation) ComparePollSchedule(ctx context.Context) (ScheduleComparison, error) {
	want := o.pollSchedule()
	pin, err := o.Pinned(ctx)
	if err = settings.IgnoreUnreadable(err); err != nil {
		return ScheduleComparison{}, err
	}
	if pin != nil {
		input := o.PollInput()
		input.Identity = &pin.Identity
		if have, err := o.ScheduledInput(ctx); err == nil {
			input.MatchBy = o.MatchBy(have, pin)
			if have != nil {
				input.WidenedAt = have.WidenedAt
			}
		}
		want.input = input
	}
	return o.compare(ctx, want)
}

// CompareDigestSchedule compares the digest's schedule with the configuration.
func (o *Installation) CompareDigestSchedule(ctx context.Context) (ScheduleComparison, error) {
	return o.compare(ctx, o.digestSchedule())
}

func (o *Installation) compare(ctx context.Context, want schedule) (out ScheduleComparison, err error) {
	out.Wanted = !want.off
	if out.ScheduleStatus, err = o.Schedule(ctx, want.id, nil); err != nil || !out.Exists || want.off {
		return out, err
	}
	d, err := o.Client.ScheduleClient().GetHandle(ctx, want.id).Describe(ctx)
	if unreadable, ok := errors.AsType[*codec.UnreadableError](err); ok {
		out.Unreadable = unreadable
		return out, nil
	}
	if err != nil {
		return out, fmt.Errorf("describe schedule %s: %w", want.id, err)
	}
	input, action := settings.InputOf(d.Schedule)
	if input == nil {
		out.Differs = true
		return out, nil
	}
	var content any
	if err := o.Converter.FromPayload(input, &content); err != nil {
		out.Unreadable = err
		return out, nil
	}
	out.Differs = !o.sameContent(d.Schedule, input, action, want)
	if out.Differs {
		out.Fields = o.difference(d.Schedule, want)
	}
	out.OtherKey = !o.sameKey(input, want.input)
	return out, nil
}
