package deploytest_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The first run makes .env, for nobody else to read; the next ones leave it alone, for its secrets cannot be made again.
func TestEnvIsMadeOnce(t *testing.T) {
	t.Parallel()
	checkout := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(checkout, "deploy"), 0o755))
	for _, name := range []string{".env.example", "deploy/env", "deploy/secrets"} {
		// A process of its own: a script that this one holds open for writing, or a child of it, cannot be run.
		cp := exec.CommandContext(t.Context(), "cp", "-p", filepath.Join(root, name), filepath.Join(checkout, name))
		require.NoError(t, cp.Run(), name)
	}
	makeEnv := func() string {
		out, err := exec.CommandContext(t.Context(), filepath.Join(checkout, "deploy/env")).CombinedOutput()
		require.NoError(t, err, string(out))
		return string(out)
	}

	require.Empty(t, makeEnv())
	first := read(t, filepath.Join(checkout, ".env"))
	require.True(t, strings.HasPrefix(first, read(t, filepath.Join(root, ".env.example"))))
	require.Equal(t, 1, strings.Count(first, "\nPAYLOAD_KEYS=k1:"))
	info, err := os.Stat(filepath.Join(checkout, ".env"))
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode())

	require.Contains(t, makeEnv(), "stays")
	require.Equal(t, first, read(t, filepath.Join(checkout, ".env")))
	left, err := os.ReadDir(checkout)
	require.NoError(t, err)
	require.Len(t, left, 3, "what was half made is removed")
}

// Whoever is told how to begin is told this way, which can be followed twice.
func TestEnvIsTheWayToBegin(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"README.md", "docs/deploy.md", base, ".env.example"} {
		text := read(t, filepath.Join(root, name))
		require.Contains(t, text, "deploy/env && docker compose up --build", name)
		require.NotContains(t, text, ">> .env", name)
	}
}
