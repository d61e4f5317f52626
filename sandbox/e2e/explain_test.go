package e2e_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

const (
	// explainWithin limits the explanation of a failure. beforeTimeout is the time that is left for it, and for stopping
	// the system, before go test ends the package with only a list of goroutines. Stopping a worker with an activity that
	// does not end takes 25 seconds, and a test's output is lost unless the test ends.
	explainWithin = 15 * time.Second
	beforeTimeout = 45 * time.Second

	explainedRuns    = 10   // of each state
	explainedPending = 10   // activities of each run, and as many children
	explainedEvents  = 20   // of each run, the last ones
	explainedLines   = 200  // of a worker's log, the last ones
	explainedBytes   = 2000 // of each of these lines, because a stack trace is one line
)

// within returns how long a test may take: patience, but less if the package would time out first.
func within(t interface{ Deadline() (time.Time, bool) }) time.Duration {
	deadline, ok := t.Deadline()
	if !ok {
		return *patience
	}
	return min(*patience, time.Until(deadline)-beforeTimeout)
}

// tail keeps the last lines written to it.
type tail struct {
	mu    sync.Mutex
	lines []string
	gone  int
}

// Write takes one line, because zerolog writes each event at once.
func (l *tail) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	line := strings.TrimSuffix(string(p), "\n")
	if len(line) > explainedBytes {
		line = strings.ToValidUTF8(line[:explainedBytes], "") + "…"
	}
	l.lines = append(l.lines, line)
	if more := len(l.lines) - explainedLines; more > 0 {
		l.lines, l.gone = slices.Delete(l.lines, 0, more), l.gone+more
	}
	return len(p), nil
}

// String returns the lines under a title, or nothing if there are none.
func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lines) == 0 {
		return ""
	}
	return fmt.Sprintf("the worker's log, without %d earlier lines:\n%s", l.gone, strings.Join(l.lines, "\n"))
}

// showIfFailed prints the lines if the test has failed and there are any. Stacks without a worker log nothing.
func (l *tail) showIfFailed(t *testing.T) {
	t.Helper()
	if text := l.String(); t.Failed() && text != "" {
		t.Log(text)
	}
}

// showEnd prints the end of a worker's log if the test fails. The log is read after the cleanups that are registered
// later than this one.
func showEnd(t *testing.T, log fmt.Stringer) {
	t.Helper()
	t.Cleanup(func() { endOf(log.String()).showIfFailed(t) })
}

// endOf returns the last lines of a text.
func endOf(text string) *tail {
	var end tail
	for line := range strings.Lines(text) {
		_, _ = end.Write([]byte(line)) // Write never fails.
	}
	return &end
}

// logged makes the stack keep the end of its log, and prints it if the test fails. A test that uses the log for itself
// keeps it.
func logged(t *testing.T, o *stack.Options) *tail {
	t.Helper()
	log := &tail{}
	if !reflect.ValueOf(o.Log).IsZero() {
		return log
	}
	o.Log = zerolog.New(log).Level(zerolog.InfoLevel).With().Timestamp().Logger()
	t.Cleanup(func() { log.showIfFailed(t) })
	return log
}

// explainFailure prints Temporal's state if the test has failed. It is for a t.Cleanup that runs before the system
// stops.
func (w *system) explainFailure() {
	if !w.t.Failed() {
		return
	}
	// The test's own context has been cancelled by now.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), explainWithin)
	defer cancel()
	var b strings.Builder
	w.explain(ctx, &b)
	w.t.Log(b.String())
}

// explain writes which workflows are running and which have failed, what each is waiting for, and its last events. It
// also writes what it cannot read, for example from a stopped server.
func (w *system) explain(ctx context.Context, out io.Writer) {
	for _, of := range []struct{ title, query string }{
		{"still running", "ExecutionStatus = 'Running'"},
		{"failed", "ExecutionStatus IN ('Failed', 'TimedOut', 'Terminated', 'Canceled')"},
	} {
		listed, err := w.plain.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query: of.query, PageSize: explainedRuns,
		})
		if err != nil {
			fmt.Fprintf(out, "%s: cannot be listed: %v\n", of.title, err)
			continue
		}
		fmt.Fprintf(out, "%s: %d workflows", of.title, len(listed.GetExecutions()))
		if len(listed.GetNextPageToken()) > 0 {
			fmt.Fprint(out, " and more")
		}
		fmt.Fprintln(out)
		for _, run := range listed.GetExecutions() {
			w.explainRun(ctx, out, run)
		}
	}
}

