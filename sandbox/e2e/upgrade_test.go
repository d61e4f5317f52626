package e2e_test

import (
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/rollout"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

const deployment = "giftbridge"

// startVersion starts a worker process with a version, or without one.
func (w *system) startVersion(build string) *process {
	w.t.Helper()
	env := []string{"CASHSTAR_TIMEOUT=40s"}
	if build != "" {
		env = append(env, "WORKER_DEPLOYMENT="+deployment, "WORKER_BUILD_ID="+build)
	}
	return w.startProcess(env...)
}

// deploys runs a command of giftbridge that knows the deployment.
func (w *system) deploys(args ...string) string {
	w.t.Helper()
	out := w.starter([]string{"WORKER_DEPLOYMENT=" + deployment}, append([]string{"deployment"}, args...)...)
	require.Equal(w.t, cli.ExitOK, out.code, out.stderr)
	return out.stdout
}

// setCurrent makes a version current, or the workers without one, and returns the output.
func (w *system) setCurrent(build string) string {
	w.t.Helper()
	if build == "" {
		build = "--unversioned"
	}
	return w.deploys("set-current", build, "--wait", (*patience / 4).String()) // It can then still say what is missing.
}

// stop asks a worker to stop. A second request would end it at once.
func (p *process) stop() {
	p.t.Helper()
	require.NoError(p.t, p.Signal(syscall.SIGTERM))
}

// ended waits for a worker that was asked to stop.
func (p *process) ended() {
	p.t.Helper()
	<-p.Ended()
	require.Equal(p.t, cli.ExitOK, p.ExitCode(), &p.log)
}

// builds returns the versions that did the workflow tasks of a history, in order, with consecutive repetitions removed.
func builds(h *historypb.History) []string {
	var out []string
	for _, e := range h.GetEvents() {
		if a := e.GetWorkflowTaskCompletedEventAttributes(); a != nil {
			out = append(out, a.GetDeploymentVersion().GetBuildId())
		}
	}
	return slices.Compact(out)
}

// requireNoFailedTasks reads the history of every run: no version failed on what another version had written. A reset
// is recorded as a failed task, and so is a task that has to be repeated because something happened meanwhile.
func (w *system) requireNoFailedTasks() {
	w.t.Helper()
	list, err := w.plain.ListWorkflow(w.ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: w.Temporal.Namespace(), PageSize: 1000,
	})
	require.NoError(w.t, err)
	require.NotEmpty(w.t, list.GetExecutions())
	require.Empty(w.t, list.GetNextPageToken(), "there are more runs than one page holds")
	for _, e := range list.GetExecutions() {
		h := w.history(e.GetExecution().GetWorkflowId(), e.GetExecution().GetRunId())
		for _, event := range h.GetEvents() {
			switch failed := event.GetWorkflowTaskFailedEventAttributes(); failed.GetCause() {
			case enumspb.WORKFLOW_TASK_FAILED_CAUSE_UNSPECIFIED, enumspb.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW,
				enumspb.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND:
			default:
				require.Fail(w.t, "a workflow task failed", "%s: %s", e.GetExecution().GetWorkflowId(), failed)
			}
		}
	}
}

