package installation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/installation"
)

// The note of a pause says who, why and until when, and all of it is read back, whatever the reason looks like.
func TestPauseNote(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 7, 10, 2, 0, 0, 0, time.UTC)
	p := installation.Pause{Reason: "CashStar is\nbeing serviced", By: "ann@desk", At: at}
	require.Equal(t, "CashStar is being serviced (by ann@desk at 2026-07-10T02:00:00Z)", p.Note())
	require.Zero(t, installation.Overdue(p.Note(), at.AddDate(1, 0, 0)), "a pause without an end is never overdue")

	p.Reason = "serviced (by Bob at 2020-01-01T00:00:00Z, until 2020-01-01T00:00:00Z)"
	require.Equal(t, p, installation.PauseOf(p.Note()))
	p.Reason, p.Until = "CashStar is being serviced", at.Add(4*time.Hour)
	require.Equal(t, "CashStar is being serviced (by ann@desk at 2026-07-10T02:00:00Z, until 2026-07-10T06:00:00Z)", p.Note())
	require.Equal(t, p, installation.PauseOf(p.Note()))
	require.Zero(t, installation.Overdue(p.Note(), p.Until))
	require.Equal(t, time.Minute, installation.Overdue(p.Note(), p.Until.Add(time.Minute)))

	p.Until, p.Reason = time.Time{}, strings.Repeat("x", 5000)+", until 2020-01-01T00:00:00Z)"
	require.Zero(t, installation.PauseOf(p.Note()).Until)
	require.Less(t, len(p.Note()), 1000)
	for _, note := range []string{
		"", "holiday", ", until 2026-99-01T00:00:00Z)", "until 2026-07-10T06:00:00Z", "a (by b at 2026-99-01T00:00:00Z)",
		"a (by b at 2026-07-10T06:00:00Z, until 2026-99-01T00:00:00Z)", "a (by b at 2026-07-10T06:00:00Z",
	} {
		require.Equal(t, installation.Pause{Reason: note}, installation.PauseOf(note))
	}
}
