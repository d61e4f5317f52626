package workflows_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities/messaging"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/composing"
	"github.com/giftbridge/giftbridge/internal/messages/sending"
	"github.com/giftbridge/giftbridge/workflows"
)

// talk is an order whose customer is told of each change once: there are changes 1 to version, each with a message.
type talk struct {
	*testsuite.TestWorkflowEnvironment
	t *testing.T
	// version is the number of changes so far, and shown the number that the shop shows; 0 shows all.
	version, shown int
	reviews        int
	sent           []messaging.SendMessageInput
	unsent         []workflows.UnsentMessageInput
	// answers are what becomes of the next messages; the others are queued.
	answers []error
	outcome sending.Outcome
	// outdated is how many of the next messages have to be composed anew.
	outdated  int
	reviewErr error
	gone      bool
	// plan changes a plan before it is returned.
	plan func(*composing.Plan)
	ends time.Time
}

func newTalk(t *testing.T) *talk {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(silence{})
	k := &talk{TestWorkflowEnvironment: suite.NewTestWorkflowEnvironment(), t: t, version: 1, outcome: sending.Queued}
	k.SetStartTime(noon)
	mayBeSlow(k.TestWorkflowEnvironment)
	k.ends = noon.AddDate(0, 0, 90)
	k.RegisterWorkflowWithOptions(func(_ workflow.Context, in workflows.UnsentMessageInput) (workflows.UnsentMessageResult, error) {
		k.unsent = append(k.unsent, in)
		return workflows.UnsentMessageResult{}, nil
	}, workflow.RegisterOptions{Name: workflows.UnsentMessageType})
	k.RegisterActivityWithOptions(func(_ context.Context, in messaging.ReviewOrderInput) (messaging.ReviewOrderResult, error) {
		k.reviews++
		if k.reviewErr != nil || k.gone {
			return messaging.ReviewOrderResult{Gone: k.gone}, k.reviewErr
		}
		version := k.version
		if k.shown > 0 {
			version = k.shown
		}
		out := messaging.ReviewOrderResult{Name: "#1001", UpdatedAt: changed(version), Plan: composing.Plan{EndsAt: k.ends}}
		for n := in.Told.Changes + 1; n <= version; n++ {
			step := composing.Step{
				Kind: messages.KindUpdate, Key: "m" + strconv.Itoa(n), Why: "it changed", Tells: composing.Tells{Changes: 1, Greeted: true},
				Message: &messages.Message{Key: "m" + strconv.Itoa(n), Kind: messages.KindUpdate, To: "+14155550100", Text: "hello"},
			}
			if in.Told.Unsubscribed {
				step.Message, step.Dropped = nil, composing.ReasonUnsubscribed
			}
			out.Plan.Steps = append(out.Plan.Steps, step)
		}
		if k.plan != nil {
			k.plan(&out.Plan)
		}
		return out, nil
	}, activity.RegisterOptions{Name: "ReviewOrder"})
	k.RegisterActivityWithOptions(func(_ context.Context, in messaging.SendMessageInput) (messaging.SendMessageResult, error) {
		k.sent = append(k.sent, in)
		var err error
		if k.outdated > 0 {
			k.outdated--
			return messaging.SendMessageResult{Outdated: true, At: k.Now()}, nil
		}
		if len(k.answers) > 0 {
			err, k.answers = k.answers[0], k.answers[1:]
		}
		return messaging.SendMessageResult{Outcome: k.outcome, At: k.Now()}, err
	}, activity.RegisterOptions{Name: "SendMessage"})
	return k
}

// changed returns when a change was made.
func changed(n int) time.Time { return noon.Add(time.Duration(n) * time.Second) }

// after does something once the workflow has run for a time.
func (k *talk) after(d time.Duration, do func()) { k.RegisterDelayedCallback(do, d) }

// look signals a change.
func (k *talk) look(n int) {
	k.SignalWorkflow(workflows.LookSignal, workflows.Look{UpdatedAt: changed(n), Topic: "orders/updated"})
}

// run runs the workflow to its end.
func (k *talk) run() { k.runWith(workflows.OrderMessagesInput{Shop: shop, Order: "5001"}) }

func (k *talk) runWith(in workflows.OrderMessagesInput) {
	k.t.Helper()
	k.ExecuteWorkflow(workflows.OrderMessages, in)
	require.True(k.t, k.IsWorkflowCompleted())
	require.NoError(k.t, k.GetWorkflowError())
}

