package activities_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/cashstar"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer/gate"
)

// attempts is a fake of Temporal that stores notes and returns what earlier runs know.
type attempts struct {
	mu      sync.Mutex
	notes   []activities.AttemptNote
	noteErr error

	earlier    activities.Earlier
	earlierErr error
	asked      activities.EarlierInput
}

func (a *attempts) Note(_ context.Context, taskToken []byte, note activities.AttemptNote) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(taskToken) == 0 {
		return errors.New("no task token")
	}
	if a.noteErr == nil {
		a.notes = append(a.notes, note)
	}
	return a.noteErr
}

func (a *attempts) Earlier(_ context.Context, in activities.EarlierInput) (activities.Earlier, error) {
	a.asked = in
	return a.earlier, a.earlierErr
}

func (a *attempts) IsFirst(context.Context, string, string) (bool, error) {
	return a.earlier == activities.Earlier{}, nil
}

func (a *attempts) MerchantOf(context.Context, string, string) (activities.LookUpMerchantResult, error) {
	return activities.LookUpMerchantResult{}, nil
}

func (a *attempts) IssuedCards(context.Context, string, string) (map[string]bool, error) {
	return nil, nil
}

func (a *attempts) OpenCards(context.Context, string, string) (map[string]bool, error) {
	return nil, nil
}

// standing reports whether the last note says that the card was requested.
func (a *attempts) standing() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.notes) > 0 && a.notes[len(a.notes)-1].Asked
}

// atMostOnce returns activities in front of an issuer that creates a second card for a repeated audit number.
func atMostOnce(t *testing.T, options cashstartest.Options) (issuing, *attempts) {
	t.Helper()
	options.Duplicates = cashstartest.IssueAgain
	i := newIssuing(t, options)
	a := &attempts{}
	i.gifts.Attempts, i.gifts.AtMostOnce = a, true
	return i, a
}

// orders returns the number of requests for cards.
func (i issuing) orders() int {
	n := 0
	for _, times := range i.issuer.Stats().Requests[cashstartest.CreateOrder] {
		n += times
	}
	return n
}

func TestAtMostOnceNotesBeforeItAsks(t *testing.T) {
	t.Parallel()
	var a *attempts
	noted := false
	i, a := atMostOnce(t, cashstartest.Options{Fault: func(cashstartest.Request) *cashstartest.Fault {
		noted = a.standing()
		return nil
	}})
	in := secondCard()
	out, err := i.issue(t, in)
	require.NoError(t, err)
	require.NotEmpty(t, out.EGCCode)
	require.True(t, noted)
	require.Len(t, i.issuer.Cards(), 1)
	require.Equal(t, in.AuditNumber, a.asked.AuditNumber)
	require.Equal(t, in.Unit, a.asked.Unit)
	require.NotEmpty(t, a.asked.WorkflowID)
	require.NotEmpty(t, a.asked.RunID)
}

// Any outcome that leaves it open whether the card was issued ends the attempts. The next attempt sends nothing.
func TestAtMostOnceInDoubt(t *testing.T) {
	t.Parallel()
	tests := map[string]cashstartest.Fault{
		"dropped before":       {Kind: cashstartest.Drop},
		"dropped after":        {Kind: cashstartest.Drop, AfterCommit: true},
		"internal error after": {Kind: cashstartest.ServerError, Status: 500, AfterCommit: true},
		"unavailable":          {Kind: cashstartest.ServerError, Status: 503, RetryAfter: "1"},
		"gateway timeout":      {Kind: cashstartest.ServerError, Status: 504},
		"request timeout":      {Kind: cashstartest.ServerError, Status: 408},
		"HTML":                 {Kind: cashstartest.HTML, AfterCommit: true},
		"truncated":            {Kind: cashstartest.Truncated},
		"malformed":            {Kind: cashstartest.Malformed},
		"slow":                 {Kind: cashstartest.Slow, Delay: time.Hour, AfterCommit: true},
	}
	for name, fault := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var orders atomic.Int32
			i, a := atMostOnce(t, cashstartest.Options{Fault: func(cashstartest.Request) *cashstartest.Fault {
				orders.Add(1)
				return &fault
			}})
			client, err := cashstar.New(cashstar.Options{
				BaseURL: serve(t, i.issuer) + "/v2", Username: username, Password: password, Timeout: time.Second,
			})
			require.NoError(t, err)
			i.gifts.Issuer = behind(t, client)
			_, err = i.issue(t, secondCard())
			requireInDoubt(t, err)
			require.True(t, a.standing())
			require.EqualValues(t, 1, orders.Load())

			env := newEnv(i.logs, i.gifts)
			env.SetHeartbeatDetails(a.notes[len(a.notes)-1])
			_, err = execute[activities.IssueCardResult](t, env, "IssueCard", secondCard())
			requireInDoubt(t, err)
			require.EqualValues(t, 1, orders.Load())
		})
	}
}

