package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/settings"

	"github.com/rs/zerolog"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/ops"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/child"
	"github.com/giftbridge/giftbridge/sandbox/internal/temporalserver"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// The credentials of the simulated services.
const (
	shopDomain     = "bench.myshopify.com"
	shopToken      = "shpat_bench"
	issuerUser     = "bench"
	issuerPassword = "bench-password"
)

// RigOptions configures a rig.
type RigOptions struct {
	// Workers is the initial number of worker processes.
	Workers int
	// Configure changes the workers' configuration. Before that, it consists of production's defaults with encryption on,
	// a poll that only [Rig.Poll] starts, and no settle delay.
	Configure func(*config.Config)
	// Shop and Issuer are the simulators' options. Unless these say otherwise, the simulators have no latency and their
	// quotas are out of reach.
	Shop   shopifytest.Options
	Issuer cashstartest.Options
	// DynamicConfig overrides the Temporal server's dynamic configuration.
	DynamicConfig map[string]any
}

// Rig is the system on a test bench: Temporal and the workers run in processes of their own, the services in this one.
type Rig struct {
	Config   config.Config
	Server   *Server
	Workers  []*Process
	Shop     *shopifytest.Server
	Issuer   *cashstartest.Server
	Operator *operator.Operator

	programs *Programs
	services []*http.Server
	placed   int
}

// OpenRig starts a rig and returns it when its workers are polling. Close stops it.
func (p *Programs) OpenRig(ctx context.Context, o RigOptions) (_ *Rig, err error) {
	r := &Rig{programs: p}
	defer func() {
		if err != nil {
			r.Close()
		}
	}()
	if o.Shop.BucketSize == 0 {
		o.Shop.BucketSize, o.Shop.RestoreRate = 1e6, 1e5
	}
	o.Shop.Domain, o.Shop.AccessToken = shopDomain, shopToken
	o.Issuer.Username, o.Issuer.Password = issuerUser, issuerPassword
	o.Issuer.Merchants = scenario.Merchants()
	r.Shop, r.Issuer = shopifytest.New(o.Shop), cashstartest.New(o.Issuer)
	shopURL, err := r.serve(ctx, r.Shop)
	if err != nil {
		return nil, err
	}
	issuerURL, err := r.serve(ctx, r.Issuer)
	if err != nil {
		return nil, err
	}
	r.Config = configuration(shopURL, issuerURL)
	if o.Configure != nil {
		o.Configure(&r.Config)
	}
	if err := r.Config.Validate(); err != nil {
		return nil, err
	}
	if r.Server, err = p.openServer(ctx, o.DynamicConfig); err != nil {
		return nil, err
	}
	options := client.Options{HostPort: r.Server.HostPort, Namespace: temporalserver.DefaultNamespace}
	if r.Operator, err = app.NewOperator(ctx, options, r.Config, zerolog.Nop()); err != nil {
		return nil, err
	}
	if _, err := r.Operator.EnsureSchedules(ctx, settings.Ensure{Yes: true}); err != nil {
		return nil, err
	}
	for range o.Workers {
		if _, err := r.StartWorker(ctx); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *Rig) serve(ctx context.Context, h http.Handler) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	r.services = append(r.services, s)
	go func() { _ = s.Serve(l) }()
	return "http://" + l.Addr().String(), nil
}

// configuration is as close to production as can be measured: production's defaults, encryption on, logs written,
// metrics served.
func configuration(shopURL, issuerURL string) config.Config {
	c := config.Default()
	c.Issue.DedupesStated, c.Orders.MatchBy = true, config.MatchableBy
	c.Shopify.Shop, c.Shopify.BaseURL = shopDomain, shopURL
	c.Shopify.AccessToken = config.NewSecret(shopToken)
	c.Orders.GiftCardSKUs = scenario.SKUs()
	c.Orders.CreatedAtMin = time.Now().Add(-24 * time.Hour).UTC().Truncate(time.Second)
	c.Poll.Interval, c.Poll.Overlap, c.Poll.SettleDelay = 7*24*time.Hour, time.Second, 0
	c.CashStar.BaseURL = issuerURL + "/v2/"
	c.CashStar.Username, c.CashStar.Password = issuerUser, config.NewSecret(issuerPassword)
	c.Issue.AuditPrefix = "BENCH"
	key := make([]byte, ops.PayloadKeySize)
	_, _ = rand.Read(key) // It never fails.
	c.Payload.Encryption, c.Payload.BindNamespace = ops.EncryptionOn, true
	c.Payload.Keys = ops.PayloadKeys{{ID: "bench", Key: config.NewSecret(string(key))}}
	return c
}

// Worker is a worker process.
type Worker struct {
	*Process
	// Addr is the address of its health checks and metrics.
	Addr string
	// Startup is the time from its start until it polled.
	Startup time.Duration
}

