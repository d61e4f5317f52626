package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// A person pauses the intake: status, why and the mail say who and why, a deploy does not end it, and nothing is lost by it.
func TestPauseIntake(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{CashStar: cashstartest.Options{Merchants: []cashstartest.Merchant{merchant("MUCH")}}})
	require.Equal(t, cli.ExitUsage, w.starter(nil, "pause").code)
	require.Contains(t, w.starter(nil, "pause", "--reason", "x", "--until", "-1h").stderr, "is not in the future")

	text := w.ok("pause", "--reason", "CashStar is being serviced", "--until", "4h")
	require.Contains(t, text, "paused: CashStar is being serviced (by ")
	require.Contains(t, text, "giftbridge resume")
	require.NotRegexp(t, `(?i)workflow|namespace|schedule`, text)
	w.ok("schedules")
	for _, name := range []string{"schedule", "sweep"} {
		var found check.Check
		for _, c := range w.health().Checks {
			if c.Name == name {
				found = c
			}
		}
		require.Equal(t, check.Fail, found.Status, name)
		require.Contains(t, found.Found, "PAUSED")
		require.Contains(t, found.Found, "CashStar is being serviced (by ")
		require.Equal(t, "run: giftbridge resume", found.Fix)
	}
	p := w.orderFor("MUCH", 1)
	require.Contains(t, w.ok("orders", "why", p.Name), "polls are paused: CashStar is being serviced (by ")
	require.True(t, w.digest().Sent, "a pause alone is worth a mail")
	m := w.lastMail()
	require.Contains(t, m.Subject, "[giftbridge] paused")
	require.Regexp(t, `paused\s+giftbridge[^:]*\d:\d\d[^:]+ago:\s+CashStar\s+is\s+being\s+serviced\.`, m.Text)
	require.Contains(t, m.Text, "\n  giftbridge resume\n")
	require.Contains(t, w.ok("pause", "--reason", "still"), "it was paused already: CashStar is being serviced (by ")

	require.Contains(t, w.ok("resume"), "resumed; it was paused: still (by ")
	require.Contains(t, w.ok("resume"), "was not paused")
	w.poll()
	w.show(p, executions.Completed)
	require.NotContains(t, w.ok("digest", "--dry-run"), "paused")
}