func requireInDoubt(t *testing.T, err error) {
	t.Helper()
	failure := requireKind(t, err, giftcard.OutcomeUnknown, doing)
	require.Contains(t, failure.Message(), secondCard().AuditNumber)
	require.Contains(t, failure.Message(), "giftbridge orders resolve")
	var details activities.FailureDetails
	require.NoError(t, failure.Details(&details))
	require.False(t, details.NotIssued)
}

// A clear refusal is retried or final as usual, and leaves no doubt.
func TestAtMostOnceClear(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault cashstartest.Fault
		want  giftcard.Kind
	}{
		{"enhance your calm", limit(420, "3"), giftcard.RateLimited},
		{"too many requests", limit(429, ""), giftcard.RateLimited},
		{"bad request", refuse(400), giftcard.InvalidRequest},
		{"unauthorized", refuse(401), giftcard.Unauthorized},
		{"declined", refuse(403), giftcard.CardDeclined},
		{"too early", refuse(425), giftcard.Unavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			i, a := atMostOnce(t, cashstartest.Options{})
			i.issuer.Inject(tt.fault)
			_, err := i.issue(t, secondCard())
			requireNotIssued(t, err, tt.want)
			require.False(t, a.standing())

			env := newEnv(i.logs, i.gifts)
			env.SetHeartbeatDetails(a.notes[len(a.notes)-1])
			_, err = execute[activities.IssueCardResult](t, env, "IssueCard", secondCard())
			require.NoError(t, err)
			require.Len(t, i.issuer.Cards(), 1)
		})
	}
}

func requireNotIssued(t *testing.T, err error, kind giftcard.Kind) {
	t.Helper()
	failure := requireKind(t, err, kind, doing)
	var details activities.FailureDetails
	require.NoError(t, failure.Details(&details))
	require.True(t, details.NotIssued)
}

// If the connection is refused, no request was sent.
func TestAtMostOnceWithoutConnection(t *testing.T) {
	t.Parallel()
	i, _ := atMostOnce(t, cashstartest.Options{})
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	client, err := cashstar.New(cashstar.Options{
		BaseURL: "http://" + l.Addr().String() + "/v2", Username: username, Password: password,
	})
	require.NoError(t, err)
	i.gifts.Issuer = behind(t, client)
	_, err = i.issue(t, secondCard())
	requireNotIssued(t, err, giftcard.Unavailable)
}

// An invalid card is not requested, and no note is stored.
func TestAtMostOnceInvalid(t *testing.T) {
	t.Parallel()
	i, a := atMostOnce(t, cashstartest.Options{})
	in := secondCard()
	in.Price = "-1"
	_, err := i.issue(t, in)
	requireNotIssued(t, err, giftcard.InvalidRequest)
	require.Empty(t, a.notes)
}