// An installation whose workers had no version is upgraded to version A, from A to B, and rolled back all the way. Each
// time half of the orders in flight wait for the issuer's answer and half are being retried, and the old workers are
// stopped.
func TestUpgradeAndRollback(t *testing.T) {
	t.Parallel()
	var issuer gate
	t.Cleanup(issuer.open)
	w := start(t, stack.Options{
		NoWorker: true, CashStar: createOrderFault(issuer.pass),
		Configure: func(c *config.Config) { c.CashStar.MaxRPS = 100 }, // Both task queues have work.
		DynamicConfig: map[string]any{
			"matching.wv.VersionDrainageStatusVisibilityGracePeriod": time.Second,
			"matching.wv.VersionDrainageStatusRefreshInterval":       time.Second,
		},
	})
	old := w.startVersion("")
	for _, change := range []struct{ from, to string }{{"", "A"}, {"A", "B"}, {"B", "A"}, {"A", ""}} {
		issuer.shut()
		placed := w.place(slices.Repeat([]scenario.Kind{scenario.Single, scenario.SeveralUnits, scenario.TwoLines}, 4)...)
		cards := 0
		for _, p := range placed {
			cards += len(p.Cards)
		}
		w.poll()
		w.await("all in flight", func() bool {
			waiting, retried := issuer.inFlight(nil)
			return waiting+retried == cards
		})
		waiting, retried := issuer.inFlight(nil)
		require.Positive(t, waiting)
		require.Positive(t, retried)

		next := w.startVersion(change.to)
		for _, says := range []string{", was: ", ", unchanged"} {
			require.Contains(t, w.setCurrent(change.to), says)
		}
		during := w.PlaceKind(scenario.SeveralUnits)
		require.Equal(t, []string{change.to}, builds(w.history(w.polled().WorkflowID, "")))
		old.stop()
		issuer.open()
		old.ended()
		old = next

		changed := 0
		for _, p := range placed {
			w.show(p, executions.Completed)
			// A partition of a task queue may hear of the change late, and then hands an order's last task to the old worker
			// while that one stops.
			switch by := builds(w.history(orderID(p), "")); len(by) {
			case 1:
				require.Equal(t, []string{change.from}, by)
			default:
				require.Equal(t, []string{change.from, change.to}, by)
				changed++
			}
		}
		require.Positive(t, changed, "orders that went over from %q to %q", change.from, change.to)
		w.show(during, executions.Completed)
		require.Equal(t, []string{change.to}, builds(w.history(orderID(during), "")))
		w.requireBalance()
	}
	w.requireNoFailedTasks()

	w.await("drained", func() bool {
		d := decodedFrom[rollout.Deployment](w, "deployment")
		b, ok := d.Version("B")
		require.True(t, ok)
		return b.State == "drained"
	})
}

// An order that failed under one version is rerun under the next one, when no worker of the first is left.
func TestRerunAfterUpgrade(t *testing.T) {
	t.Parallel()
	tr := trouble{of: map[string]cashstartest.Fault{"DECLINED": declined}, first: 1}
	w := start(t, stack.Options{NoWorker: true, CashStar: tr.options()})
	a := w.startVersion("A")
	w.setCurrent("A")
	p := w.orderFor("DECLINED", 3)
	w.poll()
	failed := w.show(p, executions.Failed)
	require.Equal(t, 1, w.cardsOf("DECLINED"))
	a.stop()
	a.ended()
	tr.cured.Store(true)

	w.startVersion("B")
	w.setCurrent("B")
	w.ok("orders", "retry", p.Name, "--yes")
	w.show(p, executions.Completed)
	require.Equal(t, []string{"A", "B"}, builds(w.history(orderID(p), "")))
	first := w.plain.GetWorkflow(w.ctx, orderID(p), failed.RunID)
	require.Error(t, first.Get(w.ctx, nil), "the first run stays as it was")

	w.resetRun(orderID(p), "", firstTask) // Everything is done again, by B alone.
	w.await("reset", func() bool { return len(builds(w.history(orderID(p), ""))) == 1 })
	w.show(p, executions.Completed)
	require.Equal(t, []string{"B"}, builds(w.history(orderID(p), "")))
	require.Equal(t, 3, w.cardsOf("DECLINED"))
	w.requireNoFailedTasks()
}

