package ops

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestShortCommit(t *testing.T) {
	t.Parallel()
	require.Equal(t, "0b40148c642c", shortCommit("0b40148c642c3a170a3f3d46a00236f2657b93f2"))
	require.Empty(t, shortCommit("17"))
	require.Empty(t, shortCommit(""))
}
