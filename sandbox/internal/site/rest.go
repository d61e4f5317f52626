package site

import (
	"context"
	"fmt"
	"time"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/health"
)

// lookEvery is the interval at which AwaitRest checks the status.
const lookEvery = 250 * time.Millisecond

// Statuses tells where a system stands.
type Statuses interface {
	Status(ctx context.Context) (*health.Status, error)
}

// AwaitRest waits until polls have seen everything up to due, no order is running, and one more poll has read the
// overlap again. If progress is not nil, AwaitRest calls it with each status. A Temporal server that is too busy to answer
// is asked again.
func AwaitRest(ctx context.Context, of Statuses, due time.Time, progress func(*health.Status)) error {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	var quiet time.Time
	for {
		status, err := of.Status(ctx)
		busy := executions.IsBusy(err)
		if err != nil && !busy {
			return err
		}
		if busy {
			status = &health.Status{} // Nothing is known this time.
		} else if progress != nil {
			progress(status)
		}
		running := status.Orders[executions.Running]
		switch {
		case status.Watermark.Before(due) || running > 0:
			quiet = time.Time{}
		case quiet.IsZero():
			quiet = status.Watermark
		case status.Watermark.After(quiet):
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not settled: watermark %s, %d orders running: %w",
				status.Watermark.Format(time.RFC3339), running, context.Cause(ctx))
		case <-look.C:
		}
	}
}
