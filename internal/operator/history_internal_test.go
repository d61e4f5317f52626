package operator

import (
	"fmt"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

// events is a history, numbered as it is written.
type events []*historypb.HistoryEvent

func (h *events) add(e *historypb.HistoryEvent) int64 {
	e.EventId = int64(len(*h) + 1)
	*h = append(*h, e)
	return e.EventId
}

// task is a workflow task that completed.
func (h *events) task() int64 {
	h.add(&historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED})
	h.add(&historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED})
	return h.add(&historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED})
}

func (h *events) schedule(task int64) int64 {
	return h.add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
		Attributes: &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{
			ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{WorkflowTaskCompletedEventId: task},
		},
	})
}

func (h *events) start(activity int64, attempt int32) {
	h.add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED,
		Attributes: &historypb.HistoryEvent_ActivityTaskStartedEventAttributes{
			ActivityTaskStartedEventAttributes: &historypb.ActivityTaskStartedEventAttributes{
				ScheduledEventId: activity, Attempt: attempt,
			},
		},
	})
}

func (h *events) complete(activity int64) {
	h.start(activity, 1)
	h.add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
		Attributes: &historypb.HistoryEvent_ActivityTaskCompletedEventAttributes{
			ActivityTaskCompletedEventAttributes: &historypb.ActivityTaskCompletedEventAttributes{ScheduledEventId: activity},
		},
	})
}

func (h *events) fail(activity int64, attempts int32) {
	h.start(activity, attempts)
	h.add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_FAILED,
		Attributes: &historypb.HistoryEvent_ActivityTaskFailedEventAttributes{
			ActivityTaskFailedEventAttributes: &historypb.ActivityTaskFailedEventAttributes{ScheduledEventId: activity},
		},
	})
}

func (h *events) timeOut(activity int64, attempts int32) {
	h.start(activity, attempts)
	h.add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT,
		Attributes: &historypb.HistoryEvent_ActivityTaskTimedOutEventAttributes{
			ActivityTaskTimedOutEventAttributes: &historypb.ActivityTaskTimedOutEventAttributes{ScheduledEventId: activity},
		},
	})
}

func (h *events) end(cause string) {
	h.add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionFailedEventAttributes{
			WorkflowExecutionFailedEventAttributes: &historypb.WorkflowExecutionFailedEventAttributes{
				Failure: &failurepb.Failure{Message: cause},
			},
		},
	})
}

func (h *events) read() runReader {
	r := newRunReader()
	for _, e := range *h {
		r.read(e)
	}
	return r
}

// A failed run goes back to where the first of what failed was asked for: what had succeeded by then stays.
func TestResetPoint(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		history  func(*events) int64 // It returns the reset point.
		attempts int
	}{
		"the look-up failed": {func(h *events) int64 {
			task := h.task()
			h.fail(h.schedule(task), 3)
			h.task()
			h.end("unknown")
			return task
		}, 3},
		"two of three cards failed": {func(h *events) int64 {
			lookUp := h.schedule(h.task())
			h.complete(lookUp)
			task := h.task()
			a, b, c := h.schedule(task), h.schedule(task), h.schedule(task)
			h.fail(b, 1)
			h.complete(a)
			h.timeOut(c, 4)
			h.task()
			h.end("declined")
			return task
		}, 5},
		"cards of several tasks": {func(h *events) int64 {
			first, second := h.task(), h.task()
			a, b, c := h.schedule(first), h.schedule(second), h.schedule(second)
			h.fail(c, 1)
			h.complete(a)
			h.fail(b, 1)
			third := h.task()
			h.fail(h.schedule(third), 1)
			h.end("declined")
			return second
		}, 3},
		"terminated in the middle of two": {func(h *events) int64 {
			first, second := h.task(), h.task()
			h.complete(h.schedule(first))
			h.schedule(second)
			h.start(h.schedule(second), 7)
			h.add(&historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED})
			return second
		}, 0},
		"nothing was asked for": {func(h *events) int64 {
			task := h.task()
			h.end("invalid")
			return task
		}, 0},
		"no task was done": {func(h *events) int64 {
			h.add(&historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED})
			h.add(&historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED})
			return 0
		}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var h events
			h.add(&historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED})
			want := tt.history(&h)
			r := h.read()
			require.Equal(t, want, r.resetPoint())
			require.Equal(t, tt.attempts, r.tried)
			last := h[len(h)-1]
			require.Equal(t, last.GetEventType(), r.last)
			require.Equal(t, last.GetWorkflowExecutionFailedEventAttributes().GetFailure(), r.cause)
		})
	}
}

