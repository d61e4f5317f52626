package messaging_test

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/giftbridge/giftbridge/activities/messaging"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/composing"
	"github.com/giftbridge/giftbridge/internal/messages/sending"
	"github.com/giftbridge/giftbridge/internal/retail"
)

var noon = time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)

// world is a shop, a service and Temporal.
type world struct {
	*messaging.Messages
	now time.Time
	// answers are what the service says next; nil is queued.
	answers []error
	asked   []time.Time
	notes   []any
	beatErr error
	counted []string
	order   *retail.Order
	variant *retail.Variant
	readErr error
	pages   []retail.Page
	looked  []string
	lookErr error
}

func newWorld() *world {
	w := &world{now: noon}
	w.Messages = &messaging.Messages{
		On: true, Source: w, Sender: w, Temporal: w, Looks: w, Now: func() time.Time { return w.now },
		Pause: func(_ context.Context, d time.Duration) error { w.now = w.now.Add(d); return nil },
		Count: func(k messages.Kind, outcome string) { w.counted = append(w.counted, string(k)+" "+outcome) },
	}
	return w
}

func (w *world) Send(context.Context, messages.Message) (sending.Outcome, error) {
	w.asked = append(w.asked, w.now)
	var err error
	if len(w.answers) > 0 {
		err, w.answers = w.answers[0], w.answers[1:]
	}
	switch {
	case errors.Is(err, errLeft):
		return sending.Unsubscribed, nil
	case err != nil:
		return "", err
	}
	return sending.Queued, nil
}

func (w *world) Beat(_ context.Context, _ []byte, details ...any) error {
	w.notes = append(w.notes, details...)
	return w.beatErr
}

func (w *world) Order(context.Context, string) (*retail.Order, error) { return w.order, w.readErr }

func (w *world) Variant(context.Context, string) (*retail.Variant, error) {
	return w.variant, w.readErr
}

func (w *world) Updated(_ context.Context, _, _ time.Time, cursor string) (retail.Page, error) {
	n, _ := strconv.Atoi(cursor)
	if w.readErr != nil {
		return retail.Page{}, w.readErr
	}
	return w.pages[n], nil
}

func (w *world) LookAt(_ context.Context, shop, order, name string, at time.Time) error {
	w.looked = append(w.looked, shop+" "+order+" "+name+" "+at.Format(time.RFC3339))
	return w.lookErr
}

type silence struct{ log.Logger }

func (silence) Debug(string, ...any) {}
func (silence) Info(string, ...any)  {}
func (silence) Warn(string, ...any)  {}
func (silence) Error(string, ...any) {}

// execute runs an activity. note is what the attempt before has left.
func execute[In, Out any](t *testing.T, w *world, activity func(context.Context, In) (Out, error), in In, note any) (Out, *temporal.ApplicationError) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(silence{})
	e := suite.NewTestActivityEnvironment()
	e.RegisterActivity(w.Messages)
	if note != nil {
		e.SetHeartbeatDetails(note)
	}
	var out Out
	value, err := e.ExecuteActivity(activity, in)
	if err == nil {
		require.NoError(t, value.Get(&out))
		return out, nil
	}
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	require.True(t, ok, "%v", err)
	return out, app
}

func message() messaging.SendMessageInput {
	return messaging.SendMessageInput{
		Order: "#1001", Message: messages.Message{Key: "k", Kind: messages.KindReceipt, To: "+14155550100", Text: "hello"},
	}
}

var (
	unclear  = &sending.Error{Kind: giftcard.Timeout, Unclear: true, Message: "no answer"}
	certain  = &sending.Error{Kind: giftcard.RateLimited, RetryAfter: time.Minute, Message: "slow down"}
	rejected = &sending.Error{Kind: giftcard.InvalidRequest, Message: "no such number"}
	errLeft  = errors.New("the customer has unsubscribed")
	locked   = &sending.Error{Kind: giftcard.Unauthorized, Message: "bad token"}
)

// asking is the note of an attempt that was cut off.
var asking = struct {
	Asking bool `json:"asking"`
}{true}

// unclearBefore is the note of an attempt whose outcome was unclear, where such messages are sent again.
var unclearBefore = struct {
	Unclear bool `json:"unclear"`
}{true}

// A request that was unclear stays so in the notes of all attempts after it.
func TestUnclearRequestsStayOnRecord(t *testing.T) {
	t.Parallel()
	for _, answers := range [][]error{{unclear, unclear, unclear}, {certain}} {
		w := newWorld()
		w.answers, w.SendInDoubt = answers, true
		_, err := execute(t, w, w.SendMessage, message(), unclearBefore)
		require.NotNil(t, err)
		require.False(t, err.NonRetryable())
		notes, failed := json.Marshal(w.notes)
		require.NoError(t, failed)
		require.JSONEq(t, `[{"asking": true, "unclear": true}, {"unclear": true}]`, string(notes))
	}
}

