package reporting

import (
	"fmt"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/internal/settings"
)

// The digest's command is safe in a shell, whatever the order's workflow ID and the namespace are.
func TestResetCommand(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"default", "team's gift cards", "$(reboot)", "`reboot`; \"x\" \\ *", "''", "-n"} {
		o := New(recovery.New(orders.New(settings.New(executions.New(nil, word, new(codec.Codec), ""), config.Config{}))), "", "")
		command := o.resetCommand(executions.Order{WorkflowID: "gift-card-order/" + word, RunID: "0191-a"}, 16)
		out, err := exec.CommandContext(t.Context(), "/bin/sh", "-c", "temporal() { printf '%s\\n' \"$@\"; }; "+command).Output()
		require.NoError(t, err, command)
		require.Equal(t, fmt.Sprintf("workflow\nreset\n--namespace\n%s\n--workflow-id\ngift-card-order/%s\n--run-id\n0191-a\n"+
			"--event-id\n16\n--reason\nrun again\n", word, word), string(out))
	}
}

// An order is new in exactly one digest: the first one made after the failure, even if that digest's window ended
// before it.
func TestReporterIsNew(t *testing.T) {
	t.Parallel()
	made := time.Date(2026, 7, 10, 18, 0, 0, 0, time.UTC)
	next := reporter{Report: digest.Report{Window: digest.Window{From: made.Add(-reportLag), To: made.AddDate(0, 0, 1)}}}
	require.False(t, next.isNew(made.Add(-time.Hour)))
	require.False(t, next.isNew(made.Add(-time.Second)), "the last digest named it")
	require.True(t, next.isNew(made))
	require.True(t, next.isNew(made.Add(time.Hour)))
}
