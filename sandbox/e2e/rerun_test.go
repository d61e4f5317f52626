package e2e_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/executions"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// resetRun resets a run as the temporal command line does.
func (w *system) resetRun(workflowID, runID string, eventID int64) {
	w.t.Helper()
	_, err := w.plain.ResetWorkflowExecution(w.ctx, &workflowservice.ResetWorkflowExecutionRequest{
		Namespace:                 w.Temporal.Namespace(),
		WorkflowExecution:         &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: runID},
		Reason:                    "by hand",
		WorkflowTaskFinishEventId: eventID,
	})
	require.NoError(w.t, err)
}

// asShellReads returns the words of a command as a shell passes them to the program.
func asShellReads(t *testing.T, command string) []string {
	t.Helper()
	dir := t.TempDir()
	const program = "#!/bin/sh\nprintf '%s\\n' \"$@\"\n"
	for _, name := range []string{"temporal", buildinfo.Program} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(program), 0o700))
	}
	shell := exec.CommandContext(t.Context(), "/bin/sh", "-c", command)
	shell.Env = []string{"PATH=" + dir}
	out, err := shell.CombinedOutput()
	require.NoError(t, err, string(out))
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

// All ways to rerun an order give the same account: the command in the digest, the reset that orders show names, a reset
// to the first workflow task, which repeats what had succeeded, and giftbridge. Of three cards, one had been issued.
func TestRerunByHand(t *testing.T) {
	t.Parallel()
	tr := trouble{first: 1, of: map[string]cashstartest.Fault{"COMMAND": declined, "RESET": declined, "FIRST": declined, "STARTER": declined}}
	w := start(t, stack.Options{CashStar: tr.options(), Configure: func(c *config.Config) { c.Digest.Rerun = false }})
	byCommand, byReset := w.orderFor("COMMAND", 3), w.orderFor("RESET", 3)
	fromFirst, byStarter := w.orderFor("FIRST", 3), w.orderFor("STARTER", 3)
	w.poll()
	w.awaitFailed(4)
	require.Len(t, w.Issuer.Cards(), 4)
	out := w.digest()
	require.Equal(t, []int{4, 0}, []int{out.Failed, out.Rerun})
	tr.cured.Store(true)

	row := w.lastMail().row(w, byCommand.Name)
	require.Equal(t, "not_tried", row["rerun"])
	require.Equal(t, "2", row["cards"], "one of three exists")
	words := asShellReads(t, row["command"])
	require.Equal(t, []string{"orders", "retry", byCommand.Name}, words)
	w.ok(append(words, "--yes")...)

	words = asShellReads(t, w.show(byReset, executions.Failed).Reset)
	require.Equal(t, []string{"workflow", "reset"}, words[:2])
	flags := map[string]string{}
	for i := 2; i+1 < len(words); i += 2 {
		flags[words[i]] = words[i+1]
	}
	require.Len(t, flags, 5)
	require.Equal(t, w.Temporal.Namespace(), flags["--namespace"])
	require.Equal(t, orderID(byReset), flags["--workflow-id"])
	require.Equal(t, "run again", flags["--reason"])
	event, err := strconv.ParseInt(flags["--event-id"], 10, 64)
	require.NoError(t, err)
	w.resetRun(flags["--workflow-id"], flags["--run-id"], event)

	run := w.newest(orderID(fromFirst)).GetExecution().GetRunId()
	for _, e := range w.history(orderID(fromFirst), run).GetEvents() {
		if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			w.resetRun(orderID(fromFirst), run, e.GetEventId())
			break
		}
	}

	retried := w.starter(nil, "orders", "retry", byStarter.Name, "--yes", "--reason", "the issuer is well again")
	require.Equal(t, cli.ExitOK, retried.code, retried.stderr)
	require.Regexp(t, `order #\d+ +runs again`, retried.stdout)

	var lookUps []int
	for _, p := range []scenario.Placed{byCommand, byReset, fromFirst, byStarter} {
		w.await("run again", func() bool { return len(w.runs(orderID(p))) == 2 })
		d := w.show(p, executions.Completed)
		require.Len(t, d.Result.Cards, 3)
		seen := map[int]bool{}
		for _, c := range d.Result.Cards {
			seen[c.Unit] = true
		}
		require.Len(t, seen, 3)
		n := 0
		for _, e := range w.history(orderID(p), d.RunID).GetEvents() {
			if r := e.GetWorkflowTaskFailedEventAttributes(); r.GetBaseRunId() != "" {
				require.Regexp(t, `^(by hand|(the issuer is well again|giftbridge orders retry) \(by .+@.+\))$`, r.GetFailure().GetMessage())
				n = 0
			}
			if e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName() == "LookUpMerchant" {
				n++
			}
		}
		lookUps = append(lookUps, n)
	}
	require.Equal(t, []int{0, 0, 1, 0}, lookUps, "what succeeded stays, unless it is reset to the beginning")
	for _, code := range []string{"COMMAND", "RESET", "FIRST", "STARTER"} {
		require.Equal(t, 3, w.cardsOf(code), code)
	}
	require.Len(t, w.Issuer.Cards(), 12)
}

