// Package receiving runs a receiver: the process that takes in what comes over HTTP. It is stateless, and there may be
// as many as one likes.
//
// A receiver answers webhooks while Temporal is away: they are hints, and the next poll finds what was lost. So it is
// ready as soon as it listens, whatever Temporal does. If it were not, all receivers would be taken out of service
// together, and the shop would remove the subscriptions.
package receiving

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/app/fastpath"
	"github.com/giftbridge/giftbridge/internal/app/forwarding"
	"github.com/giftbridge/giftbridge/internal/app/later"
	"github.com/giftbridge/giftbridge/internal/app/probes"
	"github.com/giftbridge/giftbridge/internal/app/telling"
	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/callback"
	"github.com/giftbridge/giftbridge/internal/checkout/api"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/relaybox"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/internal/telemetry"
	"github.com/giftbridge/giftbridge/internal/webhook"
)

// The parts of the time that a receiver has to stop, of which there are 25 seconds: requests end, what waits is taken in,
// and the last traces are sent, which telemetry limits to five seconds. What requests leave of their part is for what waits. A
// checkout waits up to eleven seconds for its answer.
const (
	requestsTime = 12 * time.Second
	drainedAfter = 18 * time.Second
)

// Options are the options of a receiver.
type Options struct {
	Config   config.Config
	Temporal client.Options
	Log      zerolog.Logger
	// Hurry divides the pauses of the workflows that a receiver starts; zero is one. Only the sandbox and the fault laboratory,
	// where everything runs faster, use another value.
	Hurry int
}

// consumers take the deliveries, and act on them until the receiver stops.
type consumers interface {
	Consumers() []webhook.Consumer
	Run(ctx context.Context)
	Drain(ctx context.Context) int
}

// Receiver is a running receiver.
type Receiver struct {
	log       zerolog.Logger
	telemetry *telemetry.Telemetry
	operator  *operator.Operator
	listener  net.Listener
	server    *http.Server
	probes    *probes.Server
	consumers consumers
	stopping  atomic.Bool
	fatal     chan error
	stop      sync.Once
	// vetted is closed once it is certain that the namespace belongs to the configured shop, and named is the shop's name in
	// workflow IDs from then on.
	vetted chan struct{}
	named  string
	// end ends what runs in the background, and running waits for it.
	end     context.CancelFunc
	running sync.WaitGroup
}

// Start returns once the receiver listens. It does not wait for Temporal.
func Start(ctx context.Context, o Options) (_ *Receiver, err error) {
	r := &Receiver{log: o.Log, fatal: make(chan error, 1), vetted: make(chan struct{})}
	var background context.Context
	background, r.end = context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		if err != nil {
			r.Stop()
		}
	}()
	r.telemetry, err = telemetry.New(ctx, telemetry.Options{
		Metrics: o.Config.Metrics.ListenAddr() != "", TracesEndpoint: o.Config.Traces.Endpoint,
		Version: buildinfo.Version(), Service: "giftbridge-receiver", NoWorkflows: true,
		OnError: func(err error) { o.Log.Warn().Err(err).Msg("cannot record or export telemetry") },
	})
	if err != nil {
		return nil, err
	}
	r.telemetry.Instrument(&o.Temporal)
	if r.operator, err = app.NewLazyOperator(o.Temporal, o.Config, o.Log); err != nil {
		return nil, err
	}
	if err := r.listen(ctx, o); err != nil {
		return nil, err
	}
	r.probes, err = probes.Start(ctx, o.Config.Metrics.ListenAddr(), r.telemetry.Handler(), r.serveReady, r.onFatal)
	if err != nil {
		return nil, err
	}
	if r.consumers != nil {
		r.running.Go(func() { r.consumers.Run(background) })
	}
	r.running.Go(func() { r.vet(background, o.Config) })
	r.running.Go(r.serve)
	r.log.Info().Str("shop", o.Config.Shopify.Shop).Str("address", r.Addr()).Bool("tls", o.Config.Receiver.TLS()).
		Strs("serves", o.Config.Receiver.Serves).Str("health", r.MetricsAddr()).Msg("receiver is listening")
	return r, nil
}

