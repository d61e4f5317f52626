package executions

import (
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/giftbridge/giftbridge/workflows"
)

// State is the state of an order, judged by the newest run of its workflow.
type State string

// The states of an order. [Failed] includes runs that timed out or were terminated. [Left] is an order that is left to
// people, [Settled] is one that a person has settled, and [Redacted] is one whose personal data was removed.
const (
	Running   State = "running"
	Completed State = "completed"
	Failed    State = "failed"
	Canceled  State = "canceled"
	Left      State = "left"
	Settled   State = "settled"
	Redacted  State = "redacted"
)

// States lists all states.
var States = []State{Running, Completed, Failed, Canceled, Left, Settled, Redacted}

// StateOf returns the state of an order whose newest run has this status.
func StateOf(s enumspb.WorkflowExecutionStatus) State {
	switch s {
	case enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		return Completed
	case enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT,
		enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED:
		return Failed
	case enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED:
		return Canceled
	default:
		return Running
	}
}

// OrderState returns the state of an order, judged by the given run of its workflow. An order that is settled or redacted is
// Left: only the memo of the run tells them apart, see [Reader.Order].
func OrderState(info *workflowpb.WorkflowExecutionInfo) State {
	if info.GetType().GetName() == workflows.LeftOrderType {
		return Left
	}
	return StateOf(info.GetStatus())
}

// TypeOf returns the workflow type of orders in the given state.
func TypeOf(s State) string {
	if s == Left || s == Settled || s == Redacted {
		return workflows.LeftOrderType
	}
	return workflows.GiftCardOrderType
}

// Statuses maps each state to the values of ExecutionStatus that it covers.
var Statuses = map[State]string{
	Running:   "('Running')",
	Completed: "('Completed')",
	Failed:    "('Failed','TimedOut','Terminated')",
	Canceled:  "('Canceled')",
	Left:      "('Running','Completed')",
	Settled:   "('Running','Completed')",
	Redacted:  "('Running','Completed')",
}
