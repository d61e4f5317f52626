package leaks_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/audit/leaks"
)

func TestFind(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	clean, dirty := write("clean.log", "nothing\n"), write("dirty.log", "one\n{\"error\":\"barcode 4440000000017 is bad\"}\nkey-1")
	secrets := []string{"key-1", "4440000000017"}
	found, err := leaks.Find(secrets, clean)
	require.NoError(t, err)
	require.Empty(t, found)
	found, err = leaks.Find(secrets, clean, dirty)
	require.NoError(t, err)
	require.Equal(t, []string{"dirty.log, line 2, secret 2", "dirty.log, line 3, secret 1"}, found)
	_, err = leaks.Find(secrets, write("empty.log", ""))
	require.EqualError(t, err, "all logs are empty")
	_, err = leaks.Find(secrets, filepath.Join(folder, "absent.log"))
	require.ErrorIs(t, err, os.ErrNotExist)
}