// listen makes the server and its handlers, and opens the port.
func (r *Receiver) listen(ctx context.Context, o Options) error {
	cfg, log := o.Config, o.Log
	var cert *certificate
	var err error
	if cfg.Receiver.TLS() {
		if cert, err = newCertificate(cfg.Receiver.CertFile, cfg.Receiver.KeyFile, log, time.Now); err != nil {
			return err
		}
	}
	var open *limited
	measured, err := newMeasures(r.telemetry.Meter(), func() int { return open.connections() })
	if err != nil {
		return fmt.Errorf("set up the metrics of the receiver: %w", err)
	}
	var forWebhooks, forCallbacks, forActions, forCheckouts http.Handler
	if cfg.Receiver.Serve(config.ServeWebhooks) {
		if forWebhooks, err = r.webhooks(o, measured); err != nil {
			return err
		}
	}
	if cfg.Receiver.Serve(config.ServeCallbacks) {
		if forCallbacks, err = later.NewHandler(cfg, r.operator.Client, r.telemetry.Meter(), log); err != nil {
			return err
		}
	}
	if cfg.Receiver.Serve(config.ServeActions) && len(cfg.Links.Keys) > 0 {
		forActions = app.ActionPage(cfg, r.operator, log)
	}
	if cfg.ServesCheckout() {
		if forCheckouts, err = r.checkout(o); err != nil {
			return err
		}
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Receiver.Addr)
	if err != nil {
		return fmt.Errorf("listen for requests (RECEIVER_ADDR): %w", err)
	}
	open = limit(l, maxConnections, maxPerAddress, measured.refuse)
	r.listener = open
	r.server = newServer(logged(routes(map[string]http.Handler{
		webhooks: forWebhooks, callback.Path: forCallbacks, actions: forActions, api.Path: forCheckouts,
	}), log), cert, log)
	return nil
}

// webhooks returns the handler of the shop's webhooks.
func (r *Receiver) webhooks(o Options, measured *measures) (http.Handler, error) {
	cfg := o.Config
	secrets := make([]string, len(cfg.Receiver.WebhookSecrets))
	for i, s := range cfg.Receiver.WebhookSecrets {
		secrets[i] = s.Reveal()
	}
	h, err := webhook.New(webhook.Options{
		Secrets: secrets, Shop: cfg.Shopify.Shop, Observer: measured, Log: r.log, Keepers: r.keepers(o),
	})
	if err != nil {
		return nil, err
	}
	r.consumers, err = fastpath.New(fastpath.Options{
		Config: cfg, Operator: r.operator, Telemetry: r.telemetry, Log: r.log,
	})
	if err != nil {
		return nil, err
	}
	h.Consume(r.consumers.Consumers()...)
	return h, nil
}

// keepers returns what keeps deliveries before they are answered.
func (r *Receiver) keepers(o Options) []webhook.Keeper {
	var all []webhook.Keeper
	if k := telling.NewKeeper(o.Config, r.operator.Client, o.Hurry, r.shop); k != nil {
		all = append(all, k)
	}
	if k := forwarding.NewKeeper(o.Config, relaybox.New(r.operator.Client, time.Now), r.shop, o.Log); k != nil {
		all = append(all, k)
	}
	return all
}

// shop returns the shop's name in workflow IDs. It waits until Temporal has said which shop the namespace belongs to.
func (r *Receiver) shop(ctx context.Context) (string, error) {
	select {
	case <-r.vetted:
		return r.named, nil
	case <-ctx.Done():
		return "", fmt.Errorf("find out which shop the namespace belongs to: %w", ctx.Err())
	}
}

