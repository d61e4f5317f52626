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

	"github.com/giftbridge/giftbridge/sandbox/internal/child"
)

// The programs.
const (
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
	return child.Build(context.Background(), folder, Worker, Starter, "sandbox/"+Simulators)
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
