package activities

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/shopify"
)

// A sweep takes a fifth of the points that Shopify restores: polls and orders need the rest.
func TestSweepTakesAFifth(t *testing.T) {
	t.Parallel()
	require.Equal(t, 5*time.Second, restAfter(shopify.Cost{Actual: 100, RestoreRate: 100}))
	require.Equal(t, 500*time.Millisecond, restAfter(shopify.Cost{Actual: 200, RestoreRate: 2000}))
	require.Zero(t, restAfter(shopify.Cost{Actual: 100}), "the rate is not known")
}
