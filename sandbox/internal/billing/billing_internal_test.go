package billing

import (
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
)

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

func TestLate(t *testing.T) {
	t.Parallel()
	timedOut := func(started int64) *historypb.HistoryEvent {
		return &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowTaskTimedOutEventAttributes{
			WorkflowTaskTimedOutEventAttributes: &historypb.WorkflowTaskTimedOutEventAttributes{
				ScheduledEventId: 2, StartedEventId: started,
			},
		}}
	}
	require.Zero(t, late(&historypb.HistoryEvent{}))
	require.EqualValues(t, 2, late(timedOut(0)))
	require.EqualValues(t, 3, late(timedOut(3)))
}
