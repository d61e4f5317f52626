package child_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/child"
)

const (
	testCommand = "child-test"
	// roleIdle does nothing until it is told to end.
	roleIdle = "idle"
	// roleStarter starts a process, and otherwise does nothing.
	roleStarter = "starter"
)

// TestMain also runs the processes that the tests start.
func TestMain(m *testing.M) {
	if len(os.Args) != 4 || os.Args[1] != testCommand {
		os.Exit(m.Run())
	}
	err := child.Run(context.Background(), map[string]child.Role{
		roleIdle:    func(context.Context, json.RawMessage) error { return nil },
		roleStarter: startAnother,
	}, os.Args[2], os.Args[3], os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// startAnother starts a process that inherits this process's standard error. It runs either in a role, or as a program
// that has no roles and is told to end by a signal.
func startAnother(ctx context.Context, raw json.RawMessage) error {
	inRole, err := child.Options[bool](raw)
	if err != nil {
		return err
	}
	program := child.Program{Name: "sleep", Path: "/bin/sleep", Args: []string{"600"}, Signal: syscall.SIGTERM}
	if inRole {
		if program, err = child.Own(testCommand, roleIdle, nil); err != nil {
			return err
		}
	}
	program.Log = os.Stderr
	started, err := program.Start()
	if err != nil || !inRole {
		return err
	}
	return started.Await(ctx)
}

// Nothing outlives a starter that is killed, although the starter cannot stop anything itself.
func TestEndsWithItsStarter(t *testing.T) {
	t.Parallel()
	for name, inRole := range map[string]string{"in a role": "true", "a program with a signal": "false"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			starter := exec.CommandContext(t.Context(), os.Args[0], testCommand, roleStarter, inRole)
			_, err := starter.StdinPipe()
			require.NoError(t, err)
			ready, err := starter.StdoutPipe()
			require.NoError(t, err)
			held, err := starter.StderrPipe()
			require.NoError(t, err)
			require.NoError(t, starter.Start())
			line := make([]byte, len("ready\n"))
			_, err = io.ReadFull(ready, line)
			require.NoError(t, err)

			require.NoError(t, starter.Process.Kill())
			// This ends when no process holds the other end any more, neither the starter nor what it started.
			said, err := io.ReadAll(held)
			require.NoError(t, err)
			require.Empty(t, said)
			require.Error(t, starter.Wait())
		})
	}
}
