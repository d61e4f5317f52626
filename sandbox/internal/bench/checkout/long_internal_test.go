package checkout

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLongCard(t *testing.T) {
	t.Parallel()
	const n = 1300 // More than a card keeps.
	out, err := longCard(t.Context(), n)
	require.NoError(t, err)
	t.Logf("%+v", out)
	require.Equal(t, n, out.Redemptions)
}
