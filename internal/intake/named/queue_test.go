package named_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/intake/named"
	"github.com/giftbridge/giftbridge/internal/webhook"
)

var _ webhook.Consumer = (*named.Queue)(nil)

// looks records the orders that it is asked to look at.
type looks struct {
	asked [][]string
	lost  int
	fails func(ctx context.Context) error
}

func (l *looks) queue() *named.Queue {
	return named.New(named.Options{
		Topics: []string{"topic"}, Max: 1000, AtOnce: 250,
		Look: func(ctx context.Context, numbers []string) error {
			l.asked = append(l.asked, numbers)
			if l.fails == nil {
				return nil
			}
			return l.fails(ctx)
		},
		Lost: func(orders int, _ error) { l.lost += orders },
	})
}

func take(t *testing.T, q *named.Queue, orders int) {
	t.Helper()
	for n := range orders {
		require.Equal(t, webhook.Queued, q.Take(webhook.Notice{Order: strconv.Itoa(n)}))
	}
}

// What waits is looked at together, each order once.
func TestDrain(t *testing.T) {
	t.Parallel()
	l := &looks{}
	q := l.queue()
	require.Equal(t, []string{"topic"}, q.Topics())
	require.Equal(t, webhook.Ignored, q.Take(webhook.Notice{Product: "7"}))
	take(t, q, 600)
	take(t, q, 600)
	require.Zero(t, q.Drain(t.Context()))
	require.Len(t, l.asked, 3)
	all := slices.Concat(l.asked...)
	require.Len(t, all, 600)
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(all))), 600)
	require.Equal(t, webhook.Full, q.Take(webhook.Notice{Order: "9999"}), "it is closed")
}

// A drain does not ask again and again for what is away.
func TestDrainGivesUp(t *testing.T) {
	t.Parallel()
	l := &looks{fails: func(context.Context) error { return errors.New("away") }}
	q := l.queue()
	take(t, q, 600)
	require.Equal(t, 600, q.Drain(t.Context()))
	require.Len(t, l.asked, 1)
	require.Equal(t, 250, l.lost)
}

// An order that could not be looked at is lost, and the others go on. It is looked at again once it is named again.
func TestRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &looks{fails: func(context.Context) error { return errors.New("away") }}
		q := l.queue()
		ctx, cancel := context.WithCancel(t.Context())
		go q.Run(ctx)
		take(t, q, 1)
		synctest.Wait()
		require.Equal(t, 1, l.lost)
		l.fails = nil
		take(t, q, 2)
		synctest.Wait()
		require.Equal(t, 1, l.lost)
		require.ElementsMatch(t, []string{"0", "0", "1"}, slices.Concat(l.asked...))
		cancel()
		synctest.Wait()
		require.Zero(t, q.Drain(t.Context()))
	})
}

// A process that stops cuts off a look, whose orders the drain looks at.
func TestDrainTakesUpWhatRunWasDoing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &looks{fails: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
		q := l.queue()
		ctx, cancel := context.WithCancel(t.Context())
		go q.Run(ctx)
		take(t, q, 1)
		synctest.Wait()
		take(t, q, 3)
		cancel()
		synctest.Wait()
		require.Zero(t, l.lost)
		l.fails = nil
		require.Zero(t, q.Drain(t.Context()))
		require.Equal(t, [][]string{{"0"}, {"0", "1", "2"}}, l.asked)
	})
}

// The queue is bounded.
func TestFull(t *testing.T) {
	t.Parallel()
	q := (&looks{}).queue()
	outcomes := map[webhook.Outcome]int{}
	for n := range 1500 {
		outcomes[q.Take(webhook.Notice{Order: strconv.Itoa(n)})]++
	}
	require.Equal(t, map[webhook.Outcome]int{webhook.Queued: 1000, webhook.Full: 500}, outcomes)
}