// state returns what the query answers.
func (k *talk) state() (out workflows.OrderMessagesState) {
	k.t.Helper()
	answer, err := k.QueryWorkflow(workflows.MessagesQuery)
	require.NoError(k.t, err)
	require.NoError(k.t, answer.Get(&out))
	return out
}

func keys(sent []messaging.SendMessageInput) (out []string) {
	for _, in := range sent {
		out = append(out, in.Message.Key)
	}
	return out
}

func refused(kind giftcard.Kind) error {
	return temporal.NewNonRetryableApplicationError("order #1001, sending its update: no", string(kind), nil)
}

// Webhooks that come within seconds are one look; those of a change that was seen are none.
func TestWebhooksAreOneLook(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	k.after(0, func() { k.look(1) })
	k.after(time.Second, func() { k.look(1) })
	k.after(2*time.Second, func() { k.version = 2; k.look(2); k.look(1) })
	k.after(time.Hour, func() { k.look(2); k.look(1) })
	k.after(2*time.Hour, func() { k.version = 3; k.look(3) })
	k.after(3*time.Hour, func() {
		s := k.state()
		require.Equal(t, "#1001", s.Name)
		require.Equal(t, []int{2, 3}, []int{s.Looked, s.Sent})
		require.Len(t, s.Messages, 3)
		require.Equal(t, workflows.MessageSent, s.Messages[0].State)
		require.NotNil(t, s.Messages[0].Message)
	})
	k.run()
	require.Equal(t, 2, k.reviews)
	require.Equal(t, []string{"m1", "m2", "m3"}, keys(k.sent))
	require.Equal(t, "#1001", k.sent[0].Order)
	require.False(t, k.sent[0].Again)
	require.WithinDuration(t, k.ends, k.Now(), time.Second)
}

// A change that comes while a look is under way is looked at afterwards.
func TestChangeDuringALook(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	k.after(0, func() { k.look(1) })
	k.plan = func(*composing.Plan) {
		if k.version == 1 {
			k.version = 2
			k.look(2)
		}
	}
	k.run()
	require.Equal(t, []string{"m1", "m2"}, keys(k.sent))
}

// A signal without a time has the order looked at; an order that the shop shows older than a signal says is looked at once more.
func TestStaleOrders(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	k.shown = 1
	k.version = 2
	k.after(0, func() { k.look(2) })
	k.after(30*time.Second, func() { k.shown = 0 })
	k.after(time.Hour, func() { k.SignalWorkflow(workflows.LookSignal, workflows.Look{}) })
	k.after(2*time.Hour, func() { require.Equal(t, 3, k.state().Looked) })
	k.run()
	require.Equal(t, []string{"m1", "m2"}, keys(k.sent))
}

// A step that has to wait holds back what follows, and the order is read again then.
func TestQuietHours(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	opens := noon.Add(8 * time.Hour)
	k.version = 2
	k.plan = func(p *composing.Plan) {
		if k.Now().Before(opens) && len(p.Steps) > 0 {
			p.Steps[0].NotBefore = opens
		}
	}
	k.after(0, func() { k.look(2) })
	k.after(time.Hour, func() {
		require.Empty(t, k.sent)
		require.True(t, opens.Equal(k.state().AgainAt), k.state().AgainAt)
	})
	k.after(9*time.Hour, func() { require.Equal(t, []string{"m1", "m2"}, keys(k.sent)) })
	k.run()
	require.Equal(t, 2, k.reviews)
}