// A long poll continues under the new version, and so do the runs that continue it.
func TestUpgradeDuringPoll(t *testing.T) {
	t.Parallel()
	var shop shopGate
	t.Cleanup(shop.open)
	w := start(t, stack.Options{
		NoWorker:      true,
		Shopify:       shopifytest.Options{BucketSize: 1e9, RestoreRate: 1e9, Faults: shopifytest.Faults{Next: shop.next}},
		Configure:     func(c *config.Config) { c.Poll.PageSize = 5 },
		DynamicConfig: map[string]any{"limit.historyCount.suggestContinueAsNew": 60},
	})
	a := w.startVersion("A")
	w.setCurrent("A")
	w.place(slices.Repeat([]scenario.Kind{scenario.Single}, 30)...)
	shop.shutAfter(2)
	poll, err := w.Operator.PollNow(w.ctx)
	require.NoError(t, err)
	<-shop.reached

	w.startVersion("B")
	w.setCurrent("B")
	a.stop()
	shop.open()
	a.ended()
	result, err := poll.Wait(w.ctx)
	require.NoError(t, err)
	require.Equal(t, 30, result.Started)
	h := w.history(poll.WorkflowID, poll.RunID)
	require.Equal(t, []string{"A", "B"}, builds(h))
	runs := 1
	for next := continuedAs(h); next != ""; runs++ {
		h = w.history(poll.WorkflowID, next)
		require.Equal(t, []string{"B"}, builds(h))
		next = continuedAs(h)
	}
	require.Greater(t, runs, 1, "the poll was not continued")
	w.settle(30)
	w.requireBalance()
	w.requireNoFailedTasks()
}

// The output for an operator who upgrades for the first time, or who makes a typing mistake.
func TestStarterDeployment(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{NoWorker: true})
	ours := []string{"WORKER_DEPLOYMENT=" + deployment}
	refused := func(code int, says string, env []string, args ...string) {
		t.Helper()
		out := w.starter(env, append([]string{"deployment"}, args...)...)
		require.Equal(t, code, out.code, out.stderr)
		require.Contains(t, out.stderr, says)
	}
	refused(cli.ExitUsage, "WORKER_DEPLOYMENT is not set", nil)
	refused(cli.ExitUsage, "WORKER_DEPLOYMENT is not set", nil, "set-current", "A")
	refused(cli.ExitUsage, "no build ID", ours, "set-current")
	refused(cli.ExitUsage, "not both", ours, "set-current", "A", "--unversioned")
	refused(cli.ExitUsage, "accepts 1 arg", ours, "set-current", "A", "B")
	refused(cli.ExitFailure, "no worker of deployment giftbridge has been seen yet", ours)
	refused(cli.ExitFailure, "has been seen yet", ours, "set-current", "A", "--wait", "1s")

	a := w.startVersion("A")
	w.await("known", func() bool { return w.starter(ours, "deployment").code == cli.ExitOK })
	idle := w.deploys()
	require.Regexp(t, `current +\(no version\)`, idle)
	require.Contains(t, idle, "NO WORK IS DONE")
	require.Regexp(t, `(?m)^A +inactive .* 1$`, idle)
	refused(cli.ExitFailure, "no worker of version 1.5.0 is polling; currently polling: version A", ours, "set-current", "1.5.0", "--wait", "0s")
	refused(cli.ExitFailure, "no worker without a version is polling", ours, "set-current", "--unversioned", "--wait", "0s")

	require.Equal(t, "current version of giftbridge: A, was: (no version)\n",
		w.starter(append(ours, "WORKER_BUILD_ID=A"), "deployment", "set-current").stdout)
	d := decodedFrom[rollout.Deployment](w, "deployment")
	require.Equal(t, "A", d.Current)
	require.True(t, d.Settled)
	require.NotContains(t, w.deploys(), "NO WORK IS DONE")

	// Back to workers without a version, as if the deployment had never existed.
	w.startProcess()
	change := decodedFrom[rollout.CurrentChange](w, "deployment", "set-current", "--unversioned")
	require.Equal(t, rollout.CurrentChange{Deployment: deployment, Before: "A", Changed: true}, change)
	a.stop()
	a.ended()
	require.Contains(t, a.log.String(), "this version gets no tasks until it is current")
	p := w.PlaceKind(scenario.Single)
	w.poll()
	w.show(p, executions.Completed)
	require.Equal(t, []string{""}, builds(w.history(orderID(p), "")))
}

// decodedFrom is decoded for commands that need the deployment.
func decodedFrom[T any](w *system, args ...string) T {
	w.t.Helper()
	w.Config.Worker.Deployment = deployment
	defer func() { w.Config.Worker.Deployment = "" }()
	return decoded[T](w, args...)
}
