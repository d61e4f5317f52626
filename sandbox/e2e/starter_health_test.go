package e2e_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/giftbridge/giftbridge/internal/check"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/health"

	"github.com/stretchr/testify/require"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/ops"
	"github.com/giftbridge/giftbridge/internal/mail/mailtest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// health returns what a monitor sees of the system.
func (w *system) health(env ...string) health.Health {
	w.t.Helper()
	out := w.starter(env, "status", "--json")
	var h health.Health
	require.NoError(w.t, json.Unmarshal([]byte(out.stdout), &h), out.stderr)
	if h.Healthy {
		require.Equal(w.t, cli.ExitOK, out.code)
		require.Empty(w.t, out.stderr)
	} else {
		require.Equal(w.t, cli.ExitFailure, out.code)
		require.Contains(w.t, out.stderr, "giftbridge status: unhealthy: ")
	}
	return h
}

func failing(h health.Health) []string {
	names := []string{}
	for _, c := range h.Problems {
		names = append(names, c.Name)
	}
	return names
}

// requireProblem requires that a monitor sees this problem and no other.
func (w *system) requireProblem(name, says string, env ...string) {
	w.t.Helper()
	h := w.health(env...)
	require.Equal(w.t, []string{name}, failing(h), "%+v", h.Problems)
	require.Contains(w.t, h.Problems[0].Found, says)
	require.NotEmpty(w.t, h.Problems[0].Fix)
}

func (w *system) requireHealthy() {
	w.t.Helper()
	require.Empty(w.t, w.health().Problems)
}

// judged returns what would be seen at another time.
func (w *system) judged(at time.Time) []string {
	w.t.Helper()
	h, err := w.Operator.Health(w.ctx, at)
	require.NoError(w.t, err)
	require.Equal(w.t, h.Healthy, len(h.Problems) == 0)
	return failing(*h)
}

// Each problem is reported to a monitor, by the exit code and by name, and disappears when it is fixed.
func TestStarterStatusIsAMonitorsCommand(t *testing.T) {
	t.Parallel()
	var refuses atomic.Bool
	w := start(t, stack.Options{
		Shopify: shopifytest.Options{Faults: shopifytest.Faults{Next: func(string) *shopifytest.Fault {
			if refuses.Load() {
				return &shopifytest.Fault{Kind: shopifytest.FaultStatus, Status: http.StatusUnauthorized}
			}
			return nil
		}}},
		DynamicConfig: map[string]any{"system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute": 2},
		Configure:     func(c *config.Config) { c.Digest.Rerun = false },
	})
	w.requireHealthy() // No poll has completed yet, and none was due.
	w.poll()
	w.requireHealthy()
	text := w.ok("status")
	require.Regexp(t, `(?m)^orders failed +0$`, text)
	require.Regexp(t, `(?m)^ok +watermark +orders have been seen up to `, text)
	require.NotRegexp(t, `(?m)^(warn|FAIL)`, text)

	schedules := w.plain.ScheduleClient()
	for id, name := range map[string]string{
		workflows.PollScheduleID: "schedule", workflows.DigestScheduleID: "digest", workflows.SweepScheduleID: "sweep",
	} {
		handle := schedules.GetHandle(w.ctx, id)
		require.NoError(t, handle.Pause(w.ctx, client.SchedulePauseOptions{Note: "holiday"}))
		w.requireProblem(name, "holiday")
		require.NoError(t, handle.Unpause(w.ctx, client.ScheduleUnpauseOptions{}))
		w.requireHealthy()
		require.NoError(t, handle.Delete(w.ctx))
		w.requireProblem(name, "does not exist")
		w.ok("schedules")
		w.requireHealthy()
	}

	refuses.Store(true)
	_, err := w.tryPoll()
	require.Error(t, err)
	w.await("seen", func() bool { return len(failing(w.health())) > 0 })
	w.requireProblem("last poll", "Unauthorized")
	out := w.starter(nil, "status")
	require.Equal(t, cli.ExitFailure, out.code)
	require.Regexp(t, `(?m)^FAIL +last poll +FAILED: Unauthorized: .*\n +→ see http`, out.stdout)
	require.Equal(t, "giftbridge status: unhealthy: last poll\n", out.stderr)
	refuses.Store(false)
	w.poll()
	w.await("cured", func() bool { return w.health().Healthy })

	w.setRetention(24 * time.Hour)
	w.requireProblem("namespace", "deletes the records of orders after 1 day")
	w.setRetention(30 * 24 * time.Hour)
	w.requireHealthy()

	other := "PAYLOAD_KEYS=other:" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", ops.PayloadKeySize)))
	w.requireProblem("watermark", "cannot be read", other)
	require.Equal(t, []string{"watermark"}, w.judged(time.Now().Add(-time.Hour)), "the future")
	require.Equal(t, []string{"watermark", "sweep"}, w.judged(time.Now().Add(901*time.Hour)), "stale")

	w.failTasks()
	w.requireHealthy()

	w.place(scenario.UnknownMerchant)
	w.poll()
	w.awaitFailed(1)
	h := w.health()
	require.True(t, h.Healthy, "a failed order is the digest's business")
	require.Equal(t, 1, h.Orders[executions.Failed])
	require.Equal(t, check.Warn, h.Checks[len(h.Checks)-1].Status)
	require.Equal(t, []string{"sweep", "failed orders"}, w.judged(time.Now().Add((27*24+1)*time.Hour)))

	w.Mail.Fail(mailtest.Fault{Kind: mailtest.RefuseMail})
	_, _, err = w.tryDigest()
	require.Error(t, err)
	w.await("seen", func() bool { return len(failing(w.health())) > 0 })
	w.requireProblem("digest", "the last digest was not sent: InvalidRequest")
	_, _, err = w.tryDigest()
	require.NoError(t, err)
	w.await("cured", func() bool { return w.health().Healthy })
}