// A message that failed is a run of its own; what is due after it is composed anew. A person has it sent once more.
func TestFailedMessages(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	k.version = 2
	k.answers = []error{refused(messaging.MessageRefused), nil, refused(messaging.MessagesUnavailable), nil}
	k.after(0, func() { k.look(2) })
	again := func() {
		k.SignalWorkflow(workflows.ResendSignal, workflows.ResendMessage{Key: "m1", By: "ada"})
		k.SignalWorkflow(workflows.ResendSignal, workflows.ResendMessage{Key: "unknown"})
	}
	k.after(time.Hour, again)
	k.after(2*time.Hour, func() { require.Equal(t, 1, k.state().Failed) })
	k.after(3*time.Hour, again)
	k.after(4*time.Hour, func() {
		s := k.state()
		require.Equal(t, []int{2, 0}, []int{s.Sent, s.Failed})
		require.Equal(t, workflows.MessageSent, s.Messages[0].State)
		require.Equal(t, "ada", s.Messages[0].By)
		require.Empty(t, s.Messages[0].Failure)
	})
	k.run()
	require.Equal(t, 2, k.reviews)
	require.Equal(t, []string{"m1", "m2", "m1", "m1"}, keys(k.sent))
	require.Equal(t, []workflows.UnsentMessageInput{
		{Shop: shop, Order: "5001", Name: "#1001", Key: "m1", Kind: "update", Failure: "MessageRefused", Message: "order #1001, sending its update: no"},
		{Shop: shop, Order: "5001", Name: "#1001", Key: "m1", Kind: "update", Failure: "MessagesUnavailable", Message: "order #1001, sending its update: no"},
		{Shop: shop, Order: "5001", Name: "#1001", Key: "m1", Kind: "update"},
	}, k.unsent)
}

// What was certainly not sent is not told of a structure; what may have been is.
func TestWhatAFailureTells(t *testing.T) {
	t.Parallel()
	for kind, structured := range map[giftcard.Kind]bool{messaging.MessageRefused: false, messaging.MessageInDoubt: true} {
		k := newTalk(t)
		k.answers = []error{refused(kind)}
		k.plan = func(p *composing.Plan) {
			for i := range p.Steps {
				p.Steps[i].Tells.Receipt, p.Steps[i].Tells.Structured = true, true
			}
		}
		k.after(0, func() { k.look(1) })
		k.after(time.Hour, func() {
			told := k.state().Told
			require.True(t, told.Receipt)
			require.Equal(t, structured, told.Structured, kind)
		})
		k.run()
	}
}

// Once a customer wants no messages, none is sent, and none is resent.
func TestUnsubscribed(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	k.version, k.outcome = 2, sending.Unsubscribed
	k.after(0, func() { k.look(2) })
	k.after(time.Hour, func() { k.version = 3; k.look(3) })
	k.after(2*time.Hour, func() { k.SignalWorkflow(workflows.ResendSignal, workflows.ResendMessage{Key: "m1"}) })
	k.after(3*time.Hour, func() {
		s := k.state()
		require.Equal(t, 3, k.reviews, "what follows is composed anew, so that it is counted")
		require.Equal(t, workflows.MessageUnsubscribed, s.Messages[0].State)
		require.Equal(t, composing.ReasonUnsubscribed, s.Messages[1].Dropped)
		require.Equal(t, composing.ReasonUnsubscribed, s.Messages[2].Dropped)
		require.Nil(t, s.Messages[1].Message)
		require.Equal(t, 2, s.Dropped)
	})
	k.run()
	require.Equal(t, []string{"m1"}, keys(k.sent))
	require.Empty(t, k.unsent)
}

// A message that could not be sent for a while is composed anew: the order may have changed, and the message may be needless. One that
// a person sends is not.
func TestOutdatedMessages(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	k.outdated = 2
	k.plan = func(p *composing.Plan) {
		if k.reviews == 3 {
			p.Steps[0].Message, p.Steps[0].Dropped = nil, composing.ReasonCancelled
		}
		for i := range p.Steps {
			p.Steps[i].NotAfter = noon.Add(time.Hour)
		}
	}
	k.after(0, func() { k.look(1) })
	k.after(time.Hour, func() {
		s := k.state()
		require.Equal(t, []int{0, 1, 0}, []int{s.Sent, s.Dropped, s.Failed})
		require.True(t, s.AgainAt.IsZero())
		require.Equal(t, 1, s.Told.Changes)
		k.version = 2
		k.answers = []error{refused(messaging.MessageRefused)}
		k.look(2)
	})
	k.after(2*time.Hour, func() { k.SignalWorkflow(workflows.ResendSignal, workflows.ResendMessage{Key: "m2"}) })
	k.run()
	require.Equal(t, []string{"m1", "m1", "m2", "m2"}, keys(k.sent))
	for i, want := range []time.Duration{15 * time.Minute, 15 * time.Minute, time.Hour + 15*time.Minute} {
		require.WithinDuration(t, noon.Add(want), k.sent[i].FreshUntil, 10*time.Second)
	}
	require.Zero(t, k.sent[3].FreshUntil)
	require.True(t, k.state().Told.Greeted, "it was sent after all")

	// A look ends, and there is another one.
	k = newTalk(t)
	k.outdated = 7
	k.plan = func(p *composing.Plan) { p.Steps[0].NotAfter = noon.Add(time.Hour) }
	k.after(0, func() { k.look(1) })
	k.run()
	require.Len(t, k.sent, 8)
	require.Equal(t, 1, k.state().Sent)
}

