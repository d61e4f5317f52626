package activities_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/intake/skus"
)

// watched is a shop and Temporal that answer once they have had a heartbeat.
type watched struct {
	once sync.Once
	beat chan struct{}
}

func (w *watched) Beat(_ context.Context, taskToken []byte, _ ...any) error {
	if len(taskToken) == 0 {
		return errors.New("no task token")
	}
	w.once.Do(func() { close(w.beat) })
	return nil
}

func (w *watched) Variants(context.Context, string) (skus.Variants, error) {
	<-w.beat
	return skus.Variants{}, nil
}

func (w *watched) Subscriptions(context.Context, string) (intake.Subscriptions, error) {
	<-w.beat
	return intake.Subscriptions{Right: 9}, nil
}

func (w *watched) Repair(context.Context, string) ([]string, error) {
	<-w.beat
	return []string{"orders/paid"}, nil
}

func (w *watched) PollGap(context.Context, time.Time, time.Time) (string, error) {
	<-w.beat
	return "poll", nil
}

// Each activity of the watch sends heartbeats, so that the loss of its worker is noticed soon.
func TestWatchBeats(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]any{
		"LookAtSubscriptions": activities.LookAtSubscriptionsInput{},
		"RepairSubscriptions": activities.RepairSubscriptionsInput{},
		"PollGap":             activities.PollGapInput{},
		"CheckProducts":       activities.CheckProductsInput{SKUs: []string{"GIFT"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &watched{beat: make(chan struct{})}
			logger := &logs{}
			env := newEnv(logger, &activities.Watch{Shop: w, Temporal: w})
			_, err := execute[map[string]any](t, env, name, in)
			require.NoError(t, err)
		})
	}
}
