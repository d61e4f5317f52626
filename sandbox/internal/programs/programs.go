// Package programs builds this repository's programs for tests that run them as separate processes.
package programs

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/sandbox/internal/child"
)

// The programs. Starter is built from the folder of that name; where it is installed, its name is Giftbridge, and a link
// has the other name.
const (
	Giftbridge = buildinfo.Program
	Worker     = "worker"
	Starter    = "starter"
	Simulators = "simulators"
)

// folder is the folder in which the programs are built. Run removes it.
var folder string

// Run runs the tests of a package that uses programs, and returns the exit code. It belongs in the package's TestMain.
func Run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "giftbridge-programs-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir) //nolint:errcheck // what is left lies among the temporary files
	folder = dir
	return m.Run()
}

var build = sync.OnceValue(func() error {
	if err := child.Build(context.Background(), folder, Worker, Starter, "sandbox/"+Simulators); err != nil {
		return err
	}
	return os.Symlink(Starter, filepath.Join(folder, Giftbridge))
})

// Folder returns the folder of the programs. They are built when the first test asks for them.
func Folder(t testing.TB) string {
	t.Helper()
	require.NoError(t, build())
	return folder
}

// Path returns the path of a program.
func Path(t testing.TB, name string) string {
	t.Helper()
	return filepath.Join(Folder(t), name)
}