// What was awaited is not forgotten because no worker could work when it was due.
func TestAwaitedWhileOff(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	k.plan = func(p *composing.Plan) {
		if k.Now().Before(noon.Add(time.Hour)) {
			p.Steps[0].NotBefore = noon.Add(time.Hour)
		}
	}
	k.after(0, func() { k.look(1) })
	k.after(30*time.Minute, func() { k.reviewErr = refused(messaging.MessagesOff) })
	k.after(90*time.Minute, func() { k.reviewErr = nil })
	k.run()
	require.Equal(t, []string{"m1"}, keys(k.sent))
	require.Empty(t, k.unsent)
	require.Zero(t, k.state().OffSince)

	// Where messages were turned off for good, an order costs nothing any more after two days.
	k = newTalk(t)
	k.plan = func(p *composing.Plan) { p.Steps[0].NotBefore = noon.Add(time.Hour) }
	k.after(0, func() { k.look(1) })
	k.after(30*time.Minute, func() { k.reviewErr = refused(messaging.MessagesOff) })
	k.run()
	require.Equal(t, 1+1+48, k.reviews)
	require.Empty(t, k.sent)
}

// An order that cannot be read is reported once, and is well again once it can.
func TestUnreadableOrders(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	k.reviewErr = refused(giftcard.UnexpectedResponse)
	k.after(0, func() { k.look(1) })
	k.after(time.Hour, func() { k.look(1) })
	k.after(2*time.Hour, func() { k.reviewErr = nil; k.look(1) })
	k.run()
	require.Equal(t, []string{"m1"}, keys(k.sent))
	require.Len(t, k.unsent, 2)
	require.Equal(t, []giftcard.Kind{giftcard.UnexpectedResponse, ""}, []giftcard.Kind{k.unsent[0].Failure, k.unsent[1].Failure})

	off := newTalk(t)
	off.reviewErr = refused(messaging.MessagesOff)
	off.after(0, func() { off.look(1) })
	off.after(time.Hour, func() { require.Equal(t, messaging.MessagesOff, off.state().LookFailed) })
	off.after(2*time.Hour, func() { off.reviewErr = nil; off.look(1) })
	off.run()
	require.Empty(t, off.unsent, "a shop that has turned messages off has nothing to do")
	require.Equal(t, []string{"m1"}, keys(off.sent))
}

// An order that the shop does not show ends.
func TestGoneOrders(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	k.gone = true
	k.after(0, func() { k.look(1) })
	k.run()
	require.Less(t, k.Now().Sub(noon), time.Minute)
	require.Empty(t, k.sent)
}

// An order that ends later than expected waits on; the timer is made again only when it has fired.
func TestEndMovesAway(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	k.ends = noon.Add(time.Hour)
	k.after(0, func() { k.look(1) })
	k.after(time.Minute, func() { k.version, k.ends = 2, noon.Add(3*time.Hour); k.look(2) })
	k.after(2*time.Hour, func() { k.version = 3; k.look(3) })
	k.run()
	require.Equal(t, []string{"m1", "m2", "m3"}, keys(k.sent))
	require.WithinDuration(t, k.ends, k.Now(), time.Second)
}

// What an earlier run has handed over is not told again.
func TestHandedOver(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	k.SetContinueAsNewSuggested(true)
	k.after(0, func() { k.look(1) })
	k.after(4*time.Second, func() { k.look(1) })
	k.ExecuteWorkflow(workflows.OrderMessages, workflows.OrderMessagesInput{Shop: shop, Order: "5001"})
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, k.GetWorkflowError(), &next)
	var in workflows.OrderMessagesInput
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &in))
	require.Equal(t, 1, in.State.Told.Changes)
	require.Len(t, in.State.Messages, 1)

	later := newTalk(t)
	later.version = 2
	later.after(0, func() { later.look(1) })
	later.after(time.Minute, func() { later.look(2) })
	later.runWith(in)
	require.Equal(t, []string{"m2"}, keys(later.sent))
	require.Equal(t, 1, later.reviews)
}

