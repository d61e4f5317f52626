package orders

import (
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/giftbridge/giftbridge/internal/executions"
)

// Every workflow status of Temporal maps to a state, and every state is queried by the statuses that it covers.
func TestStates(t *testing.T) {
	t.Parallel()
	for number, name := range enumspb.WorkflowExecutionStatus_name {
		state := executions.StateOf(enumspb.WorkflowExecutionStatus(number))
		require.Contains(t, executions.States, state, name)
	}
	require.Len(t, executions.Statuses, len(executions.States))
	for _, s := range executions.States {
		require.NoError(t, OrderFilter{State: s}.Validate())
	}
	require.NoError(t, OrderFilter{}.Validate())
	require.ErrorContains(t, OrderFilter{State: "lost"}.Validate(), `"lost"`)
}