// An order is judged by its newest run. A second request, or one from an outdated page, does no harm.
func TestRerunFailedTwice(t *testing.T) {
	t.Parallel()
	tr := trouble{of: map[string]cashstartest.Fault{"BAD": declined, "ODD": {Kind: cashstartest.WrongMerchant}}}
	issuer := tr.options()
	issuer.Merchants = append(issuer.Merchants, merchant("GOOD"))
	w := start(t, stack.Options{CashStar: issuer})
	bad, other, odd, good := w.orderFor("BAD", 2), w.orderFor("BAD", 1), w.orderFor("ODD", 1), w.orderFor("GOOD", 1)
	w.poll()
	w.awaitFailed(3)
	w.show(good, executions.Completed)

	// The answer of the activity is lost. Its next attempt finds its own runs, which have failed again.
	page := activities.RerunFailedOrdersInput{Reason: "test", Since: time.Now()}
	first, err := w.Operator.RerunFailed(w.ctx, page)
	require.NoError(t, err)
	require.Equal(t, activities.RerunFailedOrdersResult{Rerun: 2, LeftAlone: 1}, first)
	w.awaitFailed(5)
	repeated, err := w.Operator.RerunFailed(w.ctx, page)
	require.NoError(t, err)
	require.Equal(t, first, repeated, "the account is the same")
	for _, p := range []scenario.Placed{bad, other} {
		require.Len(t, w.runs(orderID(p)), 2)
	}

	// No worker takes the orders: they are running, and are not reset.
	w.StopWorker()
	page.Since = time.Now()
	again, err := w.Operator.RerunFailed(w.ctx, page)
	require.NoError(t, err)
	require.Equal(t, 2, again.Rerun)
	later := activities.RerunFailedOrdersInput{Reason: "test", Since: time.Now()}
	running, err := w.Operator.RerunFailed(w.ctx, later)
	require.NoError(t, err)
	require.Equal(t, activities.RerunFailedOrdersResult{LeftAlone: 1}, running, "one is failed, and not to be cured so")

	// Orders that are named are reported one by one.
	later.Orders = []string{orderID(bad), orderID(odd), orderID(good), workflows.GiftCardOrderID(stack.Shop, "1")}
	named, err := w.Operator.RerunFailed(w.ctx, later)
	require.NoError(t, err)
	require.Equal(t, []activities.RerunOrder{
		{WorkflowID: orderID(bad), LeftAlone: "it is running"},
		{WorkflowID: orderID(odd), LeftAlone: "it failed as UnexpectedResponse, which a re-run does not cure; " +
			"use --force to run it anyway"},
		{WorkflowID: orderID(good), LeftAlone: "it has succeeded"},
		{WorkflowID: workflows.GiftCardOrderID(stack.Shop, "1"), LeftAlone: "Temporal does not have it, or has deleted it"},
	}, named.Orders)

	// Two people reset the same old run, one after the other. Temporal does both.
	tr.cured.Store(true)
	old := w.runs(orderID(bad))
	for _, r := range old[len(old)-2:] {
		var scheduled int64
		for _, e := range w.history(orderID(bad), r.GetExecution().GetRunId()).GetEvents() {
			if a := e.GetActivityTaskScheduledEventAttributes(); a.GetActivityType().GetName() == "IssueCard" && scheduled == 0 {
				scheduled = a.GetWorkflowTaskCompletedEventId()
			}
		}
		w.resetRun(orderID(bad), r.GetExecution().GetRunId(), scheduled)
	}
	require.NoError(t, w.StartWorker(w.ctx))
	w.show(bad, executions.Completed)
	w.show(other, executions.Completed)
	require.Equal(t, 3, w.cardsOf("BAD"))
	forced, err := w.Operator.RerunFailed(w.ctx, activities.RerunFailedOrdersInput{
		Orders: []string{orderID(odd)}, Force: true, Reason: "test", Since: time.Now(),
	})
	require.NoError(t, err)
	require.Equal(t, 1, forced.Rerun)
	w.show(odd, executions.Completed)
	require.Equal(t, 1, w.cardsOf("ODD"))
}