// Whatever comes in whatever order, each message is sent once, in its order, unless it failed.
func TestEachMessageOnce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 1))
		k := newTalk(t)
		k.version = 0
		k.shown = 0
		total := 1 + random.IntN(6)
		at := time.Duration(0)
		failed := map[string]bool{}
		for range 12 {
			switch random.IntN(4) {
			case 0:
				k.answers = append(k.answers, refused(messaging.MessageInDoubt))
			default:
				k.answers = append(k.answers, nil)
			}
		}
		for n := 1; n <= total; n++ {
			k.after(at, func() { k.version = n; k.look(n) })
			for range random.IntN(4) {
				old := 1 + random.IntN(n)
				k.after(at+time.Duration(random.IntN(5000))*time.Millisecond, func() { k.look(old) })
			}
			at += time.Duration(random.IntN(8000)) * time.Millisecond
		}
		k.run()
		var want []string
		for n := 1; n <= total; n++ {
			want = append(want, "m"+strconv.Itoa(n))
		}
		require.Equal(t, want, keys(k.sent), "seed %d", seed)
		for _, u := range k.unsent {
			require.False(t, failed[u.Key], "seed %d: reported twice", seed)
			failed[u.Key] = true
		}
		require.LessOrEqual(t, k.reviews, total+len(k.unsent), "seed %d", seed)
	}
}

// A message that could not be sent fails as it has; one that was sent after all, or that a person has settled, completes.
func TestUnsentMessage(t *testing.T) {
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(silence{})
	e := suite.NewTestWorkflowEnvironment()
	mayBeSlow(e)
	e.ExecuteWorkflow(workflows.UnsentMessage, workflows.UnsentMessageInput{Failure: messaging.MessageInDoubt, Message: "why"})
	var failed *temporal.ApplicationError
	require.ErrorAs(t, e.GetWorkflowError(), &failed)
	require.Equal(t, "MessageInDoubt", failed.Type())
	require.Equal(t, "why", failed.Message())
	require.True(t, failed.NonRetryable())

	for settled, sent := range map[*workflows.MessageSettled]bool{nil: true, {By: "ann@desk", Note: "called"}: false} {
		e = suite.NewTestWorkflowEnvironment()
		mayBeSlow(e)
		e.ExecuteWorkflow(workflows.UnsentMessage, workflows.UnsentMessageInput{Key: "k", Settled: settled})
		require.NoError(t, e.GetWorkflowError())
		var out workflows.UnsentMessageResult
		require.NoError(t, e.GetWorkflowResult(&out))
		require.Equal(t, sent, out.Sent)
	}
}

// The state stays small, however many messages an order gets.
func TestMessagesAreBounded(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	k.version = 300
	k.after(0, func() { k.look(300) })
	k.after(time.Hour, func() {
		s := k.state()
		require.Len(t, s.Messages, 200)
		require.Equal(t, 300, s.Sent)
		with := 0
		for _, m := range s.Messages {
			if m.Message != nil {
				with++
			}
		}
		require.Equal(t, 50, with)
	})
	k.run()
}

