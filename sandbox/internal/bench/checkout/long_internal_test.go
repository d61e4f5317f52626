package checkout

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// However often a card is spent, what it hands to its next run stays the same once it is full.
func TestLongCard(t *testing.T) {
	t.Parallel()
	const n = kept + 200
	out, err := longCard(t.Context(), n)
	require.NoError(t, err)
	require.Equal(t, 2*n/100, out.Runs)
	require.Equal(t, kept, out.MostKept)
	require.InEpsilon(t, out.FullInputs[0], out.FullInputs[1], 0.01, "only numbers get more digits")
	require.Positive(t, out.MostOne)
}
