package e2e_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/installation"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

var update = flag.Bool("update", false, "write the histories that package workflows replays and does not have yet")

const recorded = "../../workflows/testdata/history"

// Histories of what happens to orders and polls. Each of them is replayed here; with -update, new ones become the
// histories that later code is checked against.
func TestHistories(t *testing.T) {
	t.Parallel()
	var shop denied
	shop.after.Store(never)
	var decline atomic.Bool
	w := start(t, stack.Options{
		Shopify: shopifytest.Options{BucketSize: 1e9, RestoreRate: 1e9, Faults: shopifytest.Faults{Next: shop.next}},
		CashStar: cashstartest.Options{Decline: func(c cashstartest.Card) string {
			if decline.Load() && strings.HasPrefix(c.Target, "friend-") {
				return "The card cannot be issued."
			}
			return ""
		}},
		Configure: func(c *config.Config) {
			inTheClear(c)
			c.Poll.PageSize = 5
		},
		DynamicConfig: map[string]any{"limit.historyCount.suggestContinueAsNew": 60},
	})

	decline.Store(true)
	placed := w.place(scenario.Single, scenario.SeveralUnits, scenario.UnknownMerchant, scenario.TwoLines, scenario.Mixed)
	first := w.polled()
	w.settle(4)
	w.keep("PollOrders/first", first.WorkflowID, first.RunID)
	w.keepOrder("GiftCardOrder/one-card", placed[0], executions.Completed)
	w.keepOrder("GiftCardOrder/several-units", placed[1], executions.Completed)
	w.keepOrder("GiftCardOrder/merchant-unknown", placed[2], executions.Failed)
	w.keepOrder("GiftCardOrder/unit-declined", placed[3], executions.Failed)
	w.keepOrder("LeftOrder/mixed", placed[4], executions.Left)
	w.release(placed[4])
	w.keepOrder("GiftCardOrder/released", placed[4], executions.Completed)

	w.Issuer.AddMerchant(cashstartest.Merchant{Name: "Stranger 3", MerchantCode: "STRANGER", Currencies: []string{"USD"}})
	w.StopWorker() // This also discards its list of merchants.
	require.NoError(t, w.StartWorker(w.ctx))
	w.reset(placed[2])
	w.keepOrder("GiftCardOrder/reset", placed[2], executions.Completed)

	w.Issuer.Inject(cashstartest.Fault{Kind: cashstartest.Drop, Operation: cashstartest.CreateOrder, AfterCommit: true})
	retried := w.PlaceKind(scenario.Single)
	w.poll()
	w.keepOrder("GiftCardOrder/retried", retried, executions.Completed)

	many := w.place(slices.Repeat([]scenario.Kind{scenario.Single}, 30)...)
	shop.after.Store(2)
	failed, err := w.Operator.PollNow(w.ctx)
	require.NoError(t, err)
	_, err = failed.Wait(w.ctx)
	require.Error(t, err)
	w.keep("PollOrders/failed-page", failed.WorkflowID, failed.RunID)

	shop.after.Store(never)
	chain := w.polled()
	w.keep("PollOrders/with-merchants", chain.WorkflowID, chain.RunID)
	w.keepOrder("GiftCardOrder/with-its-merchant", many[len(many)-1], executions.Completed)
	next := w.keep("PollOrders/continued-first", chain.WorkflowID, chain.RunID)
	require.NotEmpty(t, next, "the poll was not continued")
	last := next
	for next != "" {
		last, next = next, continuedAs(w.history(chain.WorkflowID, next))
	}
	w.keep("PollOrders/continued-last", chain.WorkflowID, last)

	swept, err := w.Operator.SweepNow(w.ctx, true)
	require.NoError(t, err)
	_, err = swept.Wait(w.ctx)
	require.NoError(t, err)
	w.keep("SweepOrders/whole", swept.WorkflowID, swept.RunID)

	// Two pages of orders, one of which is new.
	w.PlaceKind(scenario.Single)
	w.keep("PollOrders/next", w.polled().WorkflowID, "")
	w.keep("PollOrders/known-orders", w.polled().WorkflowID, "")
}

// release releases an order as a person whose name may appear in a recorded history.
func (w *system) release(p scenario.Placed) {
	w.t.Helper()
	_, err := w.Operator.Release(w.ctx, w.planRelease(p), "somebody", "nobody has issued it")
	require.NoError(w.t, err)
}

// plainly is the configuration for recording histories: unencrypted and fast.
func plainly(c *config.Config) {
	inTheClear(c)
	c.CashStar.Timeout, c.Issue.RetryBudget = time.Second, time.Second
}

