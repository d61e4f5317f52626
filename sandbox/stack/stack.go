// Package stack runs the whole system on one machine: a Temporal server with its Web UI, the simulated shop and issuer,
// the schedule, a worker, and a codec server, because payloads are encrypted here too. The sandbox command and the
// end-to-end tests use it.
//
// The worker is the real one. Like a worker in production, it is given only addresses, so it does not know that it
// talks to simulators.
package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/rs/zerolog"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/app/receiving"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/ops"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/mail/mailtest"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/internal/sonar/sonartest"
	"github.com/giftbridge/giftbridge/sandbox/internal/site"
	"github.com/giftbridge/giftbridge/sandbox/internal/temporalserver"
	"github.com/giftbridge/giftbridge/workflows"
)

const name = "sandbox"

// hurried is how much faster workflows wait than in production: a person is watching.
const hurried = 60

// Shop is the domain of the stack's shop.
const Shop = name + site.Domain

var sandbox = site.Site{Name: name, AuditPrefix: "SBX"}

// Options configures a stack. The zero value runs everything on free ports, in memory, with a worker.
type Options struct {
	// TemporalPort, UIPort, ShopifyPort and CashStarPort are the ports to listen on; a free port if zero. If UIPort is
	// temporalserver.NoUI, there is no Web UI.
	TemporalPort, UIPort, ShopifyPort, CashStarPort int
	// Later runs the issuer that makes cards later beside the other one, on FourWayShopPort, a free port if zero. Its callbacks
	// need a receiver, which the stack then has.
	Later           bool
	FourWayShopPort int
	// MailPort is the port of the mail catcher, MailPagePort the port of the page that shows its mails; a free port if
	// zero.
	MailPort, MailPagePort int
	// ShopfrontPort is the port of the example of a checkout, which there is with Later; a free port if zero.
	ShopfrontPort int
	// Messages runs the service that brings messages to phones, on SonarPort, and a page that shows these, on PhonesPort; free ports
	// if zero. Customers are told of their orders then.
	Messages              bool
	SonarPort, PhonesPort int
	// Relay runs an ERP that takes the shop's events, on ERPPort, and a page that shows what it took, on ERPPagePort; free ports if zero.
	// It needs Webhooks.
	Relay                bool
	ERPPort, ERPPagePort int
	// Unhurried has workflows wait for as long as in production.
	Unhurried bool
	// CodecPort is the port of the codec server; a free port if zero.
	CodecPort int
	// MailFolder is the folder in which mails are kept as files; if empty, they are not kept as files.
	MailFolder string
	// DBFile is the file that keeps Temporal's state, with the payload key in a file beside it; in memory if empty.
	DBFile string
	// PostgreSQL is the address of a database that keeps Temporal's state instead; see temporalserver.Options.
	PostgreSQL string
	// Shopify, CashStar, FourWayShop, Sonar and ERP are the simulators' options. Start fills in the credentials.
	Shopify     shopifytest.Options
	CashStar    cashstartest.Options
	FourWayShop fourwayshoptest.Options
	Sonar       sonartest.Options
	ERP         relaytest.Options
	// Configure changes the configuration before it is used.
	Configure func(*config.Config)
	// Webhooks has the shop deliver webhooks to a receiver. Without it, orders are found by polls alone.
	Webhooks bool
	// Links has the digest contain links that act on orders, and a receiver serve the pages behind them.
	Links bool
	// NoWorker omits the worker, NoSchedule the schedule.
	NoWorker, NoSchedule bool
	// DynamicConfig overrides the Temporal server's dynamic configuration.
	DynamicConfig map[string]any
	// Log receives the worker's log.
	Log zerolog.Logger
}

