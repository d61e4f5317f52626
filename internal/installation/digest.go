package installation

import (
	"context"
	"time"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/workflows"
)

// Digest is a digest that was asked for.
type Digest struct {
	executions.ScheduledRun
}

// Wait returns the digest's account when it is done.
func (d *Digest) Wait(ctx context.Context) (workflows.DailyDigestResult, error) {
	var out workflows.DailyDigestResult
	return out, executions.Explain(ctx, d.Run.Get(ctx, &out))
}

// DigestSince returns how far a digest at this moment would look back.
func (o *Installation) DigestSince(ctx context.Context, now time.Time) (time.Time, error) {
	var last workflows.DailyDigestResult
	err := o.LastResult(ctx, workflows.DigestScheduleID, &last)
	return workflows.DigestSince(now, last), err
}

// DigestNow makes the schedule send a digest at once, or right after the one that is under way.
func (o *Installation) DigestNow(ctx context.Context) (*Digest, error) {
	run, err := o.trigger(ctx, workflows.DigestScheduleID)
	return &Digest{run}, err
}
