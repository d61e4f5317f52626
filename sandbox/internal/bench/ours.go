package bench

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/workflows"
)

const (
	// Orders of a warm-up were updated so long ago that the next poll does not read them again. The measured orders were
	// updated within the overlap, so that all polls of a round read them again.
	overlap   = time.Hour
	longAgo   = 2 * time.Hour
	latelyAgo = 10 * time.Minute
)

// ours is a rig that implements contender.
type ours struct {
	*Rig
	// last is the number of orders in the latest intake.
	last int
}

func (p *Programs) openOurs(ctx context.Context, workers int) (contender, error) {
	r, err := p.OpenRig(ctx, RigOptions{
		Workers: workers, Configure: func(c *config.Config) { c.Poll.Overlap = overlap },
	})
	if err != nil {
		return nil, err
	}
	return &ours{Rig: r}, nil
}

// warm implements contender. No orders are taken in before it.
func (o *ours) warm(ctx context.Context, n int) error {
	if _, err := o.takeUpdated(ctx, n, longAgo); err != nil {
		return err
	}
	return o.settle(ctx)
}

// take implements contender. It is called once.
func (o *ours) take(ctx context.Context, n int) (intake, error) {
	return o.takeUpdated(ctx, n, latelyAgo)
}

// takeUpdated takes in orders that were last updated the given time ago.
func (o *ours) takeUpdated(ctx context.Context, n int, ago time.Duration) (intake, error) {
	ids := o.Place(n, time.Now().Add(-ago))
	o.last = n
	poll, err := o.Poll(ctx)
	if err != nil {
		return intake{}, err
	}
	if err := o.AwaitCards(ctx, o.placed); err != nil {
		return intake{}, err
	}
	issued, err := o.Issued(ids)
	if err != nil {
		return intake{}, err
	}
	out := intake{parent: run{poll.WorkflowID, poll.RunID}, issued: make(map[string]time.Time, n)}
	for id, at := range issued {
		out.issued[workflows.GiftCardOrderID(o.Config.Shopify.Shop, strconv.FormatInt(id, 10))] = at
	}
	return out, nil
}

// again implements contender. It polls as many times as the default poll interval fits into the default overlap.
func (o *ours) again(ctx context.Context) ([]run, error) {
	usual := config.Default().Poll
	var out []run
	for range usual.Overlap / usual.Interval {
		poll, err := o.Poll(ctx)
		if err != nil {
			return nil, err
		}
		result, err := o.Await(ctx, poll)
		if err != nil {
			return nil, err
		}
		if result.Seen != o.last || result.Started != 0 {
			return nil, fmt.Errorf("the next poll saw %d orders and started %d, want %d and 0",
				result.Seen, result.Started, o.last)
		}
		out = append(out, run{poll.WorkflowID, poll.RunID})
	}
	return out, nil
}

func (o *ours) settle(ctx context.Context) error { return o.Settle(ctx) }
func (o *ours) temporal() *Server                { return o.Server }
func (o *ours) workers() []*Process              { return o.Workers }
func (o *ours) orderType() string                { return workflows.GiftCardOrderType }
func (o *ours) close()                           { o.Close() }