func (r *Receiver) serve() {
	var err error
	if r.server.TLSConfig != nil {
		err = r.server.ServeTLS(r.listener, "", "")
	} else {
		err = r.server.Serve(r.listener)
	}
	if !errors.Is(err, http.ErrServerClosed) {
		r.onFatal(fmt.Errorf("serve requests: %w", err))
	}
}

func (r *Receiver) onFatal(err error) {
	select {
	case r.fatal <- err:
	default:
	}
}

// Addr returns the address that the receiver listens on.
func (r *Receiver) Addr() string { return r.listener.Addr().String() }

// MetricsAddr returns the address of metrics and health checks, or "" if there are none.
func (r *Receiver) MetricsAddr() string { return r.probes.Addr() }

// Wait returns nil when ctx ends, or the error that prevents the receiver from continuing.
func (r *Receiver) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-r.fatal:
		return fmt.Errorf("receiver cannot continue: %w", err)
	}
}

// Stop lets requests in progress finish, takes in what waits, and disconnects. It ends within 25 seconds; the next poll
// finds what was not taken in by then. Stop may be called more than once.
func (r *Receiver) Stop() {
	r.stop.Do(func() {
		r.stopping.Store(true)
		drained, cancel := context.WithTimeout(context.Background(), drainedAfter)
		defer cancel()
		if r.server != nil {
			bounded, cancel := context.WithTimeout(context.Background(), requestsTime)
			if err := r.server.Shutdown(bounded); err != nil {
				r.log.Warn().Err(err).Msg("requests in progress were cut off")
				_ = r.server.Close()
			}
			cancel()
		}
		if r.listener != nil {
			_ = r.listener.Close() // It may not have been served yet.
		}
		r.end()
		if r.consumers != nil {
			r.consumers.Drain(drained)
		}
		r.running.Wait()
		if r.operator != nil {
			r.operator.Close()
		}
		if err := r.telemetry.Stop(); err != nil {
			r.log.Warn().Err(err).Msg("the last traces were not sent")
		}
		r.probes.Stop()
	})
}

// Run runs a receiver until ctx ends.
func Run(ctx context.Context, o Options) error {
	r, err := Start(ctx, o)
	if err != nil {
		return err
	}
	defer r.Stop()
	err = r.Wait(ctx)
	r.log.Info().Msg("receiver is stopping: requests in progress finish, and what waits is taken in")
	return err
}

// serveReady answers /readyz: the receiver is ready while it listens.
func (r *Receiver) serveReady(w http.ResponseWriter, _ *http.Request) {
	if r.stopping.Load() {
		http.Error(w, "stopping", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ready\n"))
}

const (
	// vetTimeout limits one attempt to find out whose namespace it is, and vetPause is the time between two.
	vetTimeout = 15 * time.Second
	vetPause   = 5 * time.Second
)

// vet stops a receiver whose configuration belongs to another shop than the namespace, as soon as Temporal answers. It
// stops it for nothing else: webhooks are answered meanwhile.
func (r *Receiver) vet(ctx context.Context, cfg config.Config) {
	for told := false; ; {
		err := r.check(ctx, cfg)
		var other *settings.IdentityError
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			r.log.Info().Msg("receiver has reached Temporal")
			return
		case errors.As(err, &other):
			r.onFatal(err)
			return
		case !told:
			r.log.Warn().Err(err).Msg("waiting for Temporal: webhooks are answered, and what is lost meanwhile the next poll finds")
			told = true
		}
		pause := time.NewTimer(vetPause)
		select {
		case <-ctx.Done():
			pause.Stop()
			return
		case <-pause.C:
		}
	}
}

func (r *Receiver) check(ctx context.Context, cfg config.Config) error {
	ctx, cancel := context.WithTimeout(ctx, vetTimeout)
	defer cancel()
	pin, err := r.operator.CheckIdentity(ctx, func(ctx context.Context) string { return app.ShopID(ctx, cfg.Shopify) })
	if err != nil {
		return err
	}
	r.named = cfg.Shopify.Shop
	if pin != nil {
		r.named = pin.Shop
	}
	close(r.vetted)
	return nil
}
