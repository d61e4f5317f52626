package bench_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/bench"
	"github.com/giftbridge/giftbridge/sandbox/internal/roles"
)

// TestMain also runs the Temporal server of benchmarks, which start this program for it.
func TestMain(m *testing.M) {
	roles.RunMain()
	os.Exit(m.Run())
}

// many orders take so long that a test can interfere.
var many = bench.Options{Rounds: 1, Orders: 5000}

// An interrupted benchmark leaves neither processes nor files behind.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	p, err := bench.Build(t.Context())
	require.NoError(t, err)
	defer p.Close()
	folder := filepath.Dir(p.Worker())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := p.Run(ctx, many, t.Logf)
		ended <- err
	}()
	require.Eventually(t, func() bool { return len(processes(t, folder)) == 2 }, time.Minute, 10*time.Millisecond,
		"Temporal and a worker")
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	require.Empty(t, processes(t, folder))
	p.Close()
	require.NoDirExists(t, folder)
}

// A benchmark whose worker dies ends at once, instead of waiting for work that no process will do.
func TestWorkerDies(t *testing.T) {
	t.Parallel()
	p, err := bench.Build(t.Context())
	require.NoError(t, err)
	defer p.Close()
	ended := make(chan error, 1)
	go func() {
		_, err := p.Run(t.Context(), many, t.Logf)
		ended <- err
	}()
	require.Eventually(t, func() bool { return killWorker(t, p) }, time.Minute, 10*time.Millisecond)
	require.ErrorContains(t, <-ended, "worker has ended unasked")
}

// processes returns the processes whose HOME is the given folder.
func processes(t *testing.T, folder string) (pids []string) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	require.NoError(t, err)
	for _, f := range files {
		// Processes of other users cannot be read, and some processes have ended by now.
		if text, err := os.ReadFile(f); err == nil && strings.Contains(string(text), "HOME="+folder+"\x00") {
			pids = append(pids, f)
		}
	}
	return pids
}

// killWorker kills the process that runs the worker's program, and reports whether there was one.
func killWorker(t *testing.T, p *bench.Programs) bool {
	t.Helper()
	for _, environ := range processes(t, filepath.Dir(p.Worker())) {
		folder := filepath.Dir(environ)
		if program, err := os.Readlink(filepath.Join(folder, "exe")); err != nil || program != p.Worker() {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(folder))
		require.NoError(t, err)
		require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
		return true
	}
	return false
}
