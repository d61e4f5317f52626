package activities

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/rest"
)

// doing is what the activities of these tests are doing when they fail.
const doing = "order #1001, card 2"

// The status and the code of the service are reported beside the kind that its adapter has decided.
func TestFailureTellsTheExchange(t *testing.T) {
	t.Parallel()
	const wait = 7 * time.Second
	refused := &rest.Error{Outcome: rest.Refused, Status: 429, Code: "THROTTLED", RequestID: "r-1"}
	limited := &giftcard.Error{Kind: giftcard.RateLimited, Message: refused.Error(), RetryAfter: wait, Err: refused}
	for _, err := range []error{limited, fmt.Errorf("second try: %w", limited)} {
		e := failed(t, err)
		require.Equal(t, string(giftcard.RateLimited), e.Type())
		require.False(t, e.NonRetryable())
		require.Equal(t, wait, e.NextRetryDelay())
		require.Equal(t, doing+": "+err.Error(), e.Message())
		require.Equal(t, FailureDetails{Status: 429, Code: "THROTTLED", RequestID: "r-1"}, details(t, e))
	}
}

func TestFailureWithoutAKind(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		err  error
		want giftcard.Kind
	}{
		{"a time-out", fmt.Errorf("token: %w", context.DeadlineExceeded), giftcard.Timeout},
		{"nobody thought of it", errors.New("boom"), giftcard.Unavailable},
		{"cancelled by somebody else", context.Canceled, giftcard.Unavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := failed(t, tt.err)
			require.Equal(t, string(tt.want), e.Type())
			require.Equal(t, tt.want.Final(), e.NonRetryable())
			require.Zero(t, e.NextRetryDelay())
		})
	}
}

func TestFailureOfEveryKind(t *testing.T) {
	t.Parallel()
	for _, kind := range giftcard.Kinds {
		err := &giftcard.Error{Kind: kind, Message: "why", RetryAfter: time.Second}
		for _, err := range []error{err, fmt.Errorf("wrapped: %w", err)} {
			e := failed(t, err)
			require.Equal(t, string(kind), e.Type())
			require.Equal(t, kind.Final(), e.NonRetryable())
			require.Equal(t, time.Second, e.NextRetryDelay())
			require.Equal(t, FailureDetails{}, details(t, e))
		}
	}
}

// A kind that was decided explicitly takes precedence over what the exchange looked like; the status is still reported.
func TestFailureOfADecidedKind(t *testing.T) {
	t.Parallel()
	e := failed(t, &giftcard.Error{
		Kind: giftcard.CardDeclined, Message: "declined",
		Err: &rest.Error{Outcome: rest.Refused, Status: http.StatusForbidden},
	})
	require.Equal(t, string(giftcard.CardDeclined), e.Type())
	require.Equal(t, http.StatusForbidden, details(t, e).Status)
}

func TestFailureOfNothing(t *testing.T) {
	t.Parallel()
	require.NoError(t, failure(t.Context(), doing, nil, time.Hour))
}

func TestFailureOfCancellation(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	cancelled := &rest.Error{Outcome: rest.NoAnswer, Err: context.Canceled}
	require.Equal(t, context.Canceled, failure(ctx, doing, cancelled, time.Hour), "it is not a failure of the order")
}

// The first failure records its time, from which later attempts count.
func TestBudgetBeginsWithTheFirstFailure(t *testing.T) {
	t.Parallel()
	beats := make(chan time.Time, 10)
	env := newProbe(t, unavailable(0), time.Hour)
	env.SetOnActivityHeartbeatListener(func(_ *activity.Info, details converter.EncodedValues) {
		var note AttemptNote
		if details.Get(&note) == nil {
			beats <- note.FirstFailure
		}
	})
	before := time.Now()
	e := run(t, env)
	require.False(t, e.NonRetryable())
	require.NotContains(t, e.Message(), "gave up")
	require.Len(t, beats, 1)
	first := <-beats
	require.False(t, first.Before(before.Truncate(0)) || first.After(time.Now()))
}

