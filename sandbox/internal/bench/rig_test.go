package bench_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/sandbox/internal/bench"
)

// TestMain also runs the Temporal server of benchmarks, which start this program for it.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == bench.ChildCommand {
		if err := bench.RunChild(context.Background(), os.Args[2], os.Args[3], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// An interrupted benchmark leaves neither processes nor files behind.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	p, err := bench.Build(t.Context())
	require.NoError(t, err)
	defer p.Close()
	folder := filepath.Dir(p.Worker())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var running []string
	_, err = bench.Idle(ctx, p, bench.IdleOptions{For: time.Hour, Starts: 1}, func(format string, _ ...any) {
		if strings.HasPrefix(format, "looking") {
			running = processes(t, folder)
			cancel()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, running, 2, "Temporal and a worker")
	require.Empty(t, processes(t, folder))
	p.Close()
	require.NoDirExists(t, folder)
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

// A benchmark whose worker dies ends at once, instead of waiting for work that no process will do.
func TestWorkerDies(t *testing.T) {
	t.Parallel()
	p, err := bench.Build(t.Context())
	require.NoError(t, err)
	defer p.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	const died = "worker has ended unasked"

	away := func(cashstartest.Request) *cashstartest.Fault {
		return &cashstartest.Fault{Kind: cashstartest.ServerError}
	}
	rig, err := p.OpenRig(ctx, bench.RigOptions{Workers: 2, Issuer: cashstartest.Options{Fault: away}})
	require.NoError(t, err)
	defer rig.Close()
	rig.Place(3, time.Now().Add(-time.Minute))
	poll, err := rig.Poll(ctx)
	require.NoError(t, err)
	result, err := rig.Await(ctx, poll)
	require.NoError(t, err)
	require.Equal(t, 3, result.Started)
	require.NoError(t, rig.Gone())
	settled := make(chan error, 1)
	go func() { settled <- rig.Settle(ctx) }()
	require.NoError(t, rig.Workers[1].Kill())
	require.ErrorContains(t, <-settled, died)

	_, err = bench.CountCalls(ctx, p, bench.CallsOptions{Orders: 1, Plan: "plus"}, func(format string, _ ...any) {
		if strings.HasPrefix(format, "placing") {
			killWorkers(t, p)
		}
	})
	require.ErrorContains(t, err, died)
}

// killWorkers kills the processes that run the worker's program.
func killWorkers(t *testing.T, p *bench.Programs) {
	t.Helper()
	for _, environ := range processes(t, filepath.Dir(p.Worker())) {
		folder := filepath.Dir(environ)
		if program, err := os.Readlink(filepath.Join(folder, "exe")); err != nil || program != p.Worker() {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(folder))
		require.NoError(t, err)
		require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	}
}