func (w *system) explainRun(ctx context.Context, out io.Writer, run *workflowpb.WorkflowExecutionInfo) {
	id, runID := run.GetExecution().GetWorkflowId(), run.GetExecution().GetRunId()
	fmt.Fprintf(out, "\n  %s %s, run %s, %s\n", run.GetType().GetName(), id, runID, run.GetStatus())
	d, err := w.plain.DescribeWorkflowExecution(ctx, id, runID)
	if err != nil {
		fmt.Fprintf(out, "    cannot be described: %v\n", err)
		return
	}
	events, err := w.lastEvents(ctx, run.GetExecution())
	if err != nil {
		fmt.Fprintf(out, "    its history cannot be read: %v\n", err)
	}
	if task := d.GetPendingWorkflowTask(); task != nil {
		fmt.Fprintf(out, "    pending workflow task: %s, attempt %d", task.GetState(), task.GetAttempt())
		if f := taskFailure(events); f != nil && task.GetAttempt() > 1 {
			fmt.Fprintf(out, ", failed first with: %s", w.message(f)) // Histories omit the failures of later attempts.
		}
		fmt.Fprintln(out)
	}
	// The activities with most attempts are the most informative.
	activities := slices.SortedStableFunc(slices.Values(d.GetPendingActivities()),
		func(a, b *workflowpb.PendingActivityInfo) int { return cmp.Compare(b.GetAttempt(), a.GetAttempt()) })
	some(out, "activities", activities, func(a *workflowpb.PendingActivityInfo) {
		fmt.Fprintf(out, "    pending activity: %s, %s, attempt %d", a.GetActivityType().GetName(), a.GetState(), a.GetAttempt())
		if since := a.GetLastStartedTime(); since != nil && a.GetState() == enumspb.PENDING_ACTIVITY_STATE_STARTED {
			fmt.Fprintf(out, ", with worker %s since %s", a.GetLastWorkerIdentity(), since.AsTime().Format("15:04:05.000"))
		}
		if f := a.GetLastFailure(); f != nil {
			fmt.Fprintf(out, ", last failure: %s", w.message(f))
		}
		fmt.Fprintln(out)
	})
	some(out, "children", d.GetPendingChildren(), func(c *workflowpb.PendingChildExecutionInfo) {
		fmt.Fprintf(out, "    pending child: %s\n", c.GetWorkflowId())
	})
	for _, e := range events {
		fmt.Fprintf(out, "    %4d %s %s", e.GetEventId(), e.GetEventTime().AsTime().Format("15:04:05.000"), happened(e))
		if f := failureOf(e); f != nil {
			fmt.Fprintf(out, ": %s", w.message(f))
		}
		fmt.Fprintln(out)
	}
}

// lastEvents returns the last events of a run, oldest first. It reads no others, because a poll has thousands.
func (w *system) lastEvents(ctx context.Context, run *commonpb.WorkflowExecution) ([]*historypb.HistoryEvent, error) {
	page, err := w.plain.WorkflowService().GetWorkflowExecutionHistoryReverse(ctx,
		&workflowservice.GetWorkflowExecutionHistoryReverseRequest{
			Namespace: w.Temporal.Namespace(), Execution: run, MaximumPageSize: explainedEvents,
		})
	events := page.GetHistory().GetEvents()
	events = events[:min(len(events), explainedEvents)] // The server counts batches, each with one event or more.
	slices.Reverse(events)
	return events, err
}

// some writes the first pending items, and the number of the others.
func some[T any](out io.Writer, what string, pending []T, write func(T)) {
	for _, p := range pending[:min(len(pending), explainedPending)] {
		write(p)
	}
	if more := len(pending) - explainedPending; more > 0 {
		fmt.Fprintf(out, "    and %d more pending %s\n", more, what)
	}
}

// taskFailure returns the failure of the last workflow task that failed.
func taskFailure(events []*historypb.HistoryEvent) *failurepb.Failure {
	for _, e := range slices.Backward(events) {
		if f := e.GetWorkflowTaskFailedEventAttributes().GetFailure(); f != nil {
			return f
		}
	}
	return nil
}

// message returns a failure's message in one line, decrypted with the key.
func (w *system) message(f *failurepb.Failure) string {
	payloads, err := codec.New(w.Config.Payload, w.Temporal.Namespace())
	if err != nil {
		return printable.Line(f.GetMessage(), 500)
	}
	return printable.Line(codec.FailureConverter(payloads).FailureToError(f).Error(), 500)
}

// happened describes an event: its type, and the activity, child or timer that it is about, if the event itself says
// so.
func happened(e *historypb.HistoryEvent) string {
	about := cmp.Or(
		e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName(),
		e.GetStartChildWorkflowExecutionInitiatedEventAttributes().GetWorkflowType().GetName(),
		e.GetTimerStartedEventAttributes().GetTimerId(),
		e.GetWorkflowExecutionSignaledEventAttributes().GetSignalName(),
		e.GetMarkerRecordedEventAttributes().GetMarkerName(),
	)
	return strings.TrimSpace(e.GetEventType().String() + " " + about)
}

// failureOf returns the failure in an event, or nil if it has none.
func failureOf(e *historypb.HistoryEvent) *failurepb.Failure {
	return cmp.Or(
		e.GetActivityTaskFailedEventAttributes().GetFailure(),
		e.GetActivityTaskTimedOutEventAttributes().GetFailure(),
		e.GetActivityTaskStartedEventAttributes().GetLastFailure(),
		e.GetWorkflowTaskFailedEventAttributes().GetFailure(),
		e.GetChildWorkflowExecutionFailedEventAttributes().GetFailure(),
		e.GetWorkflowExecutionFailedEventAttributes().GetFailure(),
	)
}

