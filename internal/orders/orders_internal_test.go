package orders

import (
	"fmt"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/settings"
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

// The command of orders show is safe in a shell, whatever the order's workflow ID and the namespace are.
func TestResetCommand(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"default", "team's gift cards", "$(reboot)", "`reboot`; \"x\" \\ *", "''", "-n"} {
		o := New(settings.New(executions.New(nil, word, new(codec.Codec), ""), settings.Configured{}))
		command := o.resetCommand(executions.Order{WorkflowID: "gift-card-order/" + word, RunID: "0191-a"}, 16)
		out, err := exec.CommandContext(t.Context(), "/bin/sh", "-c", "temporal() { printf '%s\\n' \"$@\"; }; "+command).Output()
		require.NoError(t, err, command)
		require.Equal(t, fmt.Sprintf("workflow\nreset\n--namespace\n%s\n--workflow-id\ngift-card-order/%s\n--run-id\n0191-a\n"+
			"--event-id\n16\n--reason\nrun again\n", word, word), string(out))
	}
}
