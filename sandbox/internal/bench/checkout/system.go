package checkout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/rig"
)

// queue is how long the issuer's queue takes: little, so that a difference shows.
const queue = 20 * time.Millisecond

// system is the real system, and beside it a bare worker on the same server, which spends cards of the same issuer.
type system struct {
	*rig.Installation

	bare *rig.Process
	// starter asks the bare worker; it is a client of the same kind as the receiver's.
	starter client.Client
	// purchases is the number of purchases so far.
	purchases int
}

func (p *Programs) open(ctx context.Context) (_ *system, err error) {
	s := &system{}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	s.Installation, err = p.rig.Install(ctx, rig.InstallationOptions{
		Worker: p.rig.Path(workerProgram), Receiver: p.rig.Path(receiverProgram), Checkout: true,
		Shopify:     shopifytest.Options{BucketSize: 1e6, RestoreRate: 1e5},
		FourWayShop: &fourwayshoptest.Options{Takes: queue},
	})
	if err != nil {
		return nil, err
	}
	account := s.Config.FourWayShop
	s.bare, _, err = p.rig.StartFloor(ctx, "floor", "--temporal", s.Options.HostPort, "--namespace", s.Options.Namespace,
		"--shop", account.BaseURL, "--shop-username", account.Username, "--shop-password", account.Password.Reveal(),
		"--shop-entity", account.EntityCode)
	if err != nil {
		return nil, err
	}
	connection := s.Options
	app.Uncompress(&connection)
	if s.starter, err = client.DialContext(ctx, connection); err != nil {
		return nil, fmt.Errorf("connect to Temporal: %w", err)
	}
	return s, nil
}

// gone returns an error if a process has ended.
func (s *system) gone() error { return errors.Join(s.Gone(), s.bare.Gone()) }

func (s *system) close() {
	if s.starter != nil {
		s.starter.Close()
	}
	if s.bare != nil {
		s.bare.Stop()
	}
	if s.Installation != nil {
		s.Close()
	}
}
