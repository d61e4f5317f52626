package lab_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/lab"
)

// TestMain also runs the processes of the laboratory, which starts this program for each of them.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == lab.ChildCommand {
		err := lab.RunChild(context.Background(), os.Args[2], os.Args[3], os.Stdin, os.Stdout, os.Stderr)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// If the workers wrongly rely on the issuer to deduplicate, cards are made twice, and the auditor notices.
func TestBooksOfDeceivedWorkersDoNotBalance(t *testing.T) {
	t.Parallel()
	report, err := lab.Run(t.Context(), lab.Options{
		Plan: lab.NewPlan(3, 60, lab.MinLength), Deceive: true, Patience: 5 * time.Minute, Say: t.Logf,
	})
	require.NoError(t, err)
	require.False(t, report.OK(), "%+v", report)
	require.Positive(t, report.CardsDuplicate, report.Problems)
	require.Zero(t, report.CardsMissing, report.Problems)
	require.Contains(t, strings.Join(report.Problems, "\n"), "duplicate: card ")
}

// An interrupted run leaves neither processes nor files behind.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var said []string
	keep := filepath.Join(t.TempDir(), "kept")
	_, err := lab.Run(ctx, lab.Options{
		Plan: lab.NewPlan(1, 10, lab.MinLength), IssuerDedupes: true, Keep: keep, Patience: time.Minute,
		Say: func(format string, args ...any) {
			said = append(said, fmt.Sprintf(format, args...))
			if strings.Contains(format, "customers and faults") {
				cancel()
			}
		},
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, "interrupted: all processes are stopped", said[len(said)-1])
	for _, name := range []string{"temporal.db", "worker-1.log", "worker-2.log", "shop.log", "issuer.log", "mail.log"} {
		require.FileExists(t, filepath.Join(keep, name))
	}
}

// A process of the laboratory ends when its standard input ends, and therefore when the laboratory is killed.
func TestChildEndsWithItsParent(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for role, options := range map[string]string{
		"shop": `{}`, "issuer": `{"seed":1}`, "mail": fmt.Sprintf(`{"folder":%q}`, folder),
		"temporal": fmt.Sprintf(`{"file":%q}`, filepath.Join(folder, "temporal.db")),
	} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			c := exec.CommandContext(t.Context(), os.Args[0], lab.ChildCommand, role, options)
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
	run := func(role, options string) error {
		return lab.RunChild(t.Context(), role, options, strings.NewReader(""), io.Discard, io.Discard)
	}
	require.ErrorContains(t, run("baker", `{}`), `there is no role "baker"`)
	require.ErrorContains(t, run("shop", `port 80`), "read options")
}