// An answer about another card says nothing about this one.
func TestAtMostOnceUnexpected(t *testing.T) {
	t.Parallel()
	i, a := atMostOnce(t, cashstartest.Options{})
	i.issuer.Inject(cashstartest.Fault{Kind: cashstartest.WrongMerchant})
	_, err := i.issue(t, secondCard())
	failure := requireKind(t, err, giftcard.UnexpectedResponse, doing)
	var details activities.FailureDetails
	require.NoError(t, failure.Details(&details))
	require.False(t, details.NotIssued)
	require.True(t, a.standing())
}

func TestAtMostOnceAfterAReset(t *testing.T) {
	t.Parallel()
	i, a := atMostOnce(t, cashstartest.Options{})
	issued := activities.IssueCardResult{AuditNumber: "450789469-N4MZOLDBD3KI", EGCCode: "E1", Amount: "50.00", Currency: "USD"}
	a.earlier = activities.Earlier{Issued: &issued}
	out, err := i.issue(t, secondCard())
	require.NoError(t, err)
	require.Equal(t, issued, out)

	a.earlier = activities.Earlier{Found: true, InDoubt: true}
	out, err = i.issue(t, secondCard())
	require.NoError(t, err)
	require.Equal(t, activities.IssueCardResult{
		AuditNumber: "450789469-N4MZOLDBD3KI", Amount: "50.00", Currency: "USD", Existed: true,
	}, out)

	a.earlier = activities.Earlier{InDoubt: true}
	_, err = i.issue(t, secondCard())
	requireInDoubt(t, err)

	a.earlier, a.earlierErr = activities.Earlier{}, errors.New("frontend is away")
	_, err = i.issue(t, secondCard())
	requireKind(t, err, giftcard.Unavailable, doing)
	require.Zero(t, i.orders())
	require.Empty(t, a.notes)
}

// If the note cannot be stored, nothing is requested.
func TestAtMostOnceWithoutANote(t *testing.T) {
	t.Parallel()
	i, a := atMostOnce(t, cashstartest.Options{})
	a.noteErr = errors.New("frontend is away")
	_, err := i.issue(t, secondCard())
	requireNotIssued(t, err, giftcard.Unavailable)
	require.Zero(t, i.orders())

	a.noteErr = nil
	env := newEnv(i.logs, i.gifts)
	env.SetHeartbeatDetails("a note that nobody understands")
	_, err = execute[activities.IssueCardResult](t, env, "IssueCard", secondCard())
	failure := requireKind(t, err, giftcard.Unavailable, doing)
	var details activities.FailureDetails
	require.NoError(t, failure.Details(&details))
	require.False(t, details.NotIssued)
	require.Zero(t, i.orders())
}

// If an operator finds out that an issuer does not recognise repeated audit numbers, and switches to at most once while
// cards are being retried, cards that may exist by then are not requested again either.
func TestAtMostOnceFromNowOn(t *testing.T) {
	t.Parallel()
	i, _ := atMostOnce(t, cashstartest.Options{})
	i.gifts.AtMostOnce = false
	var note activities.AttemptNote
	env := newEnv(i.logs, i.gifts)
	env.SetOnActivityHeartbeatListener(func(_ *activity.Info, details converter.EncodedValues) {
		require.NoError(t, details.Get(&note))
	})
	in := secondCard()
	in.RetryBudget = time.Hour
	i.issuer.Inject(cashstartest.Fault{Kind: cashstartest.ServerError, Status: 400})
	_, err := execute[activities.IssueCardResult](t, env, "IssueCard", in)
	require.Error(t, err)
	require.False(t, note.Asked, "that was a refusal")

	i.issuer.Inject(cashstartest.Fault{Kind: cashstartest.Drop, AfterCommit: true})
	_, err = execute[activities.IssueCardResult](t, env, "IssueCard", in)
	requireKind(t, err, giftcard.Unavailable, "order #1001, card 2")
	require.True(t, note.Asked)
	require.False(t, note.FirstFailure.IsZero())

	i.gifts.AtMostOnce = true
	env = newEnv(i.logs, i.gifts)
	env.SetHeartbeatDetails(note)
	_, err = execute[activities.IssueCardResult](t, env, "IssueCard", in)
	requireKind(t, err, giftcard.OutcomeUnknown, "order #1001, card 2")
	require.Len(t, i.issuer.Cards(), 1)
}

