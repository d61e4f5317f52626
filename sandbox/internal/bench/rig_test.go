package bench_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/bench"
)

// TestMain also is the Temporal of benchmarks, which start their own program for it.
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

// Whoever interrupts a benchmark finds neither processes nor files of it.
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

// processes are those at home in a folder.
func processes(t *testing.T, folder string) (pids []string) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	require.NoError(t, err)
	for _, f := range files {
		// Those of others cannot be read, and some are gone by now.
		if text, err := os.ReadFile(f); err == nil && strings.Contains(string(text), "HOME="+folder+"\x00") {
			pids = append(pids, f)
		}
	}
	return pids
}
