package decisions

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/left"
)

// The question says what would change, for which cards, and which stay.
func TestFixAsks(t *testing.T) {
	t.Parallel()
	require.Equal(t, "Order #1001: card 2 would get another address. The order would then be run again to issue it.",
		correcting(&left.Fix{Name: "#1001", Cards: []int{2}, Changes: []string{"address"}}))
	require.Equal(t, "Order #1: cards 2, 3 would get another address and another day of delivery. "+
		"The order would then be run again to issue them. Cards that already exist, and stay as they are: 1.",
		correcting(&left.Fix{
			Name: "#1", Cards: []int{2, 3}, Changes: []string{"address", "day of delivery"}, Existing: 1,
		}))
	require.NotContains(t, correcting(&left.Fix{Name: "#1\x1b[2J"}), "\x1b")
}
