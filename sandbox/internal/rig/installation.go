package rig

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/ops"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/mail/mailtest"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/child"
	"github.com/giftbridge/giftbridge/sandbox/internal/roles"
	"github.com/giftbridge/giftbridge/sandbox/internal/shopper"
	"github.com/giftbridge/giftbridge/sandbox/internal/site"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/workflows"
)

// measuredSite is the installation that is measured.
var measuredSite = site.Site{Name: "bench", AuditPrefix: "BENCH"}

// Overlap is the overlap of the polls: an order that was updated within it is read by each of them.
const Overlap = time.Hour

// InstallationOptions are the options of an installation.
type InstallationOptions struct {
	// Worker is the path of the worker's program, and Receiver that of the receiver's. Without a Receiver, no orders come by
	// webhook.
	Worker, Receiver string
	Shopify          shopifytest.Options
	CashStar         cashstartest.Options
	Server           ServerOptions
	// FourWayShop, if set, adds Four Way Shop (4WS), which makes the cards of [LaterSKU]. It needs a Receiver.
	FourWayShop *fourwayshoptest.Options
	// Checkout adds a shop that spends the cards of Four Way Shop; it needs them.
	Checkout bool
	// Relay, if set, adds an ERP that takes the shop's events. It needs a Receiver.
	Relay *RelayOptions
	// ActivitySlots, if not zero, is the number of activities that the worker runs at once. The worker then is this program
	// in a role, since the one that is deployed has no such setting.
	ActivitySlots int
	// AroundShop and AroundIssuer wrap the simulated services; they may be nil.
	AroundShop, AroundIssuer func(http.Handler) http.Handler
}

// Installation is the real system. Temporal, the worker and the receiver run in processes of their own, the services in
// this one.
type Installation struct {
	*Server

	Config config.Config
	Worker *Process
	// Receiver is nil if no orders come by webhook.
	Receiver *Process
	Shop     *shopifytest.Server
	Issuer   *cashstartest.Server
	// Later is 4WS, whose cards are mailed to mails; both are nil without it.
	Later *fourwayshoptest.Server
	mails *mailtest.Server
	// Buyer is a shop that spends cards; nil without a checkout.
	Buyer *shopper.Client
	// ERP takes the shop's events; nil without one.
	ERP      *relaytest.Server
	Operator *operator.Operator
	services []*http.Server
	orders   scenario.Generator
	placed   int
}

// Install starts the system and returns it when its worker polls and its receiver listens.
func (p *Programs) Install(ctx context.Context, options InstallationOptions) (_ *Installation, err error) {
	o := &Installation{orders: scenario.Generator{Random: rand.New(rand.NewPCG(1, 1))}}
	defer func() {
		if err != nil {
			o.Close()
		}
	}()
	options.CashStar.Merchants = scenario.Merchants()
	o.Shop, o.Issuer = measuredSite.NewShop(options.Shopify), measuredSite.NewIssuer(options.CashStar)
	var at site.Services
	if at.Shop, err = o.serve(ctx, o.Shop, options.AroundShop); err != nil {
		return nil, err
	}
	if at.Issuer, err = o.serve(ctx, o.Issuer, options.AroundIssuer); err != nil {
		return nil, err
	}
	if options.FourWayShop != nil {
		if o.mails, err = mailtest.Start(mailtest.Options{NoTLS: true}); err != nil {
			return nil, err
		}
		at.MailHost, at.MailPort = o.mails.Host(), o.mails.Port()
	}
	o.Config = configuration(at)
	if options.FourWayShop != nil {
		if err := o.addLater(ctx, *options.FourWayShop); err != nil {
			return nil, err
		}
	}
	if options.Receiver != "" {
		port, err := site.FreePort(ctx)
		if err != nil {
			return nil, err
		}
		measuredSite.Receive(&o.Config, port)
	}
	if options.Checkout {
		o.addCheckout()
	}
	if options.Relay != nil {
		if err := o.addRelay(ctx, *options.Relay); err != nil {
			return nil, err
		}
	}
	if o.Server, err = p.OpenServer(ctx, options.Server); err != nil {
		return nil, err
	}
	if err := o.schedule(ctx); err != nil {
		return nil, err
	}
	worker := child.Program{Name: "worker", Path: options.Worker, Signal: syscall.SIGTERM}
	if options.ActivitySlots > 0 {
		if worker, err = roles.Program(roles.Worker, roles.Options{ActivitySlots: options.ActivitySlots}); err != nil {
			return nil, err
		}
	}
	if o.Worker, err = o.run(ctx, p, worker); err != nil {
		return nil, err
	}
	if options.Receiver != "" {
		o.Receiver, err = o.run(ctx, p, child.Program{Name: "receiver", Path: options.Receiver, Signal: syscall.SIGTERM})
	}
	return o, err
}