// A doubt that follows a failure without one is noted too, and the time of the first failure stays the same.
func TestDoubtIsAddedToTheNote(t *testing.T) {
	t.Parallel()
	i := newIssuing(t, cashstartest.Options{})
	first := time.Now().Add(-time.Minute).UTC()
	var note activities.AttemptNote
	env := newEnv(i.logs, i.gifts)
	env.SetHeartbeatDetails(activities.AttemptNote{FirstFailure: first})
	env.SetOnActivityHeartbeatListener(func(_ *activity.Info, details converter.EncodedValues) {
		require.NoError(t, details.Get(&note))
	})
	i.issuer.Inject(cashstartest.Fault{Kind: cashstartest.Drop})
	in := secondCard()
	in.RetryBudget = time.Hour
	_, err := execute[activities.IssueCardResult](t, env, "IssueCard", in)
	require.Error(t, err)
	require.Equal(t, activities.AttemptNote{FirstFailure: first, Asked: true}, note)
}

// One answer that leaves a card in doubt holds the other requests back, and so keeps those cards out of doubt.
func TestAtMostOnceDuringAnOutage(t *testing.T) {
	t.Parallel()
	i, a := atMostOnce(t, cashstartest.Options{})
	i.gifts.Gate = &gate.Gate{}
	i.issuer.Inject(cashstartest.Fault{Kind: cashstartest.ServerError, Status: 503})
	_, err := i.issue(t, secondCard())
	requireInDoubt(t, err)
	notes := len(a.notes)
	_, err = i.issue(t, secondCard())
	requireNotIssued(t, err, giftcard.Unavailable)
	require.Equal(t, 1, i.orders())
	require.Len(t, a.notes, notes, "it was not about to be asked for")
}

// The issuer's rate limit applies to all cards, not only to the one that met it.
func TestLimitHoldsBackOtherCards(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func() issuing{
		"issued once":            func() issuing { return newIssuing(t, cashstartest.Options{}) },
		"asked for at most once": func() issuing { i, _ := atMostOnce(t, cashstartest.Options{}); return i },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := begin()
			i.gifts.Gate = &gate.Gate{}
			i.issuer.Inject(limit(429, "60"))
			_, err := i.issue(t, secondCard())
			require.Equal(t, time.Minute, requireKind(t, err, giftcard.RateLimited, doing).NextRetryDelay())
			_, err = i.issue(t, secondCard())
			require.Greater(t, requireKind(t, err, giftcard.RateLimited, doing).NextRetryDelay(), 59*time.Second)
			require.Equal(t, 1, i.orders())
		})
	}
}

// A card is not requested if its attempt would end before the answer.
func TestTooLateToAsk(t *testing.T) {
	t.Parallel()
	i, a := atMostOnce(t, cashstartest.Options{})
	i.gifts.Timeout = 24 * time.Hour
	_, err := i.issue(t, secondCard())
	requireNotIssued(t, err, giftcard.Timeout)
	require.False(t, a.standing())
	require.Zero(t, i.orders())
}

// An order that was taken in as at most once stays so, whatever the worker's settings say.
func TestAtMostOnceByTheOrder(t *testing.T) {
	t.Parallel()
	i, a := atMostOnce(t, cashstartest.Options{})
	i.gifts.AtMostOnce = false
	i.issuer.Inject(cashstartest.Fault{Kind: cashstartest.ServerError, Status: 503})
	in := secondCard()
	in.AtMostOnce = true
	_, err := i.issue(t, in)
	requireInDoubt(t, err)
	require.True(t, a.standing())
}
