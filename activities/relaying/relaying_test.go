package relaying_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// erp is an endpoint with all that surrounds it.
type erp struct {
	err    error
	posted []relaying.Posting

	known      time.Time
	knowing    error
	asked      []string // The objects.
	remembered map[string]time.Time
	takes      bool
	taking     error

	again bool

	notes   []string
	stopped error
}

func (e *erp) Post(_ context.Context, p relaying.Posting) error {
	e.posted = append(e.posted, p)
	return e.err
}

func (e *erp) Delivered(_ context.Context, _, _, object string, _ time.Time) (time.Time, error) {
	e.asked = append(e.asked, object)
	return e.known, e.knowing
}

func (e *erp) Remember(_, _, object string, delivered time.Time) {
	e.remembered = map[string]time.Time{object: delivered}
}

func (e *erp) Takes(context.Context, string) (bool, error) { return e.takes, e.taking }

func (e *erp) After(_ int, asked time.Duration) (time.Duration, bool) {
	return max(asked, time.Minute), e.again
}

func (e *erp) Succeeded(context.Context, string) { e.notes = append(e.notes, "succeeded") }

func (e *erp) Failed(context.Context, string, string) { e.notes = append(e.notes, "failed") }

func (e *erp) Stop(_ context.Context, _, reason string) error {
	e.notes = append(e.notes, reason)
	return e.stopped
}

func (e *erp) deliver(t *testing.T, in relaying.DeliverEventInput) (relaying.DeliverEventResult, *temporal.ApplicationError) {
	t.Helper()
	return deliver(t, &relaying.Relay{Door: e, Schedule: e, Memory: e, Flow: e}, in)
}

func deliver(t *testing.T, r *relaying.Relay, in relaying.DeliverEventInput) (
	out relaying.DeliverEventResult, failed *temporal.ApplicationError,
) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(r)
	got, err := env.ExecuteActivity((*relaying.Relay)(nil).DeliverEvent, in)
	if err != nil {
		require.ErrorAs(t, err, &failed)
		return out, failed
	}
	require.NoError(t, got.Get(&out))
	return out, nil
}

// created is an event of an hour ago.
func created() relaying.DeliverEventInput {
	return relaying.DeliverEventInput{Endpoint: relaying.Orders, Resource: "7", Event: relaying.Event{
		ID: "e1", Topic: "orders/create", Body: "{}", UpdatedAt: noon.Add(-time.Hour),
	}}
}

func TestDeliverEvent(t *testing.T) {
	t.Parallel()
	e := &erp{}
	out, failed := e.deliver(t, created())
	require.Nil(t, failed)
	require.Equal(t, relaying.DeliverEventResult{Delivered: noon.Add(-time.Hour), Attempts: 1}, out)
	require.Equal(t, []relaying.Posting{{Endpoint: "orders", Resource: "7", Event: created().Event, Attempt: 1}}, e.posted)
	require.Equal(t, []string{"succeeded"}, e.notes)
	require.Equal(t, map[string]time.Time{"": noon.Add(-time.Hour)}, e.remembered)
	parcel := created()
	parcel.Event.Topic, parcel.Event.Object = "fulfillments/create", "8"
	_, failed = e.deliver(t, parcel)
	require.Nil(t, failed)
	require.Equal(t, []string{"", "8"}, e.asked)
	require.Equal(t, map[string]time.Time{"8": noon.Add(-time.Hour)}, e.remembered)
}

// An event that is older than what was delivered is marked: by this run, or by an earlier one.
func TestDeliverStaleEvent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		known, here time.Time
		updated     time.Time
		stale       bool
		asked       int
	}{
		"by an earlier run":            {known: noon.Add(-time.Minute), updated: noon.Add(-time.Hour), stale: true, asked: 1},
		"the same state again":         {known: noon.Add(-time.Hour), updated: noon.Add(-time.Hour), asked: 1},
		"by this run":                  {here: noon.Add(-time.Minute), updated: noon.Add(-time.Hour), stale: true},
		"of a body that has no time":   {known: noon.Add(-time.Minute)},
		"of this run, and newer":       {here: noon.Add(-time.Hour), updated: noon.Add(-time.Minute)},
		"nothing was delivered before": {updated: noon.Add(-time.Hour), asked: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := &erp{known: c.known}
			in := created()
			in.Delivered, in.Event.UpdatedAt = c.here, c.updated
			out, failed := e.deliver(t, in)
			require.Nil(t, failed)
			require.Equal(t, c.stale, out.Stale)
			require.Equal(t, c.stale, e.posted[0].Stale)
			require.Len(t, e.asked, c.asked)
		})
	}
	unknown := &erp{knowing: errors.New("Temporal is away")}
	_, failed := unknown.deliver(t, created())
	require.NotNil(t, failed)
	require.False(t, failed.NonRetryable())
	require.Empty(t, unknown.posted, "an event goes marked, or not yet")
}

// Only an event that is refused itself, or at which an endpoint fails that takes others, is ever given up.
func TestDeliverEventAgain(t *testing.T) {
	t.Parallel()
	refused := relaying.Refusal{Kind: giftcard.InvalidRequest, Message: "status 422", Event: true}
	away := relaying.Refusal{Kind: giftcard.Unavailable, Message: "no answer", RetryAfter: time.Hour}
	gone := relaying.Refusal{Kind: giftcard.Unavailable, Message: "status 410", Gone: true}
	const stopped = "the endpoint has answered that it wants no events any more"
	for name, c := range map[string]struct {
		refusal relaying.Refusal
		again   bool
		takes   bool
		final   bool
		pause   time.Duration
		notes   []string
	}{
		"refused":                            {refused, true, true, false, time.Minute, []string{"succeeded"}},
		"refused until the schedule is over": {refused, false, false, true, 0, []string{"succeeded"}},
		"away":                               {away, true, true, false, time.Hour, []string{"failed"}},
		"away longer than the schedule":      {away, false, false, false, time.Hour, []string{"failed"}},
		"failing at this event alone":        {away, false, true, true, 0, []string{"failed"}},
		"gone":                               {gone, false, true, false, time.Minute, []string{stopped}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := &erp{err: &c.refusal, again: c.again, takes: c.takes}
			_, failed := e.deliver(t, created())
			require.NotNil(t, failed)
			require.Equal(t, string(c.refusal.Kind), failed.Type())
			require.Contains(t, failed.Message(), "delivering orders/create of 7: "+c.refusal.Message)
			require.Equal(t, c.final, failed.NonRetryable())
			require.Equal(t, c.pause, failed.NextRetryDelay())
			require.Equal(t, c.notes, e.notes)
		})
	}
}

// An event is not given up as long as it cannot be found out what is wrong.
func TestDeliverEventWhileTemporalsListsAreAway(t *testing.T) {
	t.Parallel()
	e := &erp{err: &relaying.Refusal{Kind: giftcard.Unavailable}, taking: errors.New("no list"), takes: true}
	_, failed := e.deliver(t, created())
	require.NotNil(t, failed)
	require.False(t, failed.NonRetryable())
}

// A worker without the endpoint keeps the event for one that has it.
func TestDeliverWithoutAnEndpoint(t *testing.T) {
	t.Parallel()
	e := &erp{}
	in := created()
	in.Endpoint = relaying.Products
	_, failed := deliver(t, &relaying.Relay{Schedule: e}, in)
	require.NotNil(t, failed)
	require.False(t, failed.NonRetryable())
	require.Contains(t, failed.Message(), "RELAY_PRODUCTS_URL")
}
