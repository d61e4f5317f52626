package bench

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
)

func TestCPUTime(t *testing.T) {
	t.Parallel()
	stat := func(name, utime, stime string) []byte {
		return []byte("42 (" + name + ") S 1 42 42 0 -1 4194560 9 0 0 0 " + utime + " " + stime + " 0 0 20 0 9 0 123 0 0")
	}
	tests := map[string]struct {
		stat []byte
		want time.Duration
		bad  bool
	}{
		"ordinary":             {stat: stat("worker", "150", "25"), want: 1750 * time.Millisecond},
		"a name in the way":    {stat: stat("a) S 1 (b c", "1", "2"), want: 30 * time.Millisecond},
		"no name":              {stat: []byte("42"), bad: true},
		"short":                {stat: []byte("42 (worker) S 1 2 3"), bad: true},
		"no number for user":   {stat: stat("worker", "x", "2"), bad: true},
		"no number for system": {stat: stat("worker", "1", "x"), bad: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := cpuTime(tt.stat)
			require.Equal(t, tt.bad, err != nil, err)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestKilobytes(t *testing.T) {
	t.Parallel()
	status := []byte("Name:\tworker\nVmHWM:\t   2048 kB\nVmRSS:\t    1024 kB\nThreads:\t9\n")
	require.EqualValues(t, 1<<20, kilobytes(status, "VmRSS:"))
	require.EqualValues(t, 2<<20, kilobytes(status, "VmHWM:"))
	require.Zero(t, kilobytes(status, "VmSwap:"))
}

func TestParseCounters(t *testing.T) {
	t.Parallel()
	text := `# HELP temporal_request_total requests
temporal_request_total{namespace="default",operation="RespondWorkflowTaskCompleted"} 12
temporal_request_total{operation="RespondWorkflowTaskCompleted",worker="b"} 3 1700000000000
temporal_request_total{operation="DescribeNamespace"} 1
temporal_request_total_sum{operation="DescribeNamespace"} 9
temporal_request_total{operation="Odd"} many
temporal_request_total 7
`
	require.Equal(t, map[string]int{"RespondWorkflowTaskCompleted": 15, "DescribeNamespace": 1},
		parseCounters(text, "temporal_request_total", "operation"))
	require.Equal(t, map[string]int{"b": 2}, since(map[string]int{"a": 1, "b": 3}, map[string]int{"a": 1, "b": 1}))
	require.Equal(t, 5, total(map[string]int{"a": 2, "b": 3}))
}

// Counters under another name are not mistaken for a worker without requests.
func TestTraffic(t *testing.T) {
	t.Parallel()
	const requests, polls = `temporal_request_total{operation="DescribeNamespace"} 1` + "\n",
		`temporal_long_request_total{operation="PollWorkflowTaskQueue"} 4` + "\n"
	tests := map[string]struct{ text, says string }{
		"both":              {text: requests + polls},
		"no requests":       {text: polls, says: "no temporal_request_total by operation"},
		"no long polls":     {text: requests, says: "no temporal_long_request_total by operation"},
		"by something else": {text: strings.ReplaceAll(requests+polls, "operation", "method"), says: "by operation"},
		"nothing":           {says: "by operation"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			metrics := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, tt.text)
			}))
			defer metrics.Close()
			now, err := readTraffic(t.Context(), metrics.Listener.Addr().String())
			require.NoError(t, err)
			asked, waited, err := now.since(traffic{})
			if tt.says != "" {
				require.ErrorContains(t, err, tt.says)
				return
			}
			require.NoError(t, err)
			require.Equal(t, map[string]int{"DescribeNamespace": 1}, asked)
			require.Equal(t, map[string]int{"PollWorkflowTaskQueue": 4}, waited)
		})
	}
}

