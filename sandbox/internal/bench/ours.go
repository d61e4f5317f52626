package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/ops"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/child"
	"github.com/giftbridge/giftbridge/sandbox/internal/rig"
	"github.com/giftbridge/giftbridge/sandbox/internal/site"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/workflows"
)

// benchSite is the installation that is measured.
var benchSite = site.Site{Name: "bench", AuditPrefix: "BENCH"}

const (
	// Orders of a warm-up were updated so long ago that the next poll does not read them again. The measured orders were
	// updated within the overlap.
	overlap   = time.Hour
	longAgo   = 2 * time.Hour
	latelyAgo = 10 * time.Minute
)

// ours is the real system; it implements contender. Temporal and the worker run in processes of their own, the services
// in this one.
type ours struct {
	*rig.Server
	process  *rig.Process
	shop     *shopifytest.Server
	issuer   *cashstartest.Server
	operator *operator.Operator
	services []*http.Server
	orders   scenario.Generator
	placed   int
}

// openOurs starts the system and returns it when its worker polls. The services answer at once, and their quotas are out
// of reach.
func (p *Programs) openOurs(ctx context.Context, worker string) (_ *ours, err error) {
	o := &ours{orders: scenario.Generator{Random: rand.New(rand.NewPCG(1, 1))}}
	defer func() {
		if err != nil {
			o.close()
		}
	}()
	o.shop = benchSite.NewShop(shopifytest.Options{BucketSize: 1e6, RestoreRate: 1e5})
	o.issuer = benchSite.NewIssuer(cashstartest.Options{Merchants: scenario.Merchants()})
	var at site.Services
	if at.Shop, err = o.serve(ctx, o.shop); err != nil {
		return nil, err
	}
	if at.Issuer, err = o.serve(ctx, o.issuer); err != nil {
		return nil, err
	}
	cfg := configuration(at)
	if o.Server, err = p.rig.OpenServer(ctx); err != nil {
		return nil, err
	}
	if o.operator, err = app.NewOperator(ctx, o.Options, cfg, zerolog.Nop()); err != nil {
		return nil, err
	}
	if _, err := o.operator.EnsureSchedules(ctx, settings.Ensure{Yes: true}); err != nil {
		return nil, err
	}
	port, err := site.FreePort(ctx)
	if err != nil {
		return nil, err
	}
	cfg.Metrics.Addr = site.Loopback(port)
	o.process, err = p.rig.Start(ctx, child.Program{
		Name: workerProgram, Path: worker, Env: site.Environ(cfg, o.Options.HostPort, o.Options.Namespace),
		Signal: syscall.SIGTERM,
	}, rig.Answers(cfg.Metrics.Addr))
	return o, err
}

// configuration is as close to production as can be measured: encryption on, logs written, metrics served. Only take
// starts a poll.
func configuration(at site.Services) config.Config {
	c := benchSite.Config(at)
	c.Orders.CreatedAtMin = c.Orders.CreatedAtMin.AddDate(0, 0, -1)
	c.Poll.Interval, c.Poll.Overlap, c.Poll.SettleDelay = 7*24*time.Hour, overlap, 0
	c.Log.Format = ops.FormatJSON
	c.Payload.BindNamespace = false // Another release may not be able to read what is bound.
	return c
}

func (o *ours) serve(ctx context.Context, h http.Handler) (string, error) {
	l, err := site.Listen(ctx, 0)
	if err != nil {
		return "", err
	}
	o.services = append(o.services, site.Serve(l, h, func(error) {}))
	return site.URL(l), nil
}

// place places one-unit orders that are paid and were last updated at the given time. The issuer knows the buyers.
func (o *ours) place(n int, at time.Time) {
	for range n {
		o.placed++
		order, _ := o.orders.New(scenario.Single, o.placed)
		order.CreatedAt, order.UpdatedAt = at, at
		o.shop.AddOrder(order)
	}
}

// take implements contender.
func (o *ours) take(ctx context.Context, n int, counts bool) (intake, error) {
	ago := longAgo
	if counts {
		ago = latelyAgo
	}
	before := o.placed
	o.place(n, time.Now().Add(-ago))
	poll, err := o.operator.PollNow(ctx)
	if err != nil {
		return intake{}, err
	}
	err = rig.Until(ctx, awaitEvery, func() (bool, error) {
		return o.issuer.Stats().Requests[cashstartest.CreateOrder][http.StatusOK] >= o.placed, o.gone()
	})
	if err != nil {
		return intake{}, err
	}
	out := intake{workflowID: poll.WorkflowID, runID: poll.RunID}
	targets := map[string]bool{}
	for i, c := range o.issuer.Cards() {
		targets[c.Target] = true
		if i >= before {
			out.issued = append(out.issued, c.Created)
		}
	}
	if len(out.issued) != n || len(targets) != o.placed {
		return intake{}, fmt.Errorf("%d cards for %d of %d orders", before+len(out.issued), len(targets), o.placed)
	}
	return out, nil
}

// gone returns an error if Temporal or the worker has ended.
func (o *ours) gone() error { return errors.Join(o.Gone(), o.process.Gone()) }

// settle implements contender.
func (o *ours) settle(ctx context.Context) error {
	return o.Server.Settle(ctx, workflows.GiftCardOrderType, o.placed, o.gone)
}

func (o *ours) temporal() *rig.Server { return o.Server }
func (o *ours) worker() *rig.Process  { return o.process }

func (o *ours) close() {
	if o.process != nil {
		o.process.Stop()
	}
	if o.operator != nil {
		o.operator.Close()
	}
	if o.Server != nil {
		o.Server.Close()
	}
	for _, s := range o.services {
		_ = s.Close()
	}
}
