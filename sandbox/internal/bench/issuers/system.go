package issuers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/rig"
)

const (
	// cardTakes is how long the issuer that answers at once takes for a card, and the last activity of a bare workflow.
	cardTakes = 20 * time.Millisecond
	// singleQueue is how long the queue of the issuer that answers later takes for the jobs of an order that is alone, and
	// burstQueue for those of many orders. A pair's queue takes as long.
	singleQueue = 20 * time.Millisecond
	burstQueue  = 3 * time.Second
	// slots is the number of activities that a worker runs at once: fewer than the orders of a burst.
	slots = 100
	// warmUp is the number of orders before others that do not count.
	warmUp = 5
)

// system is the real system, and beside it a bare worker on the same server.
type system struct {
	*rig.Installation

	bare *rig.Process
	// singles and pairs are the numbers of bare workflows so far.
	singles, pairs int
	// atOnce and later are the workflows of the orders whose costs are counted, by issuer, and cards those of the cards that
	// were made later.
	atOnce, later, cards []string
}

func (p *Programs) open(ctx context.Context) (_ *system, err error) {
	s := &system{}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	s.Installation, err = p.rig.Install(ctx, rig.InstallationOptions{
		Receiver: p.rig.Path(receiverProgram), ActivitySlots: slots,
		Shopify:     shopifytest.Options{BucketSize: 1e6, RestoreRate: 1e5},
		CashStar:    cashstartest.Options{Latency: cardTakes},
		FourWayShop: &fourwayshoptest.Options{Takes: singleQueue},
	})
	if err != nil {
		return nil, err
	}
	s.bare, _, err = p.rig.StartFloor(ctx, "floor", "--temporal", s.Options.HostPort, "--namespace", s.Options.Namespace,
		"--takes", cardTakes.String(), "--slots", fmt.Sprint(slots))
	return s, err
}

// gone returns an error if a process has ended.
func (s *system) gone() error { return errors.Join(s.Gone(), s.bare.Gone()) }

func (s *system) close() {
	if s.bare != nil {
		s.bare.Stop()
	}
	if s.Installation != nil {
		s.Close()
	}
}