// Stack is a running system.
type Stack struct {
	Shop   *shopifytest.Server
	Issuer *cashstartest.Server
	// Later is the issuer that makes cards later; nil if there is none.
	Later    *fourwayshoptest.Server
	Temporal *temporalserver.Server
	// Sonar brings messages to phones; nil if there are none. PhonesPage is the address of the page that shows these.
	Sonar      *sonartest.Server
	PhonesPage string
	// ERP takes the shop's events; nil if there is none. ERPPage is the address of the page that shows them.
	ERP     *relaytest.Server
	ERPPage string
	// Mail catches the digests. MailPage is the address of the page that shows them.
	Mail     *mailtest.Server
	MailPage string
	// CodecEndpoint is the address of the codec server for clients that present the token in Config.
	CodecEndpoint string
	Operator      *operator.Operator
	Config        config.Config

	// ShopURL and IssuerURL are the addresses of the simulators. The last three are empty if there are none.
	ShopURL, IssuerURL, LaterURL, SonarURL, ERPURL string
	// ShopfrontURL is the address of the example of a checkout; empty without Later.
	ShopfrontURL string

	hurry    int // How much faster workflows wait than in production.
	log      zerolog.Logger
	worker   *app.Worker
	receiver *receiving.Receiver
	closers  []io.Closer // The listeners and servers.
}

