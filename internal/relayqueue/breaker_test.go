package relayqueue_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/relayqueue"
)

// queue is an endpoint's queue in memory.
type queue struct {
	status relayqueue.Status
	err    error
	asked  int
}

func (q *queue) Status(context.Context, string) (relayqueue.Status, error) {
	q.asked++
	return q.status, q.err
}

func (q *queue) Probe(_ context.Context, _, reason string) error {
	q.status = relayqueue.Status{State: relayqueue.Probing, Reason: reason}
	return q.err
}

func (q *queue) Pause(_ context.Context, _, reason string) error {
	q.status = relayqueue.Status{State: relayqueue.Paused, Reason: reason}
	return q.err
}

func (q *queue) Resume(_ context.Context, _, reason string) error {
	q.status = relayqueue.Status{State: relayqueue.Open, Reason: reason}
	return q.err
}

// rig is a breaker with a clock that stands still until it is moved.
type rig struct {
	*relayqueue.Breaker

	queue    *queue
	clock    time.Time
	warnings []error
}

func newRig() *rig {
	r := &rig{queue: &queue{status: relayqueue.Status{State: relayqueue.Open}}, clock: time.Unix(1_800_000_000, 0)}
	r.Breaker = relayqueue.NewBreaker(r.queue, func() time.Time { return r.clock }, func(_ string, err error) {
		r.warnings = append(r.warnings, err)
	})
	return r
}

// fail has attempts at so many different resources fail.
func (r *rig) fail(t *testing.T, resources int) {
	t.Helper()
	for i := range resources {
		r.Failed(t.Context(), "orders", fmt.Sprint(i))
	}
}

func TestBreakerSlowsAnEndpointDown(t *testing.T) {
	t.Parallel()
	r := newRig()
	r.fail(t, 4)
	require.Equal(t, relayqueue.Open, r.queue.status.State)
	r.Succeeded(t.Context(), "orders")
	r.fail(t, 4)
	require.Equal(t, relayqueue.Open, r.queue.status.State, "a success in between starts again")
	r.fail(t, 5)
	require.Equal(t, relayqueue.Probing, r.queue.status.State)
	r.Succeeded(t.Context(), "orders")
	require.Equal(t, relayqueue.Open, r.queue.status.State, "the first success lets everything go")
	require.Empty(t, r.warnings)
}

// A person may let an endpoint go that is still away.
func TestBreakerSlowsAnEndpointDownAgain(t *testing.T) {
	t.Parallel()
	r := newRig()
	r.fail(t, 5)
	r.clock = r.clock.Add(time.Hour)
	require.NoError(t, r.queue.Resume(t.Context(), "orders", "it should be back"))
	r.fail(t, 4)
	require.Equal(t, relayqueue.Open, r.queue.status.State)
	require.Equal(t, 1, r.queue.asked)
	r.fail(t, 5)
	require.Equal(t, relayqueue.Probing, r.queue.status.State)
	require.Equal(t, 2, r.queue.asked)
	require.NoError(t, r.queue.Resume(t.Context(), "orders", "it should be back"))
	r.clock = r.clock.Add(10*time.Second - 1)
	r.fail(t, 100)
	require.Equal(t, 2, r.queue.asked, "it looks every ten seconds only")
	r.clock = r.clock.Add(1)
	r.fail(t, 1)
	require.Equal(t, relayqueue.Probing, r.queue.status.State)
	r.clock = r.clock.Add(time.Hour)
	r.queue.status = relayqueue.Status{State: relayqueue.Paused, Reason: "maintenance", By: "jane"}
	r.fail(t, 5)
	require.Equal(t, relayqueue.Paused, r.queue.status.State)
	require.Equal(t, 4, r.queue.asked)
}

func TestBreakerOneResourceAloneIsNotTheEndpoint(t *testing.T) {
	t.Parallel()
	r := newRig()
	for range 100 {
		r.Failed(t.Context(), "orders", "1")
	}
	require.Equal(t, relayqueue.Open, r.queue.status.State)
}

func TestBreakerLeavesWhatAPersonHasPaused(t *testing.T) {
	t.Parallel()
	r := newRig()
	r.queue.status = relayqueue.Status{State: relayqueue.Paused, Reason: "maintenance", By: "jane"}
	r.fail(t, 5)
	require.Equal(t, "maintenance", r.queue.status.Reason)
	r.Succeeded(t.Context(), "orders")
	require.Equal(t, relayqueue.Paused, r.queue.status.State)
}

func TestBreakerTakesBackWhatAnotherWorkerHasDone(t *testing.T) {
	t.Parallel()
	r := newRig()
	r.Succeeded(t.Context(), "orders")
	r.queue.status = relayqueue.Status{State: relayqueue.Probing}
	r.Succeeded(t.Context(), "orders")
	require.Equal(t, relayqueue.Probing, r.queue.status.State, "it looks every ten seconds only")
	r.clock = r.clock.Add(10 * time.Second)
	r.Succeeded(t.Context(), "orders")
	require.Equal(t, relayqueue.Open, r.queue.status.State)
	require.Equal(t, 2, r.queue.asked, "a worker that delivers thousands of events asks once in ten seconds")
}

func TestBreakerTriesAgainIfTemporalDoesNotAnswer(t *testing.T) {
	t.Parallel()
	r := newRig()
	r.queue.err = errors.New("away")
	r.fail(t, 5)
	require.Len(t, r.warnings, 1)
	r.queue.err = nil
	r.fail(t, 5)
	require.Equal(t, relayqueue.Probing, r.queue.status.State)
}

func TestBreakerStops(t *testing.T) {
	t.Parallel()
	r := newRig()
	require.NoError(t, r.Stop(t.Context(), "orders", "gone"))
	require.Equal(t, relayqueue.Status{State: relayqueue.Paused, Reason: "gone"}, r.queue.status)
	r.queue.status.State = relayqueue.Probing
	require.NoError(t, r.Stop(t.Context(), "orders", "gone again"))
	require.Equal(t, relayqueue.Status{State: relayqueue.Paused, Reason: "gone again"}, r.queue.status)
}

// An attempt that was under way when a person paused the endpoint does not change whose pause it is.
func TestBreakerStopsNothingThatAPersonHasPaused(t *testing.T) {
	t.Parallel()
	r := newRig()
	paused := relayqueue.Status{State: relayqueue.Paused, Reason: "maintenance", By: "jane"}
	r.queue.status = paused
	require.NoError(t, r.Stop(t.Context(), "orders", "gone"))
	require.Equal(t, paused, r.queue.status)
	r.queue.err = errors.New("away")
	require.ErrorIs(t, r.Stop(t.Context(), "orders", "gone"), r.queue.err)
	require.Equal(t, paused, r.queue.status)
}
