package activities

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A sweep takes a fifth of the points that Shopify restores: polls and orders need the rest.
func TestSweepTakesAFifth(t *testing.T) {
	t.Parallel()
	require.Equal(t, 5*time.Second, restAfter(time.Second))
	require.Equal(t, 500*time.Millisecond, restAfter(100*time.Millisecond))
	require.Zero(t, restAfter(0), "the rate is not known")
}
