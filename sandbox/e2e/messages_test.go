package e2e_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"

	"github.com/giftbridge/giftbridge/activities/messaging"
	"github.com/giftbridge/giftbridge/internal/looking"
	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/composing"
	"github.com/giftbridge/giftbridge/internal/messages/sending"
	"github.com/giftbridge/giftbridge/sandbox/internal/billing"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// told stands for the activities of messages: an order has changes, each with one message.
type told struct {
	system *system

	mu      sync.Mutex
	changes map[string]int
	refuse  bool
	sent    []string
}

func (w *told) change(order string) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.changes[order]++
	return changedAt(w.changes[order])
}

func changedAt(n int) time.Time { return time.Date(2026, 7, 10, 12, 0, n, 0, time.UTC) }

func (w *told) ReviewOrder(_ context.Context, in messaging.ReviewOrderInput) (messaging.ReviewOrderResult, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.changes[in.Order]
	out := messaging.ReviewOrderResult{Name: "#" + in.Order, UpdatedAt: changedAt(n), Plan: composing.Plan{EndsAt: time.Now().AddDate(0, 0, 90)}}
	for i := in.Told.Changes + 1; i <= n; i++ {
		key := in.Order + "-" + strconv.Itoa(i)
		out.Plan.Steps = append(out.Plan.Steps, composing.Step{
			Kind: messages.KindUpdate, Key: key, Why: "It changed.", Tells: composing.Tells{Changes: 1},
			Message: &messages.Message{Key: key, Kind: messages.KindUpdate, To: "+14155550100", Text: "Example Shop: it changed."},
		})
	}
	return out, nil
}

func (w *told) send(m messages.Message) (messaging.SendMessageResult, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.refuse {
		return messaging.SendMessageResult{}, temporal.NewNonRetryableApplicationError("it is refused", string(messaging.MessageRefused), nil)
	}
	w.sent = append(w.sent, m.Key)
	return messaging.SendMessageResult{Outcome: sending.Queued, At: changedAt(0)}, nil
}

func (w *told) SendMessage(_ context.Context, in messaging.SendMessageInput) (messaging.SendMessageResult, error) {
	return w.send(in.Message)
}

// soldOut is a variant that is gone again when it is read.
const soldOut = "9"

func (w *told) ReviewVariant(_ context.Context, in messaging.ReviewVariantInput) (messaging.ReviewVariantResult, error) {
	if in.Variant == soldOut {
		return messaging.ReviewVariantResult{Dropped: composing.ReasonNotForSale}, nil
	}
	return messaging.ReviewVariantResult{Message: &messages.Message{Key: in.Variant, Kind: messages.KindInStock, Text: "It is back."}}, nil
}

func (w *told) SendNotice(_ context.Context, in messaging.SendNoticeInput) (messaging.SendMessageResult, error) {
	return w.send(in.Message)
}

func (w *told) StartLooks(context.Context, messaging.StartLooksInput) (messaging.StartLooksResult, error) {
	return messaging.StartLooksResult{}, nil
}

func startTold(t *testing.T) *told {
	t.Helper()
	w := &told{system: start(t, stack.Options{Configure: inTheClear}), changes: map[string]int{}}
	w.system.StopWorker()
	q := worker.New(w.system.plain, workflows.TaskQueue, worker.Options{})
	workflows.Register(q)
	q.RegisterActivity(w)
	require.NoError(t, q.Start())
	t.Cleanup(q.Stop)
	return w
}

// looks returns what the workflow of an order knows.
func (w *told) looks(order string) (out workflows.OrderMessagesState) {
	w.system.t.Helper()
	answer, err := w.system.plain.QueryWorkflow(w.system.ctx, workflows.OrderMessagesID("shop", order), "", workflows.MessagesQuery)
	require.NoError(w.system.t, err)
	require.NoError(w.system.t, answer.Get(&out))
	return out
}

