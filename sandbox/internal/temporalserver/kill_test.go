package temporalserver_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/sandbox/internal/storetest"
	"github.com/giftbridge/giftbridge/sandbox/internal/temporalserver"
)

// killedFileVariable names the environment variable with the database file for the process to be killed.
const killedFileVariable = "TEMPORALSERVER_TEST_KILLED_FILE"

func TestMain(m *testing.M) {
	if file := os.Getenv(killedFileVariable); file != "" {
		if err := serveUntilKilled(file); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	os.Exit(storetest.Run(m.Run))
}

// serveUntilKilled starts a workflow and writes its run to standard output. It returns when standard input ends, so
// that it does not outlive the test.
func serveUntilKilled(file string) error {
	ctx := context.Background()
	server, err := temporalserver.Start(ctx, temporalserver.Options{DBFile: file, UIPort: temporalserver.NoUI})
	if err != nil {
		return err
	}
	c, err := client.DialContext(ctx, client.Options{HostPort: server.HostPort()})
	if err != nil {
		return err
	}
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: workflowID, TaskQueue: taskQueue}, greet, "Ada")
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(os.Stdout, "run", run.GetRunID())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func TestFileOfKilledProcessIsOpened(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "temporal.db")
	process := exec.CommandContext(t.Context(), os.Args[0])
	process.Env = append(os.Environ(), killedFileVariable+"="+file)
	process.Stderr = os.Stderr
	_, err := process.StdinPipe()
	require.NoError(t, err)
	output, err := process.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, process.Start())
	var runID string
	for lines := bufio.NewScanner(output); runID == "" && lines.Scan(); {
		_, _ = fmt.Sscanf(lines.Text(), "run %s", &runID)
	}
	require.NoError(t, process.Process.Kill())
	require.Error(t, process.Wait())
	require.NotEmpty(t, runID)

	c := dial(t, start(t, temporalserver.Options{DBFile: file, UIPort: temporalserver.NoUI}))
	serve(t, c)
	require.Equal(t, "hello Ada", result(t, c.GetWorkflow(t.Context(), workflowID, runID)))
}