func TestSendMessage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		answers  []error
		note     any
		inDoubt  bool
		again    bool
		notAfter time.Time
		// asked are the seconds at which the service was asked, kind that of the failure, and final whether it is one for good.
		asked []int
		kind  giftcard.Kind
		final bool
		notes int
	}{
		{name: "queued", asked: []int{0}, notes: 1},
		{name: "unclear, then taken", answers: []error{unclear}, asked: []int{0, 2}, notes: 1},
		{name: "unclear twice, then taken", answers: []error{unclear, unclear}, asked: []int{0, 2, 4}, notes: 1},
		{name: "unclear", answers: []error{unclear, unclear, unclear}, asked: []int{0, 2, 4}, kind: messaging.MessageInDoubt, final: true, notes: 1},
		{name: "an error that nobody knows", answers: []error{errors.New("?"), unclear, unclear}, asked: []int{0, 2, 4}, kind: messaging.MessageInDoubt, final: true, notes: 1},
		{name: "unclear, then refused", answers: []error{unclear, certain, rejected}, asked: []int{0, 2, 4}, kind: messaging.MessageInDoubt, final: true, notes: 1},
		{name: "unclear, then unsubscribed", answers: []error{unclear, errLeft}, asked: []int{0, 2}, kind: messaging.MessageInDoubt, final: true, notes: 1},
		{name: "unclear, to be sent all the same", answers: []error{unclear, unclear, unclear}, inDoubt: true, asked: []int{0, 2, 4}, kind: giftcard.Timeout, notes: 2},
		{name: "certainly not taken", answers: []error{certain}, asked: []int{0}, kind: giftcard.RateLimited, notes: 2},
		{name: "refused", answers: []error{rejected}, asked: []int{0}, kind: messaging.MessageRefused, final: true, notes: 2},
		{name: "the account is refused", answers: []error{locked}, asked: []int{0}, kind: giftcard.Unauthorized, notes: 2},
		{name: "cut off before", note: asking, kind: messaging.MessageInDoubt, final: true},
		{name: "cut off before, to be sent all the same", note: asking, inDoubt: true, asked: []int{0}, notes: 1},
		{name: "cut off before, then unsubscribed", note: asking, inDoubt: true, answers: []error{errLeft}, asked: []int{0}, kind: messaging.MessageInDoubt, final: true, notes: 1},
		{name: "unclear before, then unsubscribed", note: unclearBefore, inDoubt: true, answers: []error{errLeft}, asked: []int{0}, kind: messaging.MessageInDoubt, final: true, notes: 1},
		{name: "unclear before, then refused", note: unclearBefore, inDoubt: true, answers: []error{rejected}, asked: []int{0}, kind: messaging.MessageInDoubt, final: true, notes: 2},
		{name: "unclear before, then too late", note: unclearBefore, inDoubt: true, notAfter: noon.Add(-time.Second), kind: messaging.MessageInDoubt, final: true},
		{name: "unclear before, then taken", note: unclearBefore, inDoubt: true, asked: []int{0}, notes: 1},
		{name: "unclear before, then certainly not taken", note: unclearBefore, inDoubt: true, answers: []error{certain}, asked: []int{0}, kind: giftcard.RateLimited, notes: 2},
		{name: "not cut off before", note: struct{}{}, asked: []int{0}, notes: 1},
		{name: "a note that cannot be read", note: "nonsense", kind: messaging.MessageInDoubt, final: true},
		{name: "after a reset", again: true, kind: messaging.MessageInDoubt, final: true},
		{name: "too late", notAfter: noon.Add(-time.Second), kind: messaging.MessageExpired, final: true},
		{name: "just in time", notAfter: noon, asked: []int{0}, notes: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.answers, w.SendInDoubt = tt.answers, tt.inDoubt
			in := message()
			in.Again, in.NotAfter = tt.again, tt.notAfter
			out, err := execute(t, w, w.SendMessage, in, tt.note)
			var asked []int
			for _, at := range w.asked {
				asked = append(asked, int(at.Sub(noon)/time.Second))
			}
			require.Equal(t, tt.asked, asked)
			require.Len(t, w.notes, tt.notes)
			if tt.kind == "" {
				require.Nil(t, err)
				require.Equal(t, sending.Queued, out.Outcome)
				require.Equal(t, []string{"receipt queued"}, w.counted)
				return
			}
			require.NotNil(t, err)
			require.Equal(t, string(tt.kind), err.Type())
			require.Equal(t, tt.final, err.NonRetryable(), err.Message())
			require.Contains(t, err.Message(), "order #1001, sending its receipt: ")
			require.NotContains(t, err.Message(), "4155550100")
			if tt.kind == giftcard.RateLimited {
				require.Equal(t, time.Minute, err.NextRetryDelay())
			}
		})
	}
}

