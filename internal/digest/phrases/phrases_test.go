package phrases_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/phrases"
)

// A pause that has lasted longer than it was meant to is no pause that goes on as meant.
func TestPause(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 8, 22, 16, 0, 0, 0, time.UTC)
	say := phrases.Times{Now: now, Zone: time.FixedZone("", 2*60*60)}
	require.Contains(t, say.Pause(digest.Pause{By: "ann@desk", Until: now.Add(12 * time.Hour)}, digest.Watermark{}),
		"ann@desk paused giftbridge. The pause is meant to end on 23 Aug 2026 06:00.")
	require.Contains(t, say.Pause(digest.Pause{Until: now.Add(-2 * time.Hour)}, digest.Watermark{}),
		"The pause was meant to end on 22 Aug 2026 16:00, 2 hours ago.")
}