// StartWorker starts another worker and returns it when it polls. The worker is the program that is deployed.
func (r *Rig) StartWorker(ctx context.Context) (*Worker, error) {
	port, err := child.FreePort(ctx)
	if err != nil {
		return nil, err
	}
	w := &Worker{Addr: child.Loopback(port)}
	env := slices.Concat(stack.Environ(r.Config, r.Server.HostPort, temporalserver.DefaultNamespace), []string{
		"HOME=" + r.programs.folder, "METRICS_ADDR=" + w.Addr, "LOG_FORMAT=" + ops.FormatJSON,
	})
	began := time.Now()
	w.Process, err = r.programs.start(ctx, child.Program{
		Name: workerProgram, Path: r.programs.Worker(), Env: env, Signal: syscall.SIGTERM,
	}, w.Addr)
	if err != nil {
		return nil, err
	}
	w.Startup = time.Since(began)
	r.Workers = append(r.Workers, w.Process)
	return w, nil
}

// start starts a program and returns its process when /readyz answers.
func (p *Programs) start(ctx context.Context, program child.Program, addr string) (*Process, error) {
	log, err := p.log(program.Name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	program.Log = log
	started, err := program.Start()
	if err != nil {
		return nil, err
	}
	out := &Process{Process: started, Name: program.Name}
	if err := awaitReady(ctx, out, addr); err != nil {
		started.Stop()
		return nil, lastWords(fmt.Errorf("start %s: %w", program.Name, err), log)
	}
	return out, nil
}

// firstID is the shop's ID of the order before the first.
const firstID = 6_000_000_000_000

// Place places one-unit orders that are paid and were last updated at the given time, and returns their shop IDs. The
// issuer knows the buyers. Their addresses identify the orders for [Rig.Issued].
func (r *Rig) Place(n int, at time.Time) []int64 {
	ids := make([]int64, n)
	known, sku := scenario.Merchants(), scenario.SKUs()[0]
	for i := range ids {
		r.placed++
		id := int64(firstID + r.placed)
		ids[i] = id
		address := target(id)
		r.Shop.AddOrder(shopifytest.Order{
			ID: id, Name: fmt.Sprintf("#%d", 1000+r.placed), Email: address, Currency: "USD", FinancialStatus: "PAID",
			CreatedAt: at, UpdatedAt: at,
			Customer: &shopifytest.Customer{
				ID: id, DisplayName: known[r.placed%len(known)].Name, FirstName: "Buyer", LastName: strconv.Itoa(r.placed),
				Email: address,
			},
			Lines: []shopifytest.LineItem{{SKU: sku, Title: "Gift card", Quantity: 1, UnitPrice: "25.0"}},
		})
	}
	return ids
}

func target(id int64) string { return fmt.Sprintf("buyer-%d@example.com", id) }

// Poll triggers a poll of the schedule, and returns when that poll has started.
func (r *Rig) Poll(ctx context.Context) (*installation.Poll, error) { return r.Operator.PollNow(ctx) }

// Await returns a poll's account when it is done. It fails if Temporal or a worker ends meanwhile.
func (r *Rig) Await(ctx context.Context, poll *installation.Poll) (workflows.PollOrdersResult, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	for _, p := range append([]*Process{r.Server.Process}, r.Workers...) {
		go func() {
			select {
			case <-p.Ended():
				cancel(p.Gone())
			case <-ctx.Done():
			}
		}()
	}
	result, err := poll.Wait(ctx)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return result, err
}

// Gone returns an error if Temporal or a worker has ended.
func (r *Rig) Gone() error {
	err := r.Server.Gone()
	for _, w := range r.Workers {
		err = errors.Join(err, w.Gone())
	}
	return err
}

// CardCount returns the number of cards that the issuer has returned.
func (r *Rig) CardCount() int {
	return r.Issuer.Stats().Requests[cashstartest.CreateOrder][http.StatusOK]
}

// AwaitCards waits until the issuer has issued n cards.
func (r *Rig) AwaitCards(ctx context.Context, n int) error {
	return until(ctx, awaitEvery, func() (bool, error) { return r.CardCount() >= n, r.Gone() })
}

// Settle waits until all workflows are done and as many orders have completed as were placed. It fails if a workflow
// failed, or if Temporal or a worker ends.
func (r *Rig) Settle(ctx context.Context) error {
	return r.Server.settle(ctx, workflows.GiftCardOrderType, r.placed, r.Gone)
}

// Issued returns when each order's card was issued. It fails if an order has no card or more than one.
func (r *Rig) Issued(ids []int64) (map[int64]time.Time, error) {
	byTarget := make(map[string][]time.Time, len(ids))
	for _, c := range r.Issuer.Cards() {
		byTarget[c.Target] = append(byTarget[c.Target], c.Created)
	}
	out := make(map[int64]time.Time, len(ids))
	for _, id := range ids {
		cards := byTarget[target(id)]
		if len(cards) != 1 {
			return nil, fmt.Errorf("order %d has %d cards, want 1", id, len(cards))
		}
		out[id] = cards[0]
	}
	return out, nil
}

// Close stops everything.
func (r *Rig) Close() {
	for _, w := range r.Workers {
		w.Stop()
	}
	if r.Operator != nil {
		r.Operator.Close()
	}
	if r.Server != nil {
		r.Server.close()
	}
	for _, s := range r.services {
		_ = s.Close()
	}
}
