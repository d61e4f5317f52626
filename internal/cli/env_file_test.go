package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cli"
)

// The environment has precedence over files, and a later file over an earlier one. A file with a fault is wrong usage, and
// none of its values is printed.
func TestEnvFile(t *testing.T) {
	for _, name := range []string{"ENV_FILE_A", "ENV_FILE_B", "ENV_FILE_C"} {
		t.Setenv(name, "") // Restored at the end.
		require.NoError(t, os.Unsetenv(name))
	}
	t.Setenv("ENV_FILE_EMPTY", "")
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	one := write("one", "\ufeffENV_FILE_A=1\r\nENV_FILE_B='p$ss'\r\nENV_FILE_EMPTY=file\r\n")
	two := write("two", "ENV_FILE_B=2\nexport ENV_FILE_C=3\n")
	wrong := write("wrong", "ENV_FILE_A=hush\nhush hush\n")
	var seen []string
	run := func(args ...string) (int, string) {
		var errs bytes.Buffer
		root := &cobra.Command{Use: "root", Args: cli.NoArgs, RunE: cli.Help}
		cli.EnvFile(root)
		root.AddCommand(&cobra.Command{Use: "do", Args: cli.NoArgs, RunE: func(*cobra.Command, []string) error {
			seen = nil
			for _, name := range []string{"ENV_FILE_A", "ENV_FILE_B", "ENV_FILE_C", "ENV_FILE_EMPTY"} {
				seen = append(seen, os.Getenv(name))
			}
			return nil
		}})
		root.SetArgs(args)
		return cli.Execute(root, &errs), errs.String()
	}
	code, _ := run("do", "--env-file", one, "--env-file", two)
	require.Zero(t, code)
	require.Equal(t, []string{"1", "2", "3", ""}, seen)
	// What is in the environment by now stays.
	code, _ = run("--env-file", one, "do")
	require.Zero(t, code)
	require.Equal(t, []string{"1", "2", "3", ""}, seen)
	code, errs := run("do", "--env-file", wrong)
	require.Equal(t, cli.ExitUsage, code)
	require.Contains(t, errs, wrong+", line 2: need NAME=value")
	require.NotContains(t, errs, "hush hush")
	code, errs = run("do", "--env-file", filepath.Join(folder, "none"))
	require.Equal(t, cli.ExitUsage, code)
	require.Contains(t, errs, "no such file")
}
