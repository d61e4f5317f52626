package reporting

import (
	"context"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/workflows"
)

// addPause adds the pause during which no new orders are taken in.
func (r *reporter) addPause(ctx context.Context) error {
	poll, err := installation.New(r.Settings).Schedule(ctx, workflows.PollScheduleID, nil)
	if err != nil || !poll.Paused {
		return err
	}
	p := installation.PauseOf(poll.Note)
	r.Paused = &digest.Pause{Reason: p.Reason, By: p.By, At: p.At, Until: p.Until}
	return nil
}
