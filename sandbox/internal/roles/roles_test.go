package roles_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/roles"
	"github.com/giftbridge/giftbridge/sandbox/internal/site"
)

func TestMain(m *testing.M) {
	roles.RunMain()
	os.Exit(m.Run())
}

// A process ends when its standard input ends, and therefore when the program that started it is killed.
func TestChildEndsWithItsParent(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for role, options := range map[string]roles.Options{
		roles.Shop:     {Site: site.Site{Name: "shop"}},
		roles.Issuer:   {Site: site.Site{Name: "issuer"}, Seed: 1},
		roles.Later:    {Site: site.Site{Name: "later"}, Seed: 1, CallbackKey: "key"},
		roles.Messages: {Site: site.Site{Name: "messages"}, Seed: 1},
		roles.ERP:      {Site: site.Site{Name: "erp"}, Seed: 1},
		roles.Mail:     {Folder: folder},
		roles.Temporal: {File: filepath.Join(folder, "temporal.db")},
	} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			program, err := roles.Program(role, options)
			require.NoError(t, err)
			c := exec.CommandContext(t.Context(), program.Path, program.Args...)
			c.Stderr = os.Stderr
			stdin, err := c.StdinPipe()
			require.NoError(t, err)
			stdout, err := c.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, c.Start())
			line := make([]byte, len("ready\n"))
			_, err = io.ReadFull(stdout, line)
			require.NoError(t, err)
			require.Equal(t, "ready\n", string(line))
			require.NoError(t, stdin.Close())
			require.NoError(t, c.Wait())
		})
	}
}

func TestChildRefuses(t *testing.T) {
	t.Parallel()
	start := func(role, options string) error {
		c := roles.Command()
		c.SetArgs([]string{role, options})
		c.SetIn(strings.NewReader(""))
		c.SetOut(io.Discard)
		c.SetErr(io.Discard)
		return c.ExecuteContext(t.Context())
	}
	require.ErrorContains(t, start("baker", `{}`), `there is no role "baker"`)
	require.ErrorContains(t, start("shop", `port 80`), "read options")
}
