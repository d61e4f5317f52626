// Package historytest builds workflow histories for tests.
package historytest

import (
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
)

// Events is a history. Its events are numbered in the order in which they are added.
type Events []*historypb.HistoryEvent

// Add appends an event, numbers it, and returns its number.
func (h *Events) Add(e *historypb.HistoryEvent) int64 {
	e.EventId = int64(len(*h) + 1)
	*h = append(*h, e)
	return e.EventId
}

// Task adds a completed workflow task, and returns the ID of its last event.
func (h *Events) Task() int64 {
	h.Add(&historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED})
	h.Add(&historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED})
	return h.Add(&historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED})
}

// Schedule adds an activity that a workflow task scheduled, and returns its event.
func (h *Events) Schedule(task int64) int64 {
	return h.Add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
		Attributes: &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{
			ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{WorkflowTaskCompletedEventId: task},
		},
	})
}

// Start adds the start of the last attempt of an activity.
func (h *Events) Start(activity int64, attempt int32) {
	h.Add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED,
		Attributes: &historypb.HistoryEvent_ActivityTaskStartedEventAttributes{
			ActivityTaskStartedEventAttributes: &historypb.ActivityTaskStartedEventAttributes{
				ScheduledEventId: activity, Attempt: attempt,
			},
		},
	})
}

// Complete adds the start and the completion of an activity.
func (h *Events) Complete(activity int64) {
	h.Start(activity, 1)
	h.Add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
		Attributes: &historypb.HistoryEvent_ActivityTaskCompletedEventAttributes{
			ActivityTaskCompletedEventAttributes: &historypb.ActivityTaskCompletedEventAttributes{ScheduledEventId: activity},
		},
	})
}

// Fail adds the last attempt of an activity, and its failure.
func (h *Events) Fail(activity int64, attempts int32) {
	h.Start(activity, attempts)
	h.Add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_FAILED,
		Attributes: &historypb.HistoryEvent_ActivityTaskFailedEventAttributes{
			ActivityTaskFailedEventAttributes: &historypb.ActivityTaskFailedEventAttributes{ScheduledEventId: activity},
		},
	})
}

// TimeOut adds the last attempt of an activity, and its time-out.
func (h *Events) TimeOut(activity int64, attempts int32) {
	h.Start(activity, attempts)
	h.Add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT,
		Attributes: &historypb.HistoryEvent_ActivityTaskTimedOutEventAttributes{
			ActivityTaskTimedOutEventAttributes: &historypb.ActivityTaskTimedOutEventAttributes{ScheduledEventId: activity},
		},
	})
}

// End adds the failure of the workflow.
func (h *Events) End(cause string) {
	h.Add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionFailedEventAttributes{
			WorkflowExecutionFailedEventAttributes: &historypb.WorkflowExecutionFailedEventAttributes{
				Failure: &failurepb.Failure{Message: cause},
			},
		},
	})
}

// HasNext implements [client.HistoryEventIterator].
func (h *Events) HasNext() bool { return len(*h) > 0 }

// Next implements [client.HistoryEventIterator].
func (h *Events) Next() (*historypb.HistoryEvent, error) {
	next := (*h)[0]
	*h = (*h)[1:]
	return next, nil
}