// What is in histories never changes its name.
func TestFieldsOfMessages(t *testing.T) {
	t.Parallel()
	in := workflows.OrderMessagesInput{Shop: "s", Order: "5", Hurry: 2, State: &workflows.OrderMessagesState{
		Name: "#1", SeenAt: noon, Waits: composing.ReasonUnpaid, AgainAt: noon, EndsAt: noon, LookFailed: giftcard.Timeout, OffSince: noon,
		Looked: 1, Sent: 2, Dropped: 3, Failed: 4, Messages: []workflows.KeptMessage{{
			Key: "k", Kind: messages.KindUpdate, State: workflows.MessageFailed, At: noon, Why: "w", Dropped: composing.ReasonOff,
			Failure: messaging.MessageRefused, Error: "e", Message: &messages.Message{Key: "k", Kind: "update", Text: "t"},
			Resent: noon, By: "b",
		}},
	}}
	const at = `"2026-07-10T12:00:00Z"`
	for _, tt := range []struct {
		value any
		want  string
	}{
		{in, `{"shop": "s", "order": "5", "hurry": 2, "state": {"name": "#1", "told": {}, "seen_at": ` + at + `, "waits": "unpaid",
			"again_at": ` + at + `, "ends_at": ` + at + `, "look_failed": "Timeout", "off_since": ` + at + `, "looked": 1, "sent": 2, "dropped": 3, "failed": 4,
			"messages": [{"key": "k", "kind": "update", "state": "failed", "at": ` + at + `, "why": "w", "dropped": "off",
			"failure": "MessageRefused", "error": "e", "message": {"key": "k", "kind": "update", "text": "t"}, "resent": ` + at + `,
			"by": "b"}]}}`},
		{workflows.Look{UpdatedAt: noon, Topic: "t"}, `{"updated_at": ` + at + `, "topic": "t"}`},
		{workflows.ResendMessage{Key: "k", By: "b", Reason: "r"}, `{"key": "k", "by": "b", "reason": "r"}`},
		{
			workflows.BackInStockInput{Shop: "s", Variant: "7", Product: "70", Hurry: 2, SilentUntil: noon},
			`{"shop": "s", "variant": "7", "product": "70", "hurry": 2, "silent_until": ` + at + `}`,
		},
		{workflows.InStock{Variant: "7"}, `{"variant": "7"}`},
		{workflows.BackInStockResult{Notified: true, Why: "w"}, `{"notified": true, "why": "w"}`},
		{
			workflows.SweepMessagesInput{Shop: "s", Recent: workflows.Duration(time.Hour), Overlap: workflows.Duration(time.Minute)},
			`{"shop": "s", "recent": "1h0m0s", "overlap": "1m0s"}`,
		},
		{
			workflows.SweepMessagesResult{Since: noon, Until: noon, StartLooksResult: messaging.StartLooksResult{Orders: 1}},
			`{"orders": 1, "since": ` + at + `, "until": ` + at + `}`,
		},
		{
			workflows.UnsentMessageInput{Shop: "s", Order: "5", Name: "#1", Key: "k", Kind: "update", Failure: "f", Message: "m"},
			`{"shop": "s", "order": "5", "name": "#1", "key": "k", "kind": "update", "failure": "f", "message": "m"}`,
		},
		{workflows.UnsentMessageResult{Sent: true}, `{"sent": true}`},
	} {
		written, err := json.Marshal(tt.value)
		require.NoError(t, err)
		require.JSONEq(t, tt.want, string(written))
	}
	require.Equal(t, []giftcard.Kind{
		"MessageRefused", "MessageInDoubt", "MessageExpired", "MessagesUnavailable", "MessagesOff",
	}, messaging.Kinds)
}

// A sweep continues where the last one ended.
func TestSweepMessages(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		last  any
		since time.Time
		err   error
	}{
		{name: "first", since: noon.Add(-48 * time.Hour)},
		{name: "next", last: workflows.SweepMessagesResult{Until: noon.Add(-time.Hour)}, since: noon.Add(-70 * time.Minute)},
		{name: "after a failure of the clock", last: workflows.SweepMessagesResult{Until: noon.Add(time.Hour)}, since: noon.Add(-48 * time.Hour)},
		{name: "fails", since: noon.Add(-48 * time.Hour), err: refused(giftcard.Unauthorized)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var suite testsuite.WorkflowTestSuite
			suite.SetLogger(silence{})
			e := suite.NewTestWorkflowEnvironment()
			mayBeSlow(e)
			e.SetStartTime(noon)
			if tt.last != nil {
				e.SetLastCompletionResult(tt.last)
			}
			var asked messaging.StartLooksInput
			e.RegisterActivityWithOptions(func(_ context.Context, in messaging.StartLooksInput) (messaging.StartLooksResult, error) {
				asked = in
				return messaging.StartLooksResult{Orders: 3}, tt.err
			}, activity.RegisterOptions{Name: "StartLooks"})
			e.ExecuteWorkflow(workflows.SweepMessages, workflows.SweepMessagesInput{
				Shop: shop, Recent: workflows.Duration(48 * time.Hour), Overlap: workflows.Duration(10 * time.Minute),
			})
			require.Equal(t, messaging.StartLooksInput{Shop: shop, From: tt.since, To: noon}, asked)
			if tt.err != nil {
				var failed *temporal.ApplicationError
				require.ErrorAs(t, e.GetWorkflowError(), &failed)
				require.Equal(t, "Unauthorized", failed.Type())
				return
			}
			var out workflows.SweepMessagesResult
			require.NoError(t, e.GetWorkflowResult(&out))
			require.Equal(t, 3, out.Orders)
			require.Equal(t, noon, out.Until)
		})
	}
}

