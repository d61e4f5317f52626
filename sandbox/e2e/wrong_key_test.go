package e2e_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/giftbridge/giftbridge/internal/config/ops"
	"github.com/giftbridge/giftbridge/internal/executions"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// payloadKey returns a key for tests.
func payloadKey(id string, fill byte) ops.PayloadKey {
	return ops.PayloadKey{ID: id, Key: config.NewSecret(string(bytes.Repeat([]byte{fill}, ops.PayloadKeySize)))}
}

// encrypted returns a configuration that encrypts payloads with the first of these keys.
func encrypted(keys ...ops.PayloadKey) ops.Payload {
	return ops.Payload{Encryption: ops.EncryptionOn, Keys: keys}
}

// unreadable are the configurations that cannot read what was written with key "k1", and what they report.
var unreadable = map[string]struct {
	payload ops.Payload
	says    string
}{
	"another key by its ID": {
		encrypted(payloadKey("k1", 2)),
		`decrypt payload: key "k1" of PAYLOAD_KEYS does not fit, or the payload is damaged`,
	},
	"another key": {
		encrypted(payloadKey("k2", 2), payloadKey("k3", 3)),
		`decrypt payload: key "k1" is not in PAYLOAD_KEYS, which has "k2", "k3"`,
	},
	"no key": {
		ops.Payload{Encryption: ops.EncryptionOff},
		`decrypt payload: key "k1" is not in PAYLOAD_KEYS, which is empty`,
	},
}

// lines is a log that may be read while it is being written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// restart replaces the worker by another one that has these keys.
func (w *system) restart(p ops.Payload) {
	w.t.Helper()
	w.StopWorker()
	w.Config.Payload = p
	require.NoError(w.t, w.StartWorker(w.ctx))
}

// workflowTaskFailure waits until a workflow task of a run fails, and returns the failure.
func (w *system) workflowTaskFailure(workflowID, runID string) *failurepb.Failure {
	w.t.Helper()
	var failure *failurepb.Failure
	w.await("workflow task failed", func() bool {
		for _, e := range w.history(workflowID, runID).GetEvents() {
			if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_FAILED {
				a := e.GetWorkflowTaskFailedEventAttributes()
				require.Equal(w.t, enumspb.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE, a.GetCause())
				failure = a.GetFailure()
			}
		}
		return failure != nil
	})
	return failure
}

// nudge causes a workflow task of an order's workflow.
func (w *system) nudge(p scenario.Placed) {
	w.t.Helper()
	require.NoError(w.t, w.plain.SignalWorkflow(w.ctx, orderID(p), "", "nudge", nil))
}

// requireRunning requires that a run has not closed.
func (w *system) requireRunning(workflowID, runID string) {
	w.t.Helper()
	d, err := w.plain.DescribeWorkflowExecution(w.ctx, workflowID, runID)
	require.NoError(w.t, err)
	require.Equal(w.t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, d.GetWorkflowExecutionInfo().GetStatus())
}

// A worker that cannot read the input of orders and polls does not change them. Their workflow tasks and activities
// fail, name the missing key unencrypted, and are retried until a worker with the key comes.
func TestUnreadableInput(t *testing.T) {
	t.Parallel()
	right := encrypted(payloadKey("k1", 1))
	for name, tt := range unreadable {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var healthy atomic.Bool
			var log lines
			showEnd(t, &log)
			w := start(t, stack.Options{
				Configure: func(c *config.Config) { c.Payload = right },
				Log:       zerolog.New(&log),
				CashStar: createOrderFault(func(cashstartest.Request) *cashstartest.Fault {
					if healthy.Load() {
						return nil
					}
					return &cashstartest.Fault{Kind: cashstartest.Drop, AfterCommit: true}
				}),
			})
			order, failed := w.PlaceKind(scenario.Single), w.PlaceKind(scenario.UnknownMerchant)
			w.poll()
			w.show(failed, executions.Failed)
			w.await("the card was asked for", func() bool { return len(w.Issuer.Cards()) == 1 })

			w.restart(tt.payload)
			poll, err := w.Operator.PollNow(w.ctx)
			require.NoError(t, err)
			w.nudge(order)
			for _, id := range []string{orderID(order), poll.WorkflowID} {
				failure := w.workflowTaskFailure(id, "")
				require.Equal(t, tt.says, failure.GetMessage())
				require.Nil(t, failure.GetEncodedAttributes())
				w.requireRunning(id, "")
			}
			w.await("the activity failed", func() bool {
				d, err := w.plain.DescribeWorkflowExecution(w.ctx, orderID(order), "")
				require.NoError(t, err)
				require.Len(t, d.GetPendingActivities(), 1)
				last := d.GetPendingActivities()[0].GetLastFailure()
				return last.GetApplicationFailureInfo().GetType() == codec.UnreadableType && last.GetMessage() == tt.says
			})
			written, err := json.Marshal(tt.says)
			require.NoError(t, err)
			require.Contains(t, log.String(), string(written[1:len(written)-1]))

			healthy.Store(true)
			w.restart(right)
			require.Len(t, w.show(order, executions.Completed).Result.Cards, 1)
			_, err = poll.Wait(w.ctx)
			require.NoError(t, err)
			w.requireBalance()
		})
	}
}