func (w *system) setRetention(d time.Duration) {
	w.t.Helper()
	_, err := w.plain.WorkflowService().UpdateNamespace(w.ctx, &workflowservice.UpdateNamespaceRequest{
		Namespace: w.Temporal.Namespace(),
		Config:    &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(d)},
	})
	require.NoError(w.t, err)
}

// failTasks starts a workflow that no worker can run, as a bad release would have many of, and terminates it when its
// failure has been seen.
func (w *system) failTasks() {
	w.t.Helper()
	run, err := w.plain.ExecuteWorkflow(w.ctx, client.StartWorkflowOptions{TaskQueue: workflows.TaskQueue}, "Unheard")
	require.NoError(w.t, err)
	w.await("seen", func() bool { return len(failing(w.health())) > 0 })
	w.requireProblem("workflow tasks", "in 1 running orders or polls, such as "+w.Config.Digest.TemporalUIURL)
	require.NoError(w.t, w.plain.TerminateWorkflow(w.ctx, run.GetID(), "", "seen"))
	w.await("gone", func() bool { return w.health().Healthy })
}

// A system without workers, and one that cannot be reached.
func TestStarterStatusWithoutWorkers(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{NoWorker: true})
	w.requireProblem("workers", "no worker is polling giftbridge workflow, giftbridge activity, giftbridge-issue activity")
	out := w.starter([]string{"TEMPORAL_ADDRESS=127.0.0.1:1"}, "status")
	require.Equal(t, cli.ExitFailure, out.code)
	require.Contains(t, out.stderr, "connect to Temporal at 127.0.0.1:1")
	require.Empty(t, out.stdout)
	require.Equal(t, cli.ExitUsage, w.starter(nil, "status", "now").code)
}

// Orders that were already too old at the first poll are reported, to the monitor and in the digest.
func TestOrdersAreMissedAloud(t *testing.T) {
	t.Parallel()
	since := time.Now().AddDate(0, 0, -30).UTC().Truncate(time.Second)
	w := start(t, stack.Options{Configure: func(c *config.Config) { c.Orders.CreatedAtMin = since }})
	missed := w.poll().Missed
	require.Equal(t, since, missed.From)
	require.Equal(t, missed, w.poll().Missed, "the next poll hands it on")
	w.requireProblem("missed orders", "created from "+since.Format(time.RFC3339))
	require.Contains(t, w.ok("digest", "--dry-run"), "ORDERS WERE MISSED")
}
