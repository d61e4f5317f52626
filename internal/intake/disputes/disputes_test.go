package disputes_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/intake/disputes"
	"github.com/giftbridge/giftbridge/internal/webhook"
)

var _ webhook.Consumer = (*disputes.Queue)(nil)

// Each order that a notice names is recorded, also after one that could not be. A notice without an order means nothing.
func TestQueue(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	recorded, failed := make(chan string), make(chan string, 1)
	q := disputes.New(func(_ context.Context, order string) error {
		if order == "1" {
			return errors.New("away")
		}
		recorded <- order
		return nil
	}, func(order string, _ error) { failed <- order })
	require.Equal(t, []string{"disputes/create"}, q.Topics())
	require.Equal(t, webhook.Ignored, q.Take(webhook.Notice{}))
	for _, order := range []string{"1", "2"} {
		require.Equal(t, webhook.Queued, q.Take(webhook.Notice{Order: order}))
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		q.Run(ctx)
	}()
	require.Equal(t, "2", <-recorded)
	require.Equal(t, "1", <-failed)
	cancel()
	<-ended
}

// A queue that nobody empties takes a bounded number of notices, and never waits.
func TestFullQueue(t *testing.T) {
	t.Parallel()
	q := disputes.New(nil, nil)
	n := 0
	for q.Take(webhook.Notice{Order: "1"}) == webhook.Queued {
		n++
	}
	require.Equal(t, 256, n)
	require.Equal(t, webhook.Full, q.Take(webhook.Notice{Order: "1"}))
}
