package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
)

// beatEvery is how often an activity that may take minutes tells that it is at work. Workflows wait several times as long
// for it before they take its worker for dead.
const beatEvery = 10 * time.Second

// alive tells Temporal that an activity is at work, now and every while, until it is told to stop. It does not go through
// the SDK's own heartbeats, which are held back for a while: an older one must not come after the mark of a mail that was
// sent. A beat that fails is made up for by the next.
func (d *Digest) alive(ctx context.Context) (stop func()) {
	token := activity.GetInfo(ctx).TaskToken
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		again := time.NewTicker(beatEvery)
		defer again.Stop()
		for {
			_ = d.Executions.Beat(ctx, token)
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