// A worker whose clock jumps ahead gives up no earlier than others: the server says when an attempt began.
func TestBudgetIsCountedByTheServersClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var suite testsuite.WorkflowTestSuite
		suite.SetLogger(quiet{})
		env := suite.NewTestActivityEnvironment()
		env.RegisterActivityWithOptions(func(ctx context.Context) error {
			<-time.After(5 * time.Minute) // This is how the jump looks from inside.
			return failure(ctx, doing, unavailable(0), time.Hour)
		}, activity.RegisterOptions{Name: "probe"})
		env.SetHeartbeatDetails(AttemptNote{FirstFailure: time.Now().Add(-57 * time.Minute)})
		require.False(t, run(t, env).NonRetryable())
	})
}

func TestBudget(t *testing.T) {
	t.Parallel()
	const budget = time.Hour
	givenUp := "gave up after the retry budget of "
	tests := []struct {
		name   string
		err    error
		failed time.Duration // since the first failure
		budget time.Duration
		spent  bool
	}{
		{"most is left", unavailable(0), 10 * time.Minute, budget, false},
		{"little is left", unavailable(0), 55 * time.Minute, budget, false},
		{"spent", unavailable(0), budget, budget, true},
		{"spent long ago", unavailable(0), 48 * time.Hour, budget, true},
		{"less is left than the service wants to wait", unavailable(10 * time.Minute), 55 * time.Minute, budget, true},
		{"more is left than the service wants to wait", unavailable(time.Minute), 55 * time.Minute, budget, false},
		{"no budget, one attempt", unavailable(0), 0, 0, true},
		{"until the workflow's time-out", unavailable(0), 48 * time.Hour, -1, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			env := newProbe(t, tt.err, tt.budget)
			env.SetHeartbeatDetails(AttemptNote{FirstFailure: time.Now().Add(-tt.failed)})
			e := run(t, env)
			require.Equal(t, string(giftcard.Unavailable), e.Type(), "the kind stays what it was")
			require.Equal(t, tt.spent, e.NonRetryable())
			if tt.spent {
				require.Equal(t, doing+": "+tt.err.Error()+"; "+givenUp+tt.budget.String(), e.Message())
				require.Zero(t, e.NextRetryDelay())
				return
			}
			require.NotContains(t, e.Message(), "gave up")
		})
	}
}

// Details that hold no time, as another release may have written them, restart the count instead of ending it.
func TestBudgetWithForeignDetails(t *testing.T) {
	t.Parallel()
	env := newProbe(t, unavailable(0), time.Hour)
	env.SetHeartbeatDetails("page 7")
	require.False(t, run(t, env).NonRetryable())
}

func TestBudgetSparesFinalErrors(t *testing.T) {
	t.Parallel()
	env := newProbe(t, giftcard.Errorf(giftcard.CardDeclined, "declined"), time.Hour)
	env.SetHeartbeatDetails(AttemptNote{FirstFailure: time.Now().Add(-48 * time.Hour)})
	e := run(t, env)
	require.True(t, e.NonRetryable())
	require.Equal(t, doing+": declined", e.Message())
}

func unavailable(wait time.Duration) error {
	return &giftcard.Error{Kind: giftcard.Unavailable, Message: "no answer", RetryAfter: wait}
}

// failed returns the failure that err becomes without a budget.
func failed(t *testing.T, err error) *temporal.ApplicationError {
	t.Helper()
	return outermost(t, failure(t.Context(), doing, err, untilTimeout))
}

// outermost requires that err itself is an ApplicationError: otherwise Temporal uses the type of the wrapping error.
func outermost(t *testing.T, err error) *temporal.ApplicationError {
	t.Helper()
	e, ok := err.(*temporal.ApplicationError) //nolint:errorlint // the outermost error is the subject
	require.True(t, ok, "%T", err)
	return e
}

func details(t *testing.T, e *temporal.ApplicationError) FailureDetails {
	t.Helper()
	var d FailureDetails
	require.NoError(t, e.Details(&d))
	return d
}

// newProbe runs an activity that fails with err.
func newProbe(t *testing.T, err error, budget time.Duration) *testsuite.TestActivityEnvironment {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(quiet{})
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivityWithOptions(
		func(ctx context.Context) error { return failure(ctx, doing, err, budget) },
		activity.RegisterOptions{Name: "probe"},
	)
	return env
}

func run(t *testing.T, env *testsuite.TestActivityEnvironment) *temporal.ApplicationError {
	t.Helper()
	_, err := env.ExecuteActivity("probe")
	var e *temporal.ApplicationError
	require.ErrorAs(t, err, &e)
	return e
}

type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}
