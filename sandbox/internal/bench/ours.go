package bench

import (
	"context"
	"time"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/rig"
)

const (
	// Orders of a warm-up were updated so long ago that the next poll does not read them again. The measured orders were
	// updated within the overlap.
	longAgo   = 2 * rig.Overlap
	latelyAgo = 10 * time.Minute
)

// ours is the real system; it implements contender.
type ours struct{ *rig.Installation }

// openOurs starts the system and returns it when its worker polls. The services answer at once, and their quotas are out
// of reach.
func (p *Programs) openOurs(ctx context.Context, worker string) (contender, error) {
	o, err := p.rig.Install(ctx, rig.InstallationOptions{
		Worker: worker, Shopify: shopifytest.Options{BucketSize: 1e6, RestoreRate: 1e5},
	})
	if err != nil {
		return nil, err
	}
	return ours{o}, nil
}

// take implements contender.
func (o ours) take(ctx context.Context, n int, counts bool) (intake, error) {
	ago := longAgo
	if counts {
		ago = latelyAgo
	}
	before := o.Placed()
	o.Place(n, time.Now().Add(-ago))
	poll, err := o.Operator.PollNow(ctx)
	if err != nil {
		return intake{}, err
	}
	cards, err := o.AwaitCards(ctx, awaitEvery, before)
	if err != nil {
		return intake{}, err
	}
	out := intake{workflowID: poll.WorkflowID, runID: poll.RunID}
	for _, c := range cards {
		out.issued = append(out.issued, c.Created)
	}
	return out, nil
}

// settle implements contender.
func (o ours) settle(ctx context.Context) error { return o.Settle(ctx) }

func (o ours) temporal() *rig.Server { return o.Server }
func (o ours) worker() *rig.Process  { return o.Worker }
func (o ours) close()                { o.Close() }
