package receive

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/rig"
)

// cardTakes is how long the issuer takes for a card, and the activity of a bare workflow for nothing: little, so that a
// difference shows.
const cardTakes = 20 * time.Millisecond

// system is the real system, and beside it a bare worker on the same server and a bare handler.
type system struct {
	*rig.Installation
	*sender

	bare, handler         *rig.Process
	bareAddr, handlerAddr string
	// starter starts bare workflows; it is a client of the same kind as the receiver's.
	starter client.Client
	started int
	// shopBusy is how long the shop has taken to be read, in nanoseconds.
	shopBusy atomic.Int64
	// cards receives when the issuer has answered a request for a card.
	cards chan time.Time
}

// open starts a system. With receives, orders come to a receiver; otherwise polls alone find them.
func (p *Programs) open(
	ctx context.Context, server rig.ServerOptions, shop shopifytest.Options, receives bool,
) (*system, error) {
	s := &system{cards: make(chan time.Time, 1)}
	options := rig.InstallationOptions{
		Worker: p.rig.Path(workerProgram), Shopify: shop, CashStar: cashstartest.Options{Latency: cardTakes},
		Server: server, AroundShop: s.aroundShop, AroundIssuer: s.aroundIssuer,
	}
	if receives {
		options.Receiver = p.rig.Path(receiverProgram)
	}
	var err error
	if s.Installation, err = p.rig.Install(ctx, options); err != nil {
		return nil, err
	}
	if receives {
		s.sender = newSender(s.Config.Shopify.Shop, s.Config.Receiver.WebhookSecrets[0].Reveal())
	}
	return s, nil
}

// openBeside starts a system whose shop has no quota to speak of, and the bare programs beside it.
func (p *Programs) openBeside(ctx context.Context, server rig.ServerOptions) (*system, error) {
	s, err := p.open(ctx, server, shopifytest.Options{BucketSize: 1e6, RestoreRate: 1e5}, true)
	if err != nil {
		return nil, err
	}
	if err := p.besides(ctx, s); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// besides starts the bare worker and the bare handler.
func (p *Programs) besides(ctx context.Context, s *system) (err error) {
	s.bare, s.bareAddr, err = p.rig.StartFloor(ctx, "floor", "--temporal", s.Options.HostPort, "--namespace", s.Options.Namespace,
		"--takes", cardTakes.String())
	if err != nil {
		return err
	}
	s.handler, s.handlerAddr, err = p.rig.StartFloor(ctx, "handler", "handler", "--secret", s.secret)
	if err != nil {
		return err
	}
	connection := s.Options
	app.Uncompress(&connection)
	if s.starter, err = client.DialContext(ctx, connection); err != nil {
		return fmt.Errorf("connect to Temporal: %w", err)
	}
	return nil
}

// aroundShop measures how long the shop takes.
func (s *system) aroundShop(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		next.ServeHTTP(w, r)
		s.shopBusy.Add(int64(time.Since(began)))
	})
}

// aroundIssuer tells when a request for a card has been answered.
func (s *system) aroundIssuer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		if r.Method == http.MethodPost {
			select {
			case s.cards <- time.Now():
			default: // No one waits for it.
			}
		}
	})
}

// leave takes Temporal away, and everything that needs it but the receiver.
func (s *system) leave() {
	s.starter.Close()
	s.starter = nil
	s.bare.Stop()
	s.Worker.Stop()
	s.Stop() // Temporal.
}

func (s *system) close() {
	if s.starter != nil {
		s.starter.Close()
	}
	for _, p := range []*rig.Process{s.bare, s.handler} {
		if p != nil {
			p.Stop()
		}
	}
	s.Close()
}
