package postgres

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// If PostgreSQL is missing, the error says what to install.
func TestServerIsMissing(t *testing.T) {
	t.Parallel()
	_, err := newest(t.TempDir())
	require.ErrorContains(t, err, "postgres is neither on the PATH nor in ")
	require.ErrorContains(t, err, "apt-get install postgresql")
}

func TestNewest(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		installed []string
		want      string
	}{
		"one":                     {[]string{"17"}, "17"},
		"two digits":              {[]string{"16", "17", "15"}, "17"},
		"one digit and two":       {[]string{"9.6", "17"}, "17"},
		"two parts":               {[]string{"9.4", "9.6", "9.5"}, "9.6"},
		"something else is there": {[]string{"17", "scratch"}, "17"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			for _, v := range tt.installed {
				bin := filepath.Join(root, v, "bin")
				require.NoError(t, os.MkdirAll(bin, 0o700))
				require.NoError(t, os.WriteFile(filepath.Join(bin, "postgres"), nil, 0o600))
			}
			got, err := newest(filepath.Join(root, "*", "bin"))
			require.NoError(t, err)
			require.Equal(t, filepath.Join(root, tt.want, "bin", "postgres"), got)
		})
	}
}

// Both are of the same version, even if only a link is on the PATH.
func TestFindBesideALink(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	bin, links := filepath.Join(root, "17", "bin"), filepath.Join(root, "links")
	require.NoError(t, os.MkdirAll(bin, 0o700))
	require.NoError(t, os.Mkdir(links, 0o700))
	for _, name := range []string{"postgres", "initdb"} {
		require.NoError(t, os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"), 0o700))
	}
	require.NoError(t, os.Symlink(filepath.Join(bin, "postgres"), filepath.Join(links, "postgres")))
	t.Setenv("PATH", links)
	postgres, initdb, err := find(t.TempDir())
	require.NoError(t, err)
	require.Equal(t, filepath.Join(bin, "postgres"), postgres)
	require.Equal(t, filepath.Join(bin, "initdb"), initdb)
}