// polled triggers a poll of the schedule and returns that poll when it is done.
func (w *system) polled() *installation.Poll {
	w.t.Helper()
	p, err := w.Operator.PollNow(w.ctx)
	require.NoError(w.t, err)
	_, err = p.Wait(w.ctx)
	require.NoError(w.t, err)
	return p
}

func (w *system) keepOrder(name string, p scenario.Placed, in executions.State) {
	w.t.Helper()
	d := w.show(p, in)
	w.keep(name, d.WorkflowID, d.RunID)
}

// keep replays the history of a run and, with -update, writes it, unless a history of that name exists: what a release
// wrote may still be running somewhere. It returns the run that continues this one, if any.
func (w *system) keep(name, workflowID, runID string) string {
	w.t.Helper()
	h := w.history(workflowID, runID)
	w.keepHistory(name, h)
	return continuedAs(h)
}

func (w *system) keepHistory(name string, h *historypb.History) {
	w.t.Helper()
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{DisableDeadlockDetection: true})
	require.NoError(w.t, err, "the machine may be busy")
	workflows.Register(replayer)
	var run workflow.Execution
	for _, e := range h.GetEvents() {
		if id := e.GetWorkflowTaskFailedEventAttributes().GetNewRunId(); id != "" {
			run.RunID = id // A reset has created the run, which the replayer does not find.
		}
	}
	require.NoError(w.t, replayer.ReplayWorkflowHistoryWithOptions(silence{}, h, worker.ReplayWorkflowHistoryOptions{
		OriginalExecution: run,
	}), name)
	file := filepath.Join(recorded, filepath.FromSlash(name)+".json")
	if _, err := os.Stat(file); *update && os.IsNotExist(err) {
		require.NoError(w.t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(w.t, os.WriteFile(file, written(w.t, h), 0o644))
	}
	require.FileExists(w.t, file, "record it: go test ./sandbox/e2e -run TestHistories -update")
}

// keepOpened is keep for a run whose payloads are encrypted, as they have to be where an issuer makes cards later. The history
// is kept as it would be without encryption, and returned.
func (w *system) keepOpened(name, workflowID, runID string) *historypb.History {
	w.t.Helper()
	h := w.opened(workflowID, runID)
	w.say(h.ProtoReflect())
	w.keepHistory(name, h)
	return h
}

// say puts the messages of failures, which are encoded where they are encrypted, where they are without encryption.
func (w *system) say(m protoreflect.Message) {
	w.t.Helper()
	if f, ok := m.Interface().(*failurepb.Failure); ok && f.GetEncodedAttributes() != nil {
		var said struct{ Message string }
		require.NoError(w.t, json.Unmarshal(f.GetEncodedAttributes().GetData(), &said))
		f.Message, f.EncodedAttributes = said.Message, nil
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Message() == nil || f.IsMap():
		case f.IsList():
			for i := range v.List().Len() {
				w.say(v.List().Get(i).Message())
			}
		default:
			w.say(v.Message())
		}
		return true
	})
}

func continuedAs(h *historypb.History) string {
	last := h.GetEvents()[len(h.GetEvents())-1]
	if last.GetEventType() != enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW {
		return ""
	}
	return last.GetWorkflowExecutionContinuedAsNewEventAttributes().GetNewExecutionRunId()
}

// written returns a history as JSON, one event per line, without the names of machines and processes.
func written(t *testing.T, h *historypb.History) []byte {
	t.Helper()
	h = proto.CloneOf(h)
	neutral(h.ProtoReflect())
	var out bytes.Buffer
	out.WriteString("{\"events\": [\n")
	for i, e := range h.GetEvents() {
		line, err := protojson.Marshal(e)
		require.NoError(t, err)
		if i > 0 {
			out.WriteString(",\n")
		}
		require.NoError(t, json.Compact(&out, line)) // The marshaler inserts spaces at random.
	}
	out.WriteString("\n]}\n")
	return out.Bytes()
}

// neutral replaces what reveals where a history was made.
func neutral(m protoreflect.Message) {
	if queue, ok := m.Interface().(*taskqueuepb.TaskQueue); ok && queue.GetKind() == enumspb.TASK_QUEUE_KIND_STICKY {
		queue.Name = "sticky"
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Name() == "identity":
			m.Set(f, protoreflect.ValueOfString("worker"))
		case f.Name() == "stack_trace" || f.Name() == "build_id" || f.Name() == "binary_checksum":
			m.Clear(f)
		case f.Message() == nil || f.IsMap():
		case f.IsList():
			for i := range v.List().Len() {
				neutral(v.List().Get(i).Message())
			}
		default:
			neutral(v.Message())
		}
		return true
	})
}
