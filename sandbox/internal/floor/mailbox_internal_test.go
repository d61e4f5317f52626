package floor

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// A mailbox posts what waits and what comes meanwhile, byte for byte and in order, and ends.
func TestMailbox(t *testing.T) {
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Hour}) // A machine that is busy is no deadlock.
	env.RegisterWorkflowWithOptions(Mailbox, workflow.RegisterOptions{Name: MailboxType})
	env.RegisterActivity(&activities{})
	var posted []string
	env.OnActivity("Deliver", mock.Anything, mock.Anything, mock.Anything).Return(func(_ context.Context, resource string, body []byte) error {
		require.Equal(t, "17", resource)
		if posted = append(posted, string(body)); len(posted) == 2 {
			env.SignalWorkflow(eventSignal, []byte("third"))
		}
		return nil
	})
	env.RegisterDelayedCallback(func() {
		env.SignalWorkflow(eventSignal, []byte("first \xff"))
		env.SignalWorkflow(eventSignal, []byte("second"))
	}, 0)
	env.ExecuteWorkflow(MailboxType, "17")
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []string{"first \xff", "second", "third"}, posted)
}