// stock is a variant that comes and goes.
type stock struct {
	*testsuite.TestWorkflowEnvironment
	reviews, notices int
	// read are the variants that were read, and out those that are sold out, whatever in says.
	read, out []string
	in        bool
	sendErr   error
	opens     time.Time
	unsent    []workflows.UnsentMessageInput
	// sent are the notices, and outdated is called for each of the next ones, which have to be composed anew.
	sent     []messaging.SendNoticeInput
	outdated []func()
}

func newStock(t *testing.T) *stock {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(silence{})
	s := &stock{TestWorkflowEnvironment: suite.NewTestWorkflowEnvironment(), in: true}
	s.SetStartTime(noon)
	mayBeSlow(s.TestWorkflowEnvironment)
	s.RegisterWorkflowWithOptions(func(_ workflow.Context, in workflows.UnsentMessageInput) (workflows.UnsentMessageResult, error) {
		s.unsent = append(s.unsent, in)
		return workflows.UnsentMessageResult{}, nil
	}, workflow.RegisterOptions{Name: workflows.UnsentMessageType})
	s.RegisterActivityWithOptions(func(_ context.Context, in messaging.ReviewVariantInput) (messaging.ReviewVariantResult, error) {
		s.reviews++
		s.read = append(s.read, in.Product+"/"+in.Variant)
		switch {
		case s.opens.After(s.Now()):
			return messaging.ReviewVariantResult{NotBefore: s.opens}, nil
		case !s.in, slices.Contains(s.out, in.Variant):
			return messaging.ReviewVariantResult{Dropped: composing.ReasonNotForSale}, nil
		}
		return messaging.ReviewVariantResult{Message: &messages.Message{Key: "k", Kind: messages.KindInStock, Text: "t"}}, nil
	}, activity.RegisterOptions{Name: "ReviewVariant"})
	s.RegisterActivityWithOptions(func(_ context.Context, in messaging.SendNoticeInput) (messaging.SendMessageResult, error) {
		s.sent = append(s.sent, in)
		if len(s.outdated) > 0 {
			s.outdated[0]()
			s.outdated = s.outdated[1:]
			return messaging.SendMessageResult{Outdated: true}, nil
		}
		s.notices++
		return messaging.SendMessageResult{Outcome: sending.Queued}, s.sendErr
	}, activity.RegisterOptions{Name: "SendNotice"})
	return s
}

func (s *stock) run(t *testing.T) (out workflows.BackInStockResult) {
	t.Helper()
	s.ExecuteWorkflow(workflows.BackInStock, workflows.BackInStockInput{Shop: shop, Variant: "7"})
	require.True(t, s.IsWorkflowCompleted())
	require.NoError(t, s.GetWorkflowError())
	require.NoError(t, s.GetWorkflowResult(&out))
	return out
}

func (s *stock) signal() { s.SignalWorkflow(workflows.InStockSignal, nil) }

// A product that sells out and returns 100 times an hour makes one notice a day.
func TestOneNoticeADay(t *testing.T) {
	t.Parallel()
	s := newStock(t)
	left := 2400
	var again func()
	again = func() {
		s.signal()
		if left--; left > 0 {
			s.RegisterDelayedCallback(again, 36*time.Second)
		}
	}
	s.RegisterDelayedCallback(again, 0)
	require.True(t, s.run(t).Notified)
	require.Equal(t, []int{1, 1}, []int{s.reviews, s.notices})
	require.WithinDuration(t, noon.Add(24*time.Hour+10*time.Minute), s.Now(), time.Second)
}

// shirt has the sizes of a product come back.
func (s *stock) shirt(t *testing.T, sizes ...string) (out workflows.BackInStockResult) {
	t.Helper()
	s.RegisterDelayedCallback(func() {
		for _, size := range sizes {
			s.SignalWorkflow(workflows.InStockSignal, workflows.InStock{Variant: size})
		}
	}, time.Second)
	s.ExecuteWorkflow(workflows.BackInStock, workflows.BackInStockInput{Shop: shop, Variant: "7", Product: "70"})
	require.NoError(t, s.GetWorkflowError())
	require.NoError(t, s.GetWorkflowResult(&out))
	return out
}