// A request that took too long is not repeated: the service would deliver the repetition as well.
func TestSlowRequestsAreNotRepeated(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.Sender = slow{w}
	w.answers = []error{unclear}
	_, err := execute(t, w, w.SendMessage, message(), nil)
	require.Equal(t, "MessageInDoubt", err.Type())
	require.Len(t, w.asked, 1)
}

// slow is a service that answers late.
type slow struct{ *world }

func (s slow) Send(ctx context.Context, m messages.Message) (sending.Outcome, error) {
	out, err := s.world.Send(ctx, m)
	s.now = s.now.Add(10 * time.Second)
	return out, err
}

// A repetition that is not at the service in time is given up.
func TestRepetitionsEndInTime(t *testing.T) {
	t.Parallel()
	w := newWorld()
	s := &stuck{world: w}
	w.Sender = s
	_, err := execute(t, w, w.SendMessage, message(), nil)
	require.Equal(t, "MessageInDoubt", err.Type())
	require.Equal(t, 2, s.asked)
}

// stuck is a service that answers a request late and unclearly, and its repetition not at all.
type stuck struct {
	*world
	asked int
}

func (s *stuck) Send(ctx context.Context, _ messages.Message) (sending.Outcome, error) {
	if s.asked++; s.asked == 1 {
		s.now = s.now.Add(5900 * time.Millisecond)
		return "", unclear
	}
	<-ctx.Done()
	s.now = s.now.Add(time.Second)
	return "", unclear
}

// A message that could not be sent for a while, or before quiet hours, is composed anew; but not one that may have been taken, nor one
// whose account is refused: a new activity would not know it.
func TestOutdated(t *testing.T) {
	t.Parallel()
	account := struct {
		Account bool `json:"account"`
	}{true}
	quiet := composing.Quiet{From: 11 * time.Hour, Until: 13 * time.Hour, All: true}
	for name, tt := range map[string]struct {
		until time.Time
		quiet composing.Quiet
		note  any
		want  bool
	}{
		"fresh":                            {until: noon},
		"after a while":                    {until: noon.Add(-time.Second), want: true},
		"after a while, not asked before":  {until: noon.Add(-time.Second), note: struct{}{}, want: true},
		"after a while, maybe taken":       {until: noon.Add(-time.Second), note: unclearBefore},
		"after a while, account refused":   {until: noon.Add(-time.Second), note: account},
		"in quiet hours":                   {until: noon, quiet: quiet, want: true},
		"in quiet hours, sent by a person": {quiet: quiet},
		"before quiet hours":               {until: noon, quiet: composing.Quiet{From: 13 * time.Hour, Until: 14 * time.Hour, All: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.SendInDoubt, w.Rules.Quiet, w.Rules.Phones = true, tt.quiet, nowhere{}
			in := message()
			in.FreshUntil = tt.until
			out, err := execute(t, w, w.SendMessage, in, tt.note)
			require.Nil(t, err)
			require.Equal(t, tt.want, out.Outdated)
			require.Equal(t, tt.want, len(w.asked) == 0)
			require.Equal(t, tt.want, len(w.counted) == 0)
			notice, err := execute(t, w, w.SendNotice, messaging.SendNoticeInput{Variant: "7", Message: in.Message, FreshUntil: tt.until}, tt.note)
			require.Nil(t, err)
			require.Equal(t, tt.want, notice.Outdated)
		})
	}
	w := newWorld()
	w.answers = []error{locked}
	_, err := execute(t, w, w.SendMessage, message(), nil)
	require.NotNil(t, err)
	note, failed := json.Marshal(w.notes[1])
	require.NoError(t, failed)
	require.JSONEq(t, `{"account":true}`, string(note))
}

// nowhere knows of no number where it is.
type nowhere struct{ composing.Phones }

func (nowhere) Zones(string) []*time.Location { return nil }

// Nothing is sent before it is on record that it is.
func TestNothingIsSentWithoutANote(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.beatErr = errors.New("away")
	_, err := execute(t, w, w.SendMessage, message(), nil)
	require.Equal(t, "Unavailable", err.Type())
	require.False(t, err.NonRetryable())
	require.Empty(t, w.asked)
}

