package intake_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
)

// shop is a shop that takes a second to answer.
type shop struct {
	intake.Source
	mu       sync.Mutex
	payments map[string]string
	reads    int
	away     bool
}

func (s *shop) ReadAll(_ context.Context, numbers []string) (map[string]intake.Lookup, error) {
	<-time.After(time.Second)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	if s.away {
		return nil, giftcard.Errorf(giftcard.Unavailable, "no answer")
	}
	out := map[string]intake.Lookup{}
	for _, number := range numbers {
		if payment, ok := s.payments[number]; ok {
			order := giftcard.Order{ID: number}
			out[number] = intake.Lookup{Order: &intake.Order{Candidate: giftcard.Candidate{Order: order}, Payment: payment}}
		} else if number != "43" {
			out[number] = intake.Lookup{Err: errors.Join(intake.ErrNotFound, errors.New(number))}
		}
	}
	return out, nil
}

// pay sets the payment of an order.
func (s *shop) pay(number, payment string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.payments[number] = payment
}

// times returns how often orders were read.
func (s *shop) times() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads
}

// An order is read once in five minutes, however many of its cards ask, and whether or not the order exists.
func TestReader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shop{payments: map[string]string{"1": "PAID"}}
		reader := intake.NewReader(s, 0)
		require.Equal(t, intake.GoodFor, reader.Believed())
		ask := func(number string) *intake.Order {
			t.Helper()
			order, err := reader.Get(t.Context(), number)
			require.NoError(t, err)
			return order
		}
		require.Equal(t, "PAID", ask("1").Payment)
		require.Equal(t, 1, s.times())

		s.pay("1", "REFUNDED")
		<-time.After(intake.GoodFor - 2*time.Second)
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				_, err := reader.Get(t.Context(), "1")
				require.NoError(t, err)
			})
		}
		all.Wait()
		require.Equal(t, 1, s.times())
		<-time.After(time.Second)
		require.Equal(t, "REFUNDED", ask("1").Payment)
		require.Equal(t, 2, s.times())

		require.Nil(t, ask("42"))
		require.Nil(t, ask("42"))
		require.Equal(t, 3, s.times())
		_, err := reader.Get(t.Context(), "43")
		require.EqualError(t, err, "Shopify returned no result for order 43", "which is not taken for a deleted order")

		// Orders requested while a query is under way are read together.
		for n := range 100 {
			number := strconv.Itoa(1000 + n)
			s.pay(number, "PAID")
			all.Go(func() {
				found, err := reader.Get(t.Context(), number)
				require.NoError(t, err)
				require.Equal(t, number, found.Order.ID)
			})
		}
		all.Wait()
		require.LessOrEqual(t, s.times(), 4+2)

		s.mu.Lock()
		s.away = true
		s.mu.Unlock()
		_, err = reader.Get(t.Context(), "44")
		kind, _ := giftcard.KindOf(err)
		require.Equal(t, giftcard.Unavailable, kind)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = reader.Get(ctx, "45")
		require.ErrorIs(t, err, context.Canceled)
		synctest.Wait()
		<-time.After(time.Minute)
	})
}