// The command of a digest survives the shell, whatever an order's number and the namespace are.
// An order is called by the worst of its cards. Others of it may be issued all the same.
func TestCurable(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		kind  giftcard.Kind
		units []giftcard.Kind
		want  bool
	}{
		"no card was asked for":           {kind: giftcard.MerchantUnknown, want: true},
		"of a service that was away":      {giftcard.Unavailable, []giftcard.Kind{giftcard.Unavailable}, true},
		"refunded":                        {giftcard.OrderChanged, []giftcard.Kind{giftcard.OrderChanged}, false},
		"one refunded, one not asked for": {giftcard.OrderChanged, []giftcard.Kind{giftcard.Unavailable, giftcard.OrderChanged}, true},
		"one refused, one not asked for":  {giftcard.InvalidRequest, []giftcard.Kind{giftcard.InvalidRequest, giftcard.Timeout}, true},
		"one in doubt":                    {giftcard.OutcomeUnknown, []giftcard.Kind{giftcard.OutcomeUnknown, giftcard.Timeout}, false},
		"one that nobody understands":     {giftcard.UnexpectedResponse, []giftcard.Kind{giftcard.UnexpectedResponse, giftcard.Timeout}, false},
	} {
		run := failedRun{failure: Failure{Kind: string(tt.kind)}}
		if len(tt.units) > 0 {
			run.units = &workflows.OrderFailure{}
			for _, k := range tt.units {
				run.units.Failed = append(run.units.Failed, workflows.UnitFailure{Kind: k})
			}
		}
		require.Equal(t, tt.want, run.curable(), name)
	}
}

func TestResetCommand(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"default", "team's gift cards", "$(reboot)", "`reboot`; \"x\" \\ *", "''", "-n"} {
		o := &Operator{namespace: word}
		command := o.resetCommand(Order{WorkflowID: "gift-card-order/" + word, RunID: "0191-a"}, 16)
		out, err := exec.CommandContext(t.Context(), "/bin/sh", "-c", "temporal() { printf '%s\\n' \"$@\"; }; "+command).Output()
		require.NoError(t, err, command)
		require.Equal(t, fmt.Sprintf("workflow\nreset\n--namespace\n%s\n--workflow-id\ngift-card-order/%s\n--run-id\n0191-a\n"+
			"--event-id\n16\n--reason\nrun again\n", word, word), string(out))
	}
}

// The server fills in what we leave out of a specification; anything else is a difference.
func TestSameSpec(t *testing.T) {
	t.Parallel()
	at := func(hour, minute int) client.ScheduleSpec {
		return client.ScheduleSpec{
			Calendars: []client.ScheduleCalendarSpec{{
				Hour: []client.ScheduleRange{{Start: hour}}, Minute: []client.ScheduleRange{{Start: minute}},
			}},
			TimeZoneName: "Europe/Berlin",
		}
	}
	every := func(d time.Duration) client.ScheduleSpec {
		return client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: d}}}
	}
	filled := at(18, 5)
	filled.Calendars[0].Hour[0] = client.ScheduleRange{Start: 18, End: 18, Step: 1}
	filled.Calendars[0].Second = []client.ScheduleRange{{Start: 0, End: 0, Step: 1}}
	filled.Calendars[0].DayOfMonth = []client.ScheduleRange{{Start: 1, End: 31, Step: 1}}
	elsewhere := at(18, 5)
	elsewhere.TimeZoneName = "Asia/Tokyo"
	hours := at(18, 5)
	hours.Calendars[0].Hour[0].End = 20
	twice := at(18, 5)
	twice.Calendars = append(twice.Calendars, twice.Calendars[0])
	both := at(18, 5)
	both.Intervals = every(time.Hour).Intervals
	noHour := at(18, 5)
	noHour.Calendars[0].Hour = nil
	for name, tt := range map[string]struct {
		have, want client.ScheduleSpec
		same       bool
	}{
		"the same":            {at(18, 5), at(18, 5), true},
		"filled in":           {filled, at(18, 5), true},
		"midnight":            {at(0, 0), at(0, 0), true},
		"another hour":        {at(17, 5), at(18, 5), false},
		"another minute":      {at(18, 0), at(18, 5), false},
		"another zone":        {elsewhere, at(18, 5), false},
		"several hours":       {hours, at(18, 5), false},
		"no hour":             {noHour, at(18, 5), false},
		"twice":               {twice, at(18, 5), false},
		"also every hour":     {both, at(18, 5), false},
		"an interval":         {every(time.Minute), every(time.Minute), true},
		"another interval":    {every(time.Hour), every(time.Minute), false},
		"no time of day":      {every(time.Hour), at(18, 5), false},
		"a time and interval": {at(18, 5), every(time.Hour), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.same, sameSpec(tt.have, tt.want))
		})
	}
}