func TestSendNotice(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.answers = []error{rejected}
	in := messaging.SendNoticeInput{Variant: "7", Message: messages.Message{Key: "k", Kind: messages.KindInStock, Text: "back"}}
	_, err := execute(t, w, w.SendNotice, in, nil)
	require.Equal(t, "variant 7, sending its notice: no such number", err.Message())
	require.Equal(t, []string{"in-stock MessageRefused"}, w.counted)
}

// A worker without an account says so, and does nothing.
func TestOff(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.On = false
	_, err := execute(t, w, w.SendMessage, message(), nil)
	require.Equal(t, "MessagesOff", err.Type())
	require.False(t, err.NonRetryable(), "another worker may have one")
	_, err = execute(t, w, w.ReviewOrder, messaging.ReviewOrderInput{Order: "5"}, nil)
	require.Equal(t, "MessagesOff", err.Type())
	_, err = execute(t, w, w.ReviewVariant, messaging.ReviewVariantInput{Variant: "7"}, nil)
	require.Equal(t, "MessagesOff", err.Type())
	_, err = execute(t, w, w.StartLooks, messaging.StartLooksInput{}, nil)
	require.Equal(t, "MessagesOff", err.Type())
	require.Empty(t, w.asked)
}

func TestReviewOrder(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.order = &retail.Order{Number: "5001", Name: "#1001", Test: true, CreatedAt: noon, ProcessedAt: noon, UpdatedAt: noon}
	w.now = noon.Add(2 * time.Second)
	out, err := execute(t, w, w.ReviewOrder, messaging.ReviewOrderInput{Order: "5001"}, nil)
	require.Nil(t, err)
	require.Equal(t, "#1001", out.Name)
	require.True(t, noon.Equal(out.UpdatedAt))
	require.Equal(t, composing.ReasonTest, out.Plan.Steps[0].Dropped)

	require.Equal(t, []string{"receipt test"}, w.counted)

	w.now = noon.Add(time.Second)
	out, err = execute(t, w, w.ReviewOrder, messaging.ReviewOrderInput{Order: "5001"}, nil)
	require.Nil(t, err)
	require.True(t, out.UpdatedAt.Before(noon), "another change may have the same time")

	for _, tt := range []struct {
		err   error
		kind  giftcard.Kind
		final bool
	}{
		{retail.ErrNotFound, giftcard.Unavailable, false},
		{giftcard.Errorf(giftcard.Unauthorized, "no scope"), giftcard.Unauthorized, false},
		{giftcard.Errorf(giftcard.UnexpectedResponse, "nonsense"), giftcard.UnexpectedResponse, true},
		{errors.New("away"), giftcard.Unavailable, false},
	} {
		w.readErr = tt.err
		_, err := execute(t, w, w.ReviewOrder, messaging.ReviewOrderInput{Order: "5001"}, nil)
		require.Equal(t, string(tt.kind), err.Type())
		require.Equal(t, tt.final, err.NonRetryable())
		require.True(t, strings.HasPrefix(err.Message(), "order 5001, composing its messages: "), err.Message())
	}
}

func TestReviewVariant(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.variant = &retail.Variant{Number: "7"}
	out, err := execute(t, w, w.ReviewVariant, messaging.ReviewVariantInput{Variant: "7"}, nil)
	require.Nil(t, err)
	require.Equal(t, messaging.ReviewVariantResult{Dropped: composing.ReasonOff}, out)
	require.Equal(t, []string{"in-stock off"}, w.counted)
}

func TestStartLooks(t *testing.T) {
	t.Parallel()
	w := newWorld()
	at := func(n string) retail.Changed { return retail.Changed{Number: n, Name: "#" + n, UpdatedAt: noon} }
	w.pages = []retail.Page{{Orders: []retail.Changed{at("1"), at("2")}, NextCursor: "1"}, {NextCursor: "2"}, {Orders: []retail.Changed{at("3")}}}
	in := messaging.StartLooksInput{Shop: "shop", From: noon.Add(-time.Hour), To: noon}
	out, err := execute(t, w, w.StartLooks, in, nil)
	require.Nil(t, err)
	require.Equal(t, messaging.StartLooksResult{Orders: 3}, out)
	require.Equal(t, []string{
		"shop 1 #1 2026-07-10T12:00:00Z", "shop 2 #2 2026-07-10T12:00:00Z", "shop 3 #3 2026-07-10T12:00:00Z",
	}, w.looked)

	w.looked = nil
	out, err = execute(t, w, w.StartLooks, in, messaging.StartLooksResult{Orders: 2, Cursor: "2"})
	require.Nil(t, err)
	require.Equal(t, 3, out.Orders, "it continues where the attempt before was cut off")
	require.Len(t, w.looked, 1)

	w.lookErr = errors.New("away")
	_, err = execute(t, w, w.StartLooks, in, nil)
	require.Equal(t, "Unavailable", err.Type())
}