// timeline names the events of a history, one per line, without workflow tasks: their number and position depend on
// what a worker happens to take at once.
func timeline(events []*historypb.HistoryEvent) string {
	var b strings.Builder
	for _, e := range events {
		if !strings.HasPrefix(e.GetEventType().String(), "WorkflowTask") {
			fmt.Fprintln(&b, happened(e))
		}
	}
	return b.String()
}

// requireTimeline requires that a history has these events in this order, except for workflow tasks. It shows a diff if
// it does not.
func requireTimeline(t *testing.T, h *historypb.History, want ...string) {
	t.Helper()
	require.Equal(t, strings.Join(want, "\n")+"\n", timeline(h.GetEvents()), "the events of a history")
}

// An order that is being retried is explained by its last failure, even if its worker has stopped. The explanation of a
// stopped server takes no longer than its time limit.
func TestFailuresAreExplained(t *testing.T) {
	t.Parallel()
	o := stack.Options{CashStar: createOrderFault(func(cashstartest.Request) *cashstartest.Fault {
		return &cashstartest.Fault{Kind: cashstartest.ServerError}
	})}
	log := logged(t, &o)
	w := start(t, o)
	order := w.PlaceKind(scenario.Single)
	w.poll()
	var text string
	w.await("explained", func() bool {
		var b strings.Builder
		w.explain(w.ctx, &b)
		text = b.String()
		return strings.Contains(text, "last failure")
	})
	require.Contains(t, text, "GiftCardOrder "+orderID(order))
	require.Regexp(t, `pending activity: IssueCard, \w+, attempt \d+,.* last failure: .*503`, text)
	require.Contains(t, text, "ActivityTaskScheduled IssueCard")
	require.Contains(t, text, "still running: 1 workflows")
	require.NotContains(t, text, "Encoded failure", "it is shown to whoever has the key")
	w.await("logged", func() bool { return strings.Contains(log.String(), "IssueCard") })

	w.StopWorker()
	require.Contains(t, log.String(), "Stopped Worker")
	var gone strings.Builder
	w.explain(w.ctx, &gone)
	require.Regexp(t, `pending activity: IssueCard, \w+, attempt \d+, last failure: .*503`, gone.String())

	require.NoError(t, w.Stop())
	ctx, cancel := context.WithTimeout(w.ctx, time.Second)
	defer cancel()
	var stopped strings.Builder
	w.explain(ctx, &stopped)
	require.Contains(t, stopped.String(), "still running: cannot be listed")
	require.Contains(t, stopped.String(), "failed: cannot be listed")
}

// A workflow that no worker can run is explained by the reason why its task fails.
func TestFailingTasksAreExplained(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{})
	run, err := w.plain.ExecuteWorkflow(w.ctx, client.StartWorkflowOptions{TaskQueue: workflows.TaskQueue}, "Nobody")
	require.NoError(t, err)
	var text string
	w.await("explained", func() bool {
		var b strings.Builder
		w.explain(w.ctx, &b)
		text = b.String()
		return strings.Contains(text, "failed first with")
	})
	require.Contains(t, text, "Nobody "+run.GetID())
	require.Regexp(t, `pending workflow task: \w+, attempt \d+, failed first with: .*Nobody`, text)
}

func TestExplanationsAreBounded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	some(&b, "children", make([]int, explainedPending+2), func(int) { fmt.Fprintln(&b, "a child") })
	require.Equal(t, strings.Repeat("a child\n", explainedPending)+"    and 2 more pending children\n", b.String())
	b.Reset()
	some(&b, "children", make([]int, explainedPending), func(int) {})
	require.Empty(t, b.String())
}

// timeout is the time-out of a package.
type timeout struct {
	at    time.Time
	known bool
}

func (o timeout) Deadline() (time.Time, bool) { return o.at, o.known }

func TestPatienceEndsBeforeTheTimeout(t *testing.T) {
	t.Parallel()
	require.Equal(t, *patience, within(timeout{}), "-timeout 0")
	require.Equal(t, *patience, within(timeout{time.Now().Add(*patience + time.Hour), true}))
	near := within(timeout{time.Now().Add(*patience), true})
	require.LessOrEqual(t, near, *patience-beforeTimeout)
}

func TestTailKeepsTheLastLines(t *testing.T) {
	t.Parallel()
	var log tail
	for i := range explainedLines + 3 {
		fmt.Fprintln(&log, "line", i)
	}
	require.Empty(t, endOf("").String())
	long := strings.Repeat("a", explainedBytes)
	require.Equal(t, "the worker's log, without 0 earlier lines:\n"+long+"…", endOf(long+"ä\n").String())
	text := log.String()
	require.True(t, strings.HasPrefix(text, "the worker's log, without 3 earlier lines:\nline 3\nline 4\n"), text)
	require.True(t, strings.HasSuffix(text, fmt.Sprint("line ", explainedLines+2)), text)
}
