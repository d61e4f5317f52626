package checkout

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// However often a card is spent, what it hands to its next run stays the same once it is full.
func TestLongCard(t *testing.T) {
	t.Parallel()
	short, err := longCard(t.Context(), kept+100)
	require.NoError(t, err)
	long, err := longCard(t.Context(), 2*kept)
	require.NoError(t, err)
	require.Equal(t, 2*(kept+100)/100, short.Runs)
	require.Equal(t, 2*2*kept/100, long.Runs)
	require.Equal(t, kept, short.MostKept)
	require.Equal(t, kept, long.MostKept)
	require.InEpsilon(t, short.MostInput, long.MostInput, 0.01)
	require.Positive(t, long.MostOne)
}
