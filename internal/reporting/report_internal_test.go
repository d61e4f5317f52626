package reporting

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/digest"
)

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
