package output_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/output"
)

// Only a terminal gets colour. Whatever else it is, COLUMNS says how wide it is.
//
//nolint:paralleltest // It sets environment variables.
func TestTerminal(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, file.Close()) })
	for columns, want := range map[string]int{"": 80, "140": 140, "wide": 80, "3": 80} {
		t.Setenv("COLUMNS", columns)
		width, color := output.Terminal(file)
		require.Equal(t, want, width, columns)
		require.False(t, color)
		width, color = output.Terminal(&bytes.Buffer{})
		require.Equal(t, want, width, columns)
		require.False(t, color)
	}
}
