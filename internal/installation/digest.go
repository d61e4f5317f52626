package installation

import (
	"context"
	"time"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/workflows"
)

// Digest is a digest that was started on request.
type Digest struct {
	executions.ScheduledRun
}

// Wait waits for the digest and returns its result.
func (d *Digest) Wait(ctx context.Context) (workflows.DailyDigestResult, error) {
	var out workflows.DailyDigestResult
	return out, executions.Explain(ctx, d.Run.Get(ctx, &out))
}

// DigestSince returns the start of the period that a digest at the given time would cover.
func (o *Installation) DigestSince(ctx context.Context, now time.Time) (time.Time, error) {
	var last workflows.DailyDigestResult
	err := o.LastResult(ctx, workflows.DigestScheduleID, &last)
	return workflows.DigestSince(now, last), err
}

// DigestNow triggers the digest's schedule. The digest starts at once, or right after one that is running.
func (o *Installation) DigestNow(ctx context.Context) (*Digest, error) {
	run, err := o.trigger(ctx, workflows.DigestScheduleID)
	return &Digest{run}, err
}