// Temporal's documentation says for each event what is billed.
func TestActions(t *testing.T) {
	t.Parallel()
	event := func(kind enumspb.EventType) *historypb.HistoryEvent { return &historypb.HistoryEvent{EventType: kind} }
	started := func(s *historypb.WorkflowExecutionStartedEventAttributes) *historypb.HistoryEvent {
		return &historypb.HistoryEvent{
			EventType:  enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
			Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{WorkflowExecutionStartedEventAttributes: s},
		}
	}
	attributes := func(names ...string) *commonpb.SearchAttributes {
		fields := map[string]*commonpb.Payload{}
		for _, n := range names {
			fields[n] = &commonpb.Payload{}
		}
		return &commonpb.SearchAttributes{IndexedFields: fields}
	}
	marker := func(task int64) *historypb.HistoryEvent {
		return &historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_MARKER_RECORDED,
			Attributes: &historypb.HistoryEvent_MarkerRecordedEventAttributes{
				MarkerRecordedEventAttributes: &historypb.MarkerRecordedEventAttributes{WorkflowTaskCompletedEventId: task},
			},
		}
	}
	upsert := func(names ...string) *historypb.HistoryEvent {
		return &historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
			Attributes: &historypb.HistoryEvent_UpsertWorkflowSearchAttributesEventAttributes{
				UpsertWorkflowSearchAttributesEventAttributes: &historypb.UpsertWorkflowSearchAttributesEventAttributes{
					SearchAttributes: attributes(names...),
				},
			},
		}
	}
	attempt := func(n int32) *historypb.HistoryEvent {
		return &historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED,
			Attributes: &historypb.HistoryEvent_ActivityTaskStartedEventAttributes{
				ActivityTaskStartedEventAttributes: &historypb.ActivityTaskStartedEventAttributes{Attempt: n},
			},
		}
	}
	type list = []*historypb.HistoryEvent
	tests := map[string]struct {
		events list
		want   int64
	}{
		"started by a client": {list{started(&historypb.WorkflowExecutionStartedEventAttributes{})}, 1},
		"started by a schedule": {list{started(&historypb.WorkflowExecutionStartedEventAttributes{
			SearchAttributes: attributes(scheduledBy),
		})}, 3},
		"continued, of a schedule": {list{started(&historypb.WorkflowExecutionStartedEventAttributes{
			SearchAttributes: attributes(scheduledBy), ContinuedExecutionRunId: "before",
		})}, 1},
		"a child": {list{started(&historypb.WorkflowExecutionStartedEventAttributes{
			ParentWorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: "parent"},
		})}, 0},
		"the start of a child": {list{
			event(enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED),
			event(enumspb.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED),
			event(enumspb.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED),
		}, 2},
		"an activity":                   {list{event(enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED), attempt(1)}, 1},
		"a retried activity":            {list{event(enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED), attempt(4)}, 4},
		"markers of two workflow tasks": {list{marker(4), marker(4), marker(9)}, 2},
		"an upsert":                     {list{upsert("OrderName", "Sku")}, 1},
		"an upsert of a version":        {list{upsert(changeVersion)}, 0},
		"a timer":                       {list{event(enumspb.EVENT_TYPE_TIMER_STARTED), event(enumspb.EVENT_TYPE_TIMER_FIRED)}, 1},
		"a signal":                      {list{event(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED)}, 1},
		"workflow tasks": {list{
			event(enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED), event(enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED),
			event(enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED), event(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED),
		}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var a actions
			for _, e := range tt.events {
				a.add(e)
			}
			require.Equal(t, tt.want, a.count)
		})
	}
}

// Each round of ours is compared with the floor's round of the same number, and the median counts.
func TestSummarize(t *testing.T) {
	t.Parallel()
	var r EngineReport
	for i, mine := range []float64{30, 45, 20} {
		history := HistoryCost{Runs: 10, Events: 170, Bytes: 45_000, Actions: 20}
		r.Rounds = append(r.Rounds,
			Round{Variant: FloorDefaults, Round: i + 1, OrdersPerSecond: 25, WorkerCPU: 6, ServerCPU: 40},
			Round{
				Variant: Ours, Round: i + 1, OrdersPerSecond: mine, WorkerCPU: 9, ServerCPU: 44, OrderHistory: history,
				ActionsPerOrder: 4.1,
			},
			Round{Variant: Floor, Round: i + 1, OrdersPerSecond: 30, WorkerCPU: 5, ServerCPU: 40})
	}
	r.Bursts = []Round{
		{Variant: Ours, Visible: Percentiles{P95: 70}},
		{Variant: Floor, Visible: Percentiles{P95: 50}},
		{Variant: Floor, Visible: Percentiles{P95: 60}},
		{Variant: Ours, Visible: Percentiles{P95: 66}},
	}
	r.Options.Burst = 2000
	r.summarize()
	require.Equal(t, Floor, r.Ratios[0].Over)
	require.InEpsilon(t, 1.0, r.Ratios[0].OrdersPerSecond.Median, 1e-9)
	require.InEpsilon(t, 1.5, r.Ratios[0].OrdersPerSecond.Max, 1e-9)
	require.InEpsilon(t, 1.2, r.Ratios[1].OrdersPerSecond.Median, 1e-9)
	require.InEpsilon(t, 17.0, r.EventsPerOrder, 1e-9)
	require.InEpsilon(t, 1.25, r.BurstP95Ratio, 1e-9)
	require.InEpsilon(t, 4500.0, r.BytesPerOrder, 1e-9)
	var missed []string
	for _, b := range r.Bars {
		if !b.Held {
			missed = append(missed, b.Figure+" "+strconv.FormatFloat(b.Got, 'g', 3, 64))
		}
	}
	require.Equal(t, []string{"worker CPU, ours / floor 1.8", "billable actions per order, all polls included 4.1"}, missed)
	require.Len(t, r.Bars, 7)
	var out strings.Builder
	require.NoError(t, r.Print(&out))
	require.Contains(t, out.String(), "MISSED")
}