// There is at most one rerun at a time. A second one is refused. A digest reports this and is sent nevertheless.
func TestOneRerunAtATime(t *testing.T) {
	t.Parallel()
	tr := trouble{of: map[string]cashstartest.Fault{"BAD": declined}}
	w := start(t, stack.Options{CashStar: tr.options()})
	p := w.orderFor("BAD", 1)
	w.poll()
	w.awaitFailed(1)
	busy, err := w.plain.ExecuteWorkflow(w.ctx, client.StartWorkflowOptions{
		ID: workflows.RerunOrdersID, TaskQueue: "that-nobody-polls",
	}, workflows.RerunOrdersType, workflows.RerunOrdersInput{Reason: "a long one"})
	require.NoError(t, err)

	out := w.starter(nil, "orders", "retry", "--all-failed", "--yes")
	require.Equal(t, cli.ExitFailure, out.code)
	require.Contains(t, out.stderr, "another re-run is in progress (")
	require.Contains(t, out.stderr, "/workflows/rerun-orders)")
	require.Contains(t, out.stderr, "try again when it is done")
	require.Empty(t, out.stdout)

	digest := w.digest()
	require.True(t, digest.Sent)
	require.Zero(t, digest.Rerun)
	require.Equal(t, 1, digest.Failed)
	require.Equal(t, "somebody was running failed orders again (workflow rerun-orders)", digest.RerunProblem)
	require.Equal(t, "not_tried", w.lastMail().row(w, p.Name)["rerun"])
	require.Len(t, w.runs(orderID(p)), 1)

	require.NoError(t, w.plain.TerminateWorkflow(w.ctx, busy.GetID(), busy.GetRunID(), "done"))
	tr.cured.Store(true)
	out = w.starter(nil, "orders", "retry", "--all-failed", "--yes")
	require.Equal(t, cli.ExitOK, out.code, out.stderr)
	w.await("run again", func() bool { return w.newest(orderID(p)).GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED })
	require.Equal(t, 1, w.cardsOf("BAD"))
}

// An order that failed repeatedly has failed runs on many pages. It is rerun once, and counted once.
func TestRerunOverPages(t *testing.T) {
	t.Parallel()
	const orders, page = 3, 100
	tr := trouble{of: map[string]cashstartest.Fault{"BAD": declined}}
	w := start(t, stack.Options{CashStar: tr.options()})
	for range orders {
		w.orderFor("BAD", 1)
	}
	w.poll()
	w.awaitFailed(orders)
	for failed := orders; failed <= page; {
		out, err := w.Operator.RerunFailed(w.ctx, activities.RerunFailedOrdersInput{Reason: "test", Since: time.Now()})
		require.NoError(t, err)
		require.Equal(t, orders, out.Rerun)
		failed += orders
		w.awaitFailed(failed)
	}
	run, err := w.Operator.RerunOrders(w.ctx, workflows.RerunOrdersInput{Reason: "test"})
	require.NoError(t, err)
	out, err := run.Wait(w.ctx)
	require.NoError(t, err)
	require.Equal(t, workflows.RerunOrdersResult{Rerun: orders}, out)
	h := w.history(workflows.RerunOrdersID, "")
	require.Greater(t, count(h, enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED), 1, "pages:\n%s", timeline(h.GetEvents()))
}

// Once a card exists, the order's merchant stays the same, however the names at the issuer change.
func TestMerchantStaysTheSame(t *testing.T) {
	t.Parallel()
	for name, dedupes := range map[string]bool{"again while unclear": true, "at most once": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := trouble{of: map[string]cashstartest.Fault{"FIRST": declined}, first: 1}
			w := start(t, stack.Options{CashStar: tr.options(), Configure: func(c *config.Config) { c.Issue.Dedupes = dedupes }})
			p := w.orderFor("FIRST", 2)
			w.poll()
			d := w.show(p, executions.Failed)
			require.Len(t, d.Units.Issued, 1)
			tr.cured.Store(true)
			w.addMerchant(cashstartest.Merchant{
				Name: merchant("FIRST").Name, MerchantCode: "SECOND", Currencies: []string{"USD"},
			})
			w.resetRun(orderID(p), d.RunID, firstTask)
			w.await("run again", func() bool { return w.newest(orderID(p)).GetExecution().GetRunId() != d.RunID })
			done := w.show(p, executions.Completed)
			require.Equal(t, "FIRST", done.Result.MerchantCode)
			require.Equal(t, []int{2, 0}, []int{w.cardsOf("FIRST"), w.cardsOf("SECOND")})
			for _, c := range done.Result.Cards {
				require.NotEmpty(t, c.EGCCode, "what was issued before comes with its code")
			}
			times := w.judgedAt(p, d.RunID)
			require.Len(t, times, 1)
			require.Equal(t, times, w.judgedAt(p, done.RunID), "days of delivery are judged as they were")
		})
	}
}

// judgedAt returns the times at which a run of an order decided whether delivery dates lie ahead.
func (w *system) judgedAt(p scenario.Placed, runID string) map[time.Time]bool {
	w.t.Helper()
	times := map[time.Time]bool{}
	for _, e := range w.opened(orderID(p), runID).GetEvents() {
		a := e.GetActivityTaskScheduledEventAttributes()
		if a.GetActivityType().GetName() != activities.IssueCardType {
			continue
		}
		var in activities.IssueCardInput
		require.NoError(w.t, json.Unmarshal(a.GetInput().GetPayloads()[0].GetData(), &in))
		times[in.At] = true
	}
	return times
}