// The same holds for results and failures of activities, and for the last result of a schedule. A worker that mistook
// an unreadable failure for another one would end the order with it.
func TestUnreadableResults(t *testing.T) {
	t.Parallel()
	first, second := payloadKey("k1", 1), payloadKey("k2", 2)
	const says = `decrypt payload: key "k2" is not in PAYLOAD_KEYS, which has "k1"`
	for name, outcome := range map[string]*cashstartest.Fault{
		"result":  nil,
		"failure": {Kind: cashstartest.ServerError, Status: http.StatusPaymentRequired},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var phase, asked atomic.Int32
			w := start(t, stack.Options{
				Configure: func(c *config.Config) { c.Payload = encrypted(first, second) },
				CashStar: createOrderFault(func(cashstartest.Request) *cashstartest.Fault {
					if phase.Load() == 1 && asked.Add(1) == 1 {
						return outcome
					}
					if phase.Load() == 2 {
						return nil
					}
					return &cashstartest.Fault{Kind: cashstartest.ServerError}
				}),
			})
			order := w.PlaceKind(scenario.SeveralUnits)
			w.poll()
			w.restart(encrypted(second, first))
			phase.Store(1)
			w.poll()
			w.await("one card settled", func() bool {
				h := w.history(orderID(order), "")
				return count(h, enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED) == 2 || count(h, enumspb.EVENT_TYPE_ACTIVITY_TASK_FAILED) == 1
			})

			w.restart(encrypted(first))
			poll, err := w.Operator.PollNow(w.ctx)
			require.NoError(t, err)
			w.nudge(order)
			for _, id := range []string{orderID(order), poll.WorkflowID} {
				require.Equal(t, says, w.workflowTaskFailure(id, "").GetMessage())
				w.requireRunning(id, "")
			}

			phase.Store(2)
			w.restart(encrypted(first, second))
			_, err = poll.Wait(w.ctx)
			require.NoError(t, err)
			if outcome == nil {
				w.show(order, executions.Completed)
				w.requireBalance()
				return
			}
			require.Equal(t, "CardDeclined", w.show(order, executions.Failed).Failure.Kind)
			require.Len(t, w.Issuer.Cards(), len(order.Cards)-1)
		})
	}
}

// A command that lacks the key says so. It shows what it can without the key.
func TestStarterWithoutTheKey(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{Configure: func(c *config.Config) { c.Payload = encrypted(payloadKey("k1", 1)) }})
	issued, failed := w.PlaceKind(scenario.Single), w.PlaceKind(scenario.UnknownMerchant)
	w.poll()
	w.settle(2)
	for name, tt := range unreadable {
		t.Run(name, func(t *testing.T) {
			var keys []string
			for _, k := range tt.payload.Keys {
				keys = append(keys, k.ID+":"+base64.StdEncoding.EncodeToString([]byte(k.Key.Reveal())))
			}
			env := []string{"PAYLOAD_ENCRYPTION=" + tt.payload.Encryption, "PAYLOAD_KEYS=" + strings.Join(keys, ",")}
			for _, args := range [][]string{
				{"status"},
				{"orders", "show", issued.Name},
				{"schedules"},
				{"poll"},
				{"digest", "--dry-run"},
				// Input that no worker can read would block what workers can read.
				{"orders", "retry", failed.Name, "--yes"},
				{"poll", "--since", "10m"},
			} {
				out := w.starter(env, args...)
				require.Equal(t, cli.ExitFailure, out.code, "%s: %s", args, out.stdout)
				require.Contains(t, out.stdout+out.stderr, tt.says, args)
			}
			for _, args := range [][]string{{"orders", "list", "--failed"}, {"orders", "show", failed.Name}} {
				out := w.starter(env, args...)
				require.Equal(t, cli.ExitOK, out.code, out.stderr)
				require.Regexp(t, `MerchantUnknown.* `+regexp.QuoteMeta(tt.says), out.stdout)
			}
		})
	}
	w.ok("orders", "retry", failed.Name, "--yes")
	w.ok("poll", "--since", "10m")
}

// A manual poll follows the schedule's rules, whatever the settings are where it is requested.
func TestPollByHandGoesByTheSchedule(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{})
	p := w.PlaceKind(scenario.Single)
	shell := []string{"GIFT_CARD_SKUS=ANOTHER", "AUDIT_PREFIX=OTHER", "CREATED_AT_MIN=2026-01-02T00:00:00Z"}
	out := w.starter(shell, "poll", "--since", "10m", "--until", time.Now().Add(time.Minute).Format(time.RFC3339))
	require.Equal(t, cli.ExitOK, out.code, out.stderr)
	d := w.show(p, executions.Completed)
	require.NotContains(t, d.Result.Cards[0].AuditNumber, "OTHER")
}
