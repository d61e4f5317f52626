package delivery

import (
	"context"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
)

// beatEvery is how often an attempt tells Temporal that its worker is alive. The mail server may take minutes to answer.
const beatEvery = 10 * time.Second

// sent is what a heartbeat records once the mail server has taken the mail.
type sent struct {
	SentAt time.Time `json:"sent_at"`
}

// sentByEarlierAttempt returns when an earlier attempt sent the mail; zero if none is known to have done so.
func sentByEarlierAttempt(ctx context.Context) time.Time {
	var note sent
	if activity.HasHeartbeatDetails(ctx) && activity.GetHeartbeatDetails(ctx, &note) == nil {
		return note.SentAt
	}
	return time.Time{}
}

// alive sends heartbeats until stop is called, which may be repeated.
func alive(ctx context.Context) (stop func()) {
	end, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		again := time.NewTicker(beatEvery)
		defer again.Stop()
		for {
			select {
			case <-end:
				return
			case <-ctx.Done():
				return
			case <-again.C:
				activity.RecordHeartbeat(ctx, sent{})
			}
		}
	}()
	return sync.OnceFunc(func() {
		close(end)
		<-done
	})
}
