package bench

import (
	"context"
	"strconv"
	"time"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/workflows"
)

const (
	// Orders of a warm-up were updated so long ago that the next poll does not read them again; those of what is
	// measured were updated within the overlap.
	overlap   = time.Hour
	longAgo   = 2 * time.Hour
	latelyAgo = 10 * time.Minute
)

// ours is a rig as a contender.
type ours struct {
	*Rig
	warm bool
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

// take implements contender. It can be called twice: the first orders are the warm-up.
func (o *ours) take(ctx context.Context, n int) (intake, error) {
	ago := longAgo
	if o.warm {
		ago = latelyAgo
	}
	o.warm = true
	ids := o.Place(n, time.Now().Add(-ago))
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
	out := intake{parentID: poll.WorkflowID, parentRunID: poll.RunID, issued: make(map[string]time.Time, n)}
	for id, at := range issued {
		out.issued[workflows.GiftCardOrderID(o.Config.Shopify.Shop, strconv.FormatInt(id, 10))] = at
	}
	return out, nil
}

func (o *ours) settle(ctx context.Context) error { return o.Settle(ctx) }
func (o *ours) temporal() *Server                { return o.Server }
func (o *ours) workers() []*Process              { return o.Workers }
func (o *ours) orderType() string                { return workflows.GiftCardOrderType }
func (o *ours) close()                           { o.Close() }