// Start starts a stack. On an error it stops everything that it has started.
func Start(ctx context.Context, o Options) (_ *Stack, err error) {
	s := &Stack{log: o.Log, hurry: hurried}
	if o.Unhurried {
		s.hurry = 1
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop())
		}
	}()
	// The Web UI needs the codec endpoint when it starts, and the codec server's configuration is known only later. So
	// both listeners are opened here and served by serveCodec.
	bearers, err := site.Listen(ctx, o.CodecPort)
	if err != nil {
		return nil, fmt.Errorf("start codec server: %w", err)
	}
	webUI, err := site.Listen(ctx, 0)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start codec server: %w", err), bearers.Close())
	}
	s.CodecEndpoint = site.URL(bearers)
	s.closers = append(s.closers, bearers, webUI)
	s.Temporal, err = temporalserver.Start(ctx, temporalserver.Options{
		Port: o.TemporalPort, UIPort: o.UIPort, UICodecEndpoint: site.URL(webUI), DBFile: o.DBFile, PostgreSQL: o.PostgreSQL,
		SearchAttributes: workflows.SearchAttributes(), DynamicConfig: o.DynamicConfig,
	})
	if err != nil {
		return nil, err
	}
	s.Shop = sandbox.NewShop(o.Shopify)
	if s.ShopURL, err = s.start(ctx, o.ShopifyPort, s.Shop); err != nil {
		return nil, fmt.Errorf("start simulated shop: %w", err)
	}
	s.Issuer = sandbox.NewIssuer(o.CashStar)
	if s.IssuerURL, err = s.start(ctx, o.CashStarPort, s.Issuer); err != nil {
		return nil, fmt.Errorf("start simulated issuer: %w", err)
	}
	if err := s.startLater(ctx, o); err != nil {
		return nil, err
	}
	if err := s.startMessages(ctx, o); err != nil {
		return nil, err
	}
	if err := s.startERP(ctx, o); err != nil {
		return nil, err
	}
	s.Mail, err = mailtest.Start(mailtest.Options{
		Addr: site.Loopback(o.MailPort), NoTLS: true, Folder: o.MailFolder,
	})
	if err != nil {
		return nil, fmt.Errorf("start mail catcher: %w", err)
	}
	if s.MailPage, err = s.start(ctx, o.MailPagePort, s.Mail.Page()); err != nil {
		return nil, fmt.Errorf("start page of mails: %w", err)
	}
	key, err := payloadKey(o.DBFile)
	if err != nil {
		return nil, err
	}
	s.Config = s.configuration(key)
	s.tell()
	s.relay()
	if err := s.configureReceiver(ctx, o); err != nil {
		return nil, err
	}
	if o.Configure != nil {
		o.Configure(&s.Config)
	}
	if err := s.Config.Validate(); err != nil {
		return nil, err
	}
	if err := s.serveCodec(bearers, webUI); err != nil {
		return nil, err
	}
	if s.Operator, err = app.NewOperator(ctx, s.TemporalOptions(), s.Config, o.Log); err != nil {
		return nil, err
	}
	if !o.NoSchedule {
		if _, err := s.Operator.EnsureSchedules(ctx, settings.Ensure{Yes: true}); err != nil {
			return nil, err
		}
	}
	if !o.NoWorker {
		if err := s.StartWorker(ctx); err != nil {
			return nil, err
		}
	}
	if o.receives() {
		if err := s.StartReceiver(ctx); err != nil {
			return nil, err
		}
	}
	if err := s.startShopfront(ctx, o); err != nil {
		return nil, err
	}
	if o.Webhooks {
		if err := s.subscribe(ctx); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// configuration returns a configuration with short intervals, because a person is watching.
func (s *Stack) configuration(key ops.PayloadKey) config.Config {
	c := sandbox.Config(site.Services{
		Shop: s.ShopURL, Issuer: s.IssuerURL, FourWayShop: s.LaterURL, MailHost: s.Mail.Host(), MailPort: s.Mail.Port(),
	})
	c.Shopify.B2B = true
	c.Poll.Interval = 2 * time.Second
	c.Poll.Overlap = time.Minute
	c.Poll.SettleDelay = time.Second
	c.CashStar.Timeout = 2 * time.Second
	c.Payload.Keys = ops.PayloadKeys{key}
	c.Codec.Token = newToken()
	c.Metrics.Addr = ops.MetricsOff
	c.Digest.RerunWait = time.Minute
	c.Digest.TemporalUIURL = cmp.Or(s.Temporal.UIURL(), "http://localhost")
	return c
}

// startLater starts the issuer that makes cards later, if the options have one.
func (s *Stack) startLater(ctx context.Context, o Options) (err error) {
	if !o.Later {
		return nil
	}
	s.Later = sandbox.NewFourWayShop(o.FourWayShop)
	if s.LaterURL, err = s.start(ctx, o.FourWayShopPort, s.Later); err != nil {
		return fmt.Errorf("start simulated issuer that makes cards later: %w", err)
	}
	return nil
}

// start serves h on a port (a free one if zero) and returns the address.
func (s *Stack) start(ctx context.Context, port int, h http.Handler) (string, error) {
	l, err := site.Listen(ctx, port)
	if err != nil {
		return "", err
	}
	s.serve(l, h)
	return site.URL(l), nil
}

func (s *Stack) serve(l net.Listener, h http.Handler) {
	s.closers = append(s.closers, site.Serve(l, h, func(err error) {
		s.log.Error().Err(err).Msg("a simulator stopped serving")
	}))
}

// TemporalOptions returns client options for the stack's Temporal server.
func (s *Stack) TemporalOptions() client.Options {
	return client.Options{HostPort: s.Temporal.HostPort(), Namespace: s.Temporal.Namespace()}
}

// StartWorker starts the stack's worker after NoWorker or StopWorker.
func (s *Stack) StartWorker(ctx context.Context) error {
	w, err := app.StartWorker(ctx, app.WorkerOptions{
		Config: s.Config, Temporal: s.TemporalOptions(), Log: s.log, Hurry: s.hurry,
	})
	if err != nil {
		return err
	}
	s.worker = w
	return nil
}

// MetricsURL returns the address of the worker's metrics, or an empty string if there is no worker or METRICS_ADDR is
// off.
func (s *Stack) MetricsURL() string {
	if s.worker == nil || s.worker.MetricsAddr() == "" {
		return ""
	}
	return "http://" + s.worker.MetricsAddr() + "/metrics"
}

// StopWorker stops the stack's worker if it is running.
func (s *Stack) StopWorker() {
	if s.worker != nil {
		s.worker.Stop()
		s.worker = nil
	}
}

// Environ returns the environment for a separate process of giftbridge, and for the temporal command line, as NAME=value. The secrets in it belong to the simulators and to this stack.
func (s *Stack) Environ() []string {
	return append(site.Environ(s.Config, s.Temporal.HostPort(), s.Temporal.Namespace()),
		"TEMPORAL_CODEC_ENDPOINT="+s.CodecEndpoint,
		"TEMPORAL_CODEC_AUTH=Bearer "+s.Config.Codec.Token.Reveal(),
	)
}

// Stop stops everything, the receiver and the worker first. It may be called more than once.
func (s *Stack) Stop() error {
	if s.Shop != nil {
		s.Shop.Webhooks().Stop()
	}
	if s.Later != nil {
		s.Later.Stop()
	}
	s.StopReceiver()
	s.StopWorker()
	if s.Operator != nil {
		s.Operator.Close()
		s.Operator = nil
	}
	for _, c := range slices.Backward(s.closers) {
		_ = c.Close()
	}
	s.closers = nil
	if s.Mail != nil {
		s.Mail.Stop()
	}
	if s.Temporal == nil {
		return nil
	}
	return s.Temporal.Stop(context.Background())
}
