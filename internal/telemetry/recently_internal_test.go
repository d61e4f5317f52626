package telemetry

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRecently(t *testing.T) {
	t.Parallel()
	var r recently
	for i := range 3 * remembered {
		require.True(t, r.first(strconv.Itoa(i)))
		require.False(t, r.first(strconv.Itoa(i)))
		require.False(t, r.first(strconv.Itoa(max(0, i-remembered+1))), "one of the latest was forgotten")
	}
	require.LessOrEqual(t, len(r.runs)+len(r.before), 2*remembered, "nothing is forgotten")
}
