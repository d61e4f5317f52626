package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
)

// beatEvery is how often an activity that may take minutes sends a heartbeat. Workflows allow several times as long
// before they consider its worker dead.
const beatEvery = 10 * time.Second

// Beater sends heartbeats past the SDK, which throttles its own.
type Beater interface {
	// Beat sends an activity's heartbeat and stores details for its next attempt. It returns once Temporal has stored
	// them.
	Beat(ctx context.Context, taskToken []byte, details ...any) error
}

// Alive sends a heartbeat to Temporal at once and then at regular intervals, until stop is called, which may be repeated.
// It bypasses the SDK's own heartbeats, which are throttled: an older heartbeat must not arrive after the one that records
// that a mail was sent. None is on its way once stop has returned. A failed heartbeat is made up for by the next one.
func Alive(ctx context.Context, b Beater) (stop func()) {
	token := activity.GetInfo(ctx).TaskToken
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		again := time.NewTicker(beatEvery)
		defer again.Stop()
		for {
			_ = b.Beat(ctx, token)
			select {
			case <-ctx.Done():
				return
			case <-again.C:
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}
