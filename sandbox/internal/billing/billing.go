// Package billing counts what runs of workflows cost on Temporal Cloud, and how large their histories are.
package billing

import (
	"context"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
)

// Cost is the size and the cost of histories.
type Cost struct {
	Runs   int
	Events int64
	Bytes  int64
	// MaxEvents and MaxBytes are the largest values of any run.
	MaxEvents int64
	MaxBytes  int64
	// Late is how many of the events are those of workflow tasks that timed out, because no worker took them in time. They
	// depend on the machine.
	Late int64
	// Actions is the number of billable actions on Temporal Cloud.
	Actions int64
}

// AddRun adds a run of a workflow, and the runs that continue it.
func (h *Cost) AddRun(ctx context.Context, c client.Client, workflowID, runID string) error {
	for {
		d, err := c.DescribeWorkflowExecution(ctx, workflowID, runID)
		if err != nil {
			return fmt.Errorf("describe workflow %s: %w", workflowID, err)
		}
		info := d.GetWorkflowExecutionInfo()
		if runID == "" {
			runID = info.GetExecution().GetRunId()
		}
		h.Runs++
		h.Events += info.GetHistoryLength()
		h.Bytes += info.GetHistorySizeBytes()
		h.MaxEvents = max(h.MaxEvents, info.GetHistoryLength())
		h.MaxBytes = max(h.MaxBytes, info.GetHistorySizeBytes())
		var a actions
		var events int64
		all := c.GetWorkflowHistory(ctx, workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for all.HasNext() {
			e, err := all.Next()
			if err != nil {
				return fmt.Errorf("read history of %s: %w", workflowID, err)
			}
			a.add(e)
			h.Late += late(e)
			events++
		}
		if events != info.GetHistoryLength() {
			return fmt.Errorf("history of %s has %d events and is told to have %d", workflowID, events, info.GetHistoryLength())
		}
		h.Actions += a.count
		if a.next == "" {
			return nil
		}
		runID = a.next
	}
}

// late returns the number of events of a workflow task that an event says has timed out.
func late(e *historypb.HistoryEvent) int64 {
	switch of := e.GetWorkflowTaskTimedOutEventAttributes(); {
	case of == nil:
		return 0
	case of.GetStartedEventId() == 0:
		return 2 // It was scheduled, and has timed out.
	}
	return 3
}

// actions counts the billable actions of a history on Temporal Cloud, as
// https://docs.temporal.io/evaluate/cloud/actions defines them. Histories contain neither heartbeats nor queries;
// orders and polls have none.
type actions struct {
	count int64
	// next is the ID of the run that continues this one.
	next string
	// marked is the workflow task whose markers have been counted.
	marked int64
}

// changeVersion is the search attribute of workflow versioning, whose upserts are free.
const (
	changeVersion = "TemporalChangeVersion"
	scheduledBy   = "TemporalScheduledById"
)

func (a *actions) add(e *historypb.HistoryEvent) {
	switch e.GetEventType() {
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
		a.count += startActions(e.GetWorkflowExecutionStartedEventAttributes())
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
		// Counted at the start of the next run.
		a.next = e.GetWorkflowExecutionContinuedAsNewEventAttributes().GetNewExecutionRunId()
	case enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
		a.count += 2 // The intent, and the attempt.
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED:
		a.count += int64(e.GetActivityTaskStartedEventAttributes().GetAttempt() - 1) // Retries.
	case enumspb.EVENT_TYPE_MARKER_RECORDED:
		// All markers of a workflow task count as one action.
		if task := e.GetMarkerRecordedEventAttributes().GetWorkflowTaskCompletedEventId(); task != a.marked {
			a.marked = task
			a.count++
		}
	case enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
		a.count += int64(e.GetWorkflowTaskCompletedEventAttributes().GetMeteringMetadata().
			GetNonfirstLocalActivityExecutionAttempts())
	case enumspb.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
		fields := e.GetUpsertWorkflowSearchAttributesEventAttributes().GetSearchAttributes().GetIndexedFields()
		if _, free := fields[changeVersion]; !free || len(fields) > 1 {
			a.count++
		}
	case enumspb.EVENT_TYPE_WORKFLOW_TASK_FAILED:
		if e.GetWorkflowTaskFailedEventAttributes().GetCause() == enumspb.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW {
			a.count++
		}
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
		enumspb.EVENT_TYPE_TIMER_STARTED,
		enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
		enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
		enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED,
		enumspb.EVENT_TYPE_NEXUS_OPERATION_SCHEDULED,
		enumspb.EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUESTED:
		a.count++
	}
}

// startActions returns the actions of a start: none if the parent's event has already counted it, three if a schedule
// started the workflow, otherwise one.
func startActions(s *historypb.WorkflowExecutionStartedEventAttributes) int64 {
	_, scheduled := s.GetSearchAttributes().GetIndexedFields()[scheduledBy]
	switch {
	case s.GetContinuedExecutionRunId() != "":
		return 1
	case s.GetParentWorkflowExecution() != nil:
		return 0
	case scheduled:
		return 3
	}
	return 1
}