// The histories of messages, and what they cost.
func TestHistoriesOfMessages(t *testing.T) {
	t.Parallel()
	w := startTold(t)
	s := w.system
	slow, brief := &looking.Looker{Client: s.plain}, &looking.Looker{Client: s.plain, Hurry: 1_500_000}

	// Two webhooks of one change are one look; one that tells nothing new is none. The order is idle then, with one timer.
	id := workflows.OrderMessagesID("shop", "1001")
	at := w.change("1001")
	require.NoError(t, slow.Order(s.ctx, "shop", "1001", "#1001", workflows.Look{UpdatedAt: at, Topic: "orders/create"}))
	require.NoError(t, slow.Order(s.ctx, "shop", "1001", "", workflows.Look{UpdatedAt: at, Topic: "orders/paid"}))
	s.await("told", func() bool { return w.looks("1001").Sent == 1 })
	var cost billing.Cost
	require.NoError(t, cost.AddRun(s.ctx, s.plain, id, ""))
	// The start and the timer for the end, once; two signals, a timer and a look; the message.
	require.LessOrEqual(t, cost.Actions, int64(2+2+2+1))
	before := cost.Actions
	require.NoError(t, slow.Order(s.ctx, "shop", "1001", "", workflows.Look{UpdatedAt: at}))
	at = w.change("1001")
	require.NoError(t, slow.Order(s.ctx, "shop", "1001", "", workflows.Look{UpdatedAt: at}))
	s.await("told again", func() bool { return w.looks("1001").Sent == 2 })
	cost = billing.Cost{}
	require.NoError(t, cost.AddRun(s.ctx, s.plain, id, ""))
	require.LessOrEqual(t, cost.Actions-before, int64(1+3+1), "a signal without news, a webhook with its timer, a message")
	require.Equal(t, 2, w.looks("1001").Looked)
	require.NoError(t, s.plain.CancelWorkflow(s.ctx, id, ""))
	require.Error(t, s.plain.GetWorkflow(s.ctx, id, "").Get(s.ctx, nil))
	s.keep("OrderMessages/told", id, "")

	// A refused message is a run that fails; once a person has had it sent, one that completes.
	w.mu.Lock()
	w.refuse = true
	w.mu.Unlock()
	refused, unsent := workflows.OrderMessagesID("shop", "1002"), workflows.UnsentMessageID("shop", "1002", "1002-1")
	require.NoError(t, slow.Order(s.ctx, "shop", "1002", "#1002", workflows.Look{UpdatedAt: w.change("1002")}))
	s.await("refused", func() bool { return w.looks("1002").Failed == 1 })
	failure := s.plain.GetWorkflow(s.ctx, unsent, "").Get(s.ctx, nil)
	var app *temporal.ApplicationError
	require.ErrorAs(t, failure, &app)
	require.Equal(t, string(messaging.MessageRefused), app.Type())
	s.keep("UnsentMessage/refused", unsent, "")
	w.mu.Lock()
	w.refuse = false
	w.mu.Unlock()
	require.NoError(t, s.plain.SignalWorkflow(s.ctx, refused, "", workflows.ResendSignal, workflows.ResendMessage{Key: "1002-1", By: "somebody"}))
	s.await("resent", func() bool { return w.looks("1002").Sent == 1 })
	require.NoError(t, s.plain.CancelWorkflow(s.ctx, refused, ""))
	require.Error(t, s.plain.GetWorkflow(s.ctx, refused, "").Get(s.ctx, nil))
	s.keep("OrderMessages/resent", refused, "")
	s.await("sent after all", func() bool { return s.plain.GetWorkflow(s.ctx, unsent, "").Get(s.ctx, nil) == nil })
	s.keep("UnsentMessage/sent", unsent, "")
	settled, err := s.plain.ExecuteWorkflow(s.ctx, client.StartWorkflowOptions{
		ID: unsent, TaskQueue: workflows.TaskQueue, WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
	}, workflows.UnsentMessageType, workflows.UnsentMessageInput{
		Shop: "shop", Order: "1002", Name: "#1002", Key: "1002-1", Settled: &workflows.MessageSettled{By: "somebody", Note: "by phone"},
	})
	require.NoError(t, err)
	require.NoError(t, settled.Get(s.ctx, nil))
	s.keep("UnsentMessage/settled", unsent, "")

	// An order of which nothing more is expected ends, and is not started again.
	ended := workflows.OrderMessagesID("shop", "1003")
	require.NoError(t, brief.Order(s.ctx, "shop", "1003", "#1003", workflows.Look{UpdatedAt: w.change("1003")}))
	require.NoError(t, s.plain.GetWorkflow(s.ctx, ended, "").Get(s.ctx, nil))
	require.NoError(t, brief.Order(s.ctx, "shop", "1003", "#1003", workflows.Look{UpdatedAt: w.change("1003")}))
	s.keep("OrderMessages/ended", ended, "")

	// A run that a reset created does not know what was sent: it says so, and hands over.
	reset := workflows.OrderMessagesID("shop", "1004")
	require.NoError(t, slow.Order(s.ctx, "shop", "1004", "#1004", workflows.Look{UpdatedAt: w.change("1004")}))
	s.await("told before the reset", func() bool { return w.looks("1004").Sent == 1 })
	run, err := s.plain.DescribeWorkflowExecution(s.ctx, reset, "")
	require.NoError(t, err)
	s.resetRun(reset, run.GetWorkflowExecutionInfo().GetExecution().GetRunId(), firstTask)
	handed := ""
	s.await("handed over", func() bool {
		h := s.history(reset, "")
		handed = h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId()
		return handed != ""
	})
	s.keep("OrderMessages/reset", reset, handed)

	// A notice, with the silence after it.
	require.NoError(t, (&looking.Looker{Client: s.plain, Hurry: 50_000}).Variant(s.ctx, "shop", "7", ""))
	notice := workflows.BackInStockID("shop", "7")
	require.NoError(t, s.plain.GetWorkflow(s.ctx, notice, "").Get(s.ctx, nil))
	s.keep("BackInStock/notified", notice, "")

	// A notice about a product: what came last is sold out again when it is read, and what came before is not.
	sizes := &looking.Looker{Client: s.plain, Hurry: 200}
	for _, variant := range []string{"8", soldOut} {
		require.NoError(t, sizes.Variant(s.ctx, "shop", variant, "70"))
	}
	product := workflows.BackInStockID("shop", workflows.ProductNumber("70"))
	s.await("the silence after the product's notice", func() bool {
		timers := 0
		for _, e := range s.history(product, "").GetEvents() {
			if e.GetEventType() == enumspb.EVENT_TYPE_TIMER_STARTED {
				timers++
			}
		}
		return timers > 1
	})
	w.mu.Lock()
	require.Equal(t, "8", w.sent[len(w.sent)-1])
	w.mu.Unlock()
	require.NoError(t, s.plain.CancelWorkflow(s.ctx, product, ""))
	require.Error(t, s.plain.GetWorkflow(s.ctx, product, "").Get(s.ctx, nil))
	s.keep("BackInStock/product", product, "")

	swept, err := s.plain.ExecuteWorkflow(s.ctx, client.StartWorkflowOptions{
		ID: "sweep", TaskQueue: workflows.TaskQueue, WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
	}, workflows.SweepMessagesType, workflows.SweepMessagesInput{Shop: "shop", Recent: workflows.Duration(time.Hour)})
	require.NoError(t, err)
	require.NoError(t, swept.Get(s.ctx, nil))
	s.keep("SweepMessages/swept", "sweep", "")
}