// configuration is as close to production as can be measured: encryption on, logs written, metrics served. Polls start on
// request alone.
func configuration(at site.Services) config.Config {
	c := measuredSite.Config(at)
	c.Orders.CreatedAtMin = c.Orders.CreatedAtMin.AddDate(0, 0, -1)
	c.Poll.Interval, c.Poll.Overlap, c.Poll.SettleDelay = 7*24*time.Hour, Overlap, 0
	c.Log.Format = ops.FormatJSON
	// Another release may not be able to read what is bound or compressed.
	c.Payload.BindNamespace, c.Payload.Compress = false, false
	return c
}

// schedule makes the schedules, and pauses the one that would look after the shop in the middle of a measurement.
func (o *Installation) schedule(ctx context.Context) error {
	var err error
	if o.Operator, err = app.NewOperator(ctx, o.Options, o.Config, zerolog.Nop()); err != nil {
		return err
	}
	if _, err := o.Operator.EnsureSchedules(ctx, settings.Ensure{Yes: true}); err != nil {
		return err
	}
	watch := o.Client.ScheduleClient().GetHandle(ctx, workflows.WatchScheduleID)
	if err := watch.Pause(ctx, client.SchedulePauseOptions{}); err != nil {
		return fmt.Errorf("pause schedule %s: %w", workflows.WatchScheduleID, err)
	}
	return nil
}

// run starts a program with the configuration.
func (o *Installation) run(ctx context.Context, p *Programs, program child.Program) (*Process, error) {
	port, err := site.FreePort(ctx)
	if err != nil {
		return nil, err
	}
	cfg := o.Config
	cfg.Metrics.Addr = site.Loopback(port)
	program.Env = site.Environ(cfg, o.Options.HostPort, o.Options.Namespace)
	return p.Start(ctx, program, Answers(cfg.Metrics.Addr))
}

func (o *Installation) serve(
	ctx context.Context, h http.Handler, around func(http.Handler) http.Handler,
) (string, error) {
	l, err := site.Listen(ctx, 0)
	if err != nil {
		return "", err
	}
	if around != nil {
		h = around(h)
	}
	o.services = append(o.services, site.Serve(l, h, func(error) {}))
	return site.URL(l), nil
}

// Place places one-unit orders that are paid and were last updated at the given time, and returns them. The issuer knows
// the buyers.
func (o *Installation) Place(n int, at time.Time) []shopifytest.Order {
	return o.place(n, at, func(*shopifytest.Order) {})
}

func (o *Installation) place(n int, at time.Time, change func(*shopifytest.Order)) []shopifytest.Order {
	out := make([]shopifytest.Order, n)
	for i := range out {
		o.placed++
		order, _ := o.orders.New(scenario.Single, o.placed)
		order.CreatedAt, order.UpdatedAt = at, at
		change(&order)
		out[i] = o.Shop.AddOrder(order)
	}
	return out
}

// Placed returns the number of orders so far.
func (o *Installation) Placed() int { return o.placed }

// AwaitCards waits until all orders have their cards, and returns the cards of the orders after the first known ones.
func (o *Installation) AwaitCards(ctx context.Context, every time.Duration, known int) ([]cashstartest.Card, error) {
	err := Until(ctx, every, func() (bool, error) {
		return o.Issuer.Stats().Requests[cashstartest.CreateOrder][http.StatusOK] >= o.placed, o.Gone()
	})
	if err != nil {
		return nil, err
	}
	cards := o.Issuer.Cards()
	targets := map[string]bool{}
	for _, c := range cards {
		targets[c.Target] = true
	}
	if len(cards) != o.placed || len(targets) != o.placed {
		return nil, fmt.Errorf("%d cards for %d of %d orders", len(cards), len(targets), o.placed)
	}
	return cards[known:], nil
}

// Gone returns an error if a process has ended.
func (o *Installation) Gone() error {
	err := errors.Join(o.Server.Gone(), o.Worker.Gone())
	if o.Receiver != nil {
		err = errors.Join(err, o.Receiver.Gone())
	}
	return err
}

// Settle waits until all workflows are done.
func (o *Installation) Settle(ctx context.Context) error {
	return o.Server.Settle(ctx, workflows.GiftCardOrderType, o.placed, o.Gone)
}

// Close stops everything.
func (o *Installation) Close() {
	for _, p := range []*Process{o.Receiver, o.Worker} {
		if p != nil {
			p.Stop()
		}
	}
	if o.Operator != nil {
		o.Operator.Close()
	}
	if o.Server != nil {
		o.Server.Close()
	}
	if o.Later != nil {
		o.Later.Stop()
	}
	if o.mails != nil {
		o.mails.Stop()
	}
	for _, s := range o.services {
		_ = s.Close()
	}
}