// All sizes of a shirt that return make one notice. What came last is read, and another size only if that one is sold out again.
func TestOneNoticeAProduct(t *testing.T) {
	t.Parallel()
	s := newStock(t)
	require.True(t, s.shirt(t, "7", "8", "9").Notified)
	require.Equal(t, []string{"70/9"}, s.read)
	require.Equal(t, 1, s.notices)

	s = newStock(t)
	s.out = []string{"7", "9"}
	require.True(t, s.shirt(t, "8", "9", "7", "9").Notified)
	require.Equal(t, []string{"70/9", "70/7", "70/8"}, s.read)

	s = newStock(t)
	s.in = false
	sizes := strings.Fields(strings.Repeat("1 2 3 4 5 6 8 9 10 11 ", 2))
	require.Equal(t, workflows.BackInStockResult{Why: "not_for_sale"}, s.shirt(t, sizes...))
	require.Equal(t, []string{"11", "10", "9", "8", "6", "5", "4", "3", "2", "1"}, numbers(s.read), "as many as are remembered")

	s = newStock(t)
	s.sendErr = refused(messaging.MessageRefused)
	s.shirt(t, "8")
	require.Equal(t, "product-70", s.unsent[0].Order)
}

// numbers returns the variants of what was read.
func numbers(read []string) (out []string) {
	for _, r := range read {
		out = append(out, strings.TrimPrefix(r, "70/"))
	}
	return out
}

func TestNoNotice(t *testing.T) {
	t.Parallel()
	s := newStock(t)
	s.in = false
	require.Equal(t, workflows.BackInStockResult{Why: "not_for_sale"}, s.run(t))
	require.WithinDuration(t, noon.Add(10*time.Minute), s.Now(), time.Second, "the next signal starts it anew")

	quiet := newStock(t)
	quiet.opens = noon.Add(8 * time.Hour)
	quiet.RegisterDelayedCallback(func() { require.Zero(t, quiet.notices); quiet.in = false }, time.Hour)
	require.Equal(t, workflows.BackInStockResult{Why: "not_for_sale"}, quiet.run(t), "it is read again when quiet hours end")
	require.Equal(t, 2, quiet.reviews)
}

func TestNoticeThatFails(t *testing.T) {
	t.Parallel()
	for kind, silent := range map[giftcard.Kind]bool{messaging.MessageRefused: false, messaging.MessageInDoubt: true} {
		s := newStock(t)
		s.sendErr = refused(kind)
		require.Equal(t, workflows.BackInStockResult{Notified: silent, Why: string(kind)}, s.run(t))
		require.Equal(t, silent, s.Now().Sub(noon) > time.Hour)
		require.Len(t, s.unsent, 1)
		require.Equal(t, kind, s.unsent[0].Failure)
		require.Equal(t, []string{"7", "k"}, []string{s.unsent[0].Order, s.unsent[0].Key})
	}
}

// A notice that could not be sent for a while is composed anew, within the time in which it is worth sending: quiet hours may have begun,
// or the product may be sold out again.
func TestOutdatedNotice(t *testing.T) {
	t.Parallel()
	s := newStock(t)
	s.outdated = []func(){func() {}, func() { s.opens = noon.Add(5 * time.Hour) }}
	require.True(t, s.run(t).Notified)
	require.Equal(t, []int{4, 1, 3}, []int{s.reviews, s.notices, len(s.sent)})
	first := s.sent[0]
	require.WithinDuration(t, noon.Add(25*time.Minute), first.FreshUntil, time.Minute)
	require.Equal(t, first.NotAfter, s.sent[2].NotAfter)
	require.WithinDuration(t, noon.Add(5*time.Hour+15*time.Minute), s.sent[2].FreshUntil, time.Minute)

	s = newStock(t)
	s.outdated = []func(){func() { s.in = false }}
	require.Equal(t, workflows.BackInStockResult{Why: "not_for_sale"}, s.run(t))
	require.Zero(t, s.notices)
}

// A silence that takes in too many signals is handed over.
func TestSilenceIsHandedOver(t *testing.T) {
	t.Parallel()
	s := newStock(t)
	s.SetContinueAsNewSuggested(true)
	s.ExecuteWorkflow(workflows.BackInStock, workflows.BackInStockInput{Shop: shop, Variant: "7"})
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, s.GetWorkflowError(), &next)
	var in workflows.BackInStockInput
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &in))
	require.WithinDuration(t, noon.Add(24*time.Hour+10*time.Minute), in.SilentUntil, time.Second)

	later := newStock(t)
	later.ExecuteWorkflow(workflows.BackInStock, in)
	require.NoError(t, later.GetWorkflowError())
	require.Zero(t, later.reviews)
}
