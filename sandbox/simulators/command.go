package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/ledger"
	"github.com/giftbridge/giftbridge/internal/logging"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/site"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
)

// flags holds the command's flags.
type flags struct {
	shopifyAddr, cashStarAddr string
	fourWayShopAddr           string
	signInAddr, codecServer   string
	every                     time.Duration
	seed                      uint64
	faults                    bool
}

func newCommand() *cobra.Command {
	f := &flags{}
	cmd := &cobra.Command{
		Use:   "simulators",
		Short: "Run a simulated shop and simulated issuers for a worker elsewhere",
		Long: `Simulators runs a simulated Shopify shop in which customers place orders, and a simulated CashStar, until Ctrl-C or
SIGTERM. Both demand the credentials that a worker in the same environment would use: SHOPIFY_SHOP,
SHOPIFY_ACCESS_TOKEN or SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET, CASHSTAR_USERNAME, CASHSTAR_PASSWORD.

With FOURWAYSHOP_ITEMS it also runs a simulated Four Way Shop with those items, which demands FOURWAYSHOP_USERNAME and
FOURWAYSHOP_PASSWORD, makes cards later and calls back. Every eighth order then has such cards, if the items' SKUs are
those of the simulated shop.

With --sign-in-addr it also stands in for the proxy that signs people in to the Web UI: it passes on to the codec server
what pages of TEMPORAL_UI_URL ask, with CODEC_SERVER_TOKEN, whoever sits before them. A demonstration only.

The shop delivers webhooks to whoever has subscribed to them, signed with the first of SHOPIFY_WEBHOOK_SECRETS, or with
SHOPIFY_CLIENT_SECRET.

Routes below /_control/ steer the simulators and ask for no credentials: keep them on one machine or a private network.

Exit codes: 0 stopped as asked, 1 failure, 2 wrong usage or configuration.`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := f.configuration()
			if err != nil {
				return &cli.UsageError{Err: err}
			}
			log, err := logging.New(cmd.ErrOrStderr(), cfg.Log)
			if err != nil {
				return &cli.UsageError{Err: err}
			}
			return f.run(cmd.Context(), cfg, log)
		},
	}
	fs := cmd.PersistentFlags()
	fs.StringVar(&f.shopifyAddr, "shopify-addr", "127.0.0.1:8080", "where the simulated shop listens")
	fs.StringVar(&f.cashStarAddr, "cashstar-addr", "127.0.0.1:8081", "where the simulated CashStar listens, below /v2/")
	fs.StringVar(&f.fourWayShopAddr, "fourwayshop-addr", "127.0.0.1:8082",
		"where the simulated Four Way Shop listens, below "+site.FourWayShopPath)
	fs.StringVar(&f.signInAddr, "sign-in-addr", "", "where the proxy before the codec server listens; empty means nowhere")
	fs.StringVar(&f.codecServer, "codec-server", "http://127.0.0.1:8234", "the codec server behind that proxy")
	fs.DurationVar(&f.every, "every", 10*time.Second, "how often a customer places an order")
	fs.Uint64Var(&f.seed, "seed", 1, "what random choices begin with; the same seed makes the same orders and faults")
	fs.BoolVar(&f.faults, "faults", false, "let the simulators fail: errors, lost answers, rate limits, a lagging index")
	cmd.AddCommand(cli.NewHealthCommand("/_control/stats", func() (string, error) { return f.shopifyAddr, nil }))
	return cmd
}

// configuration reads the worker's environment, which may be incomplete, and checks the variables that the simulators
// need.
func (f *flags) configuration() (config.Config, error) {
	cfg, err := config.Read()
	switch {
	case err != nil:
		return cfg, err
	case f.every < 10*time.Millisecond:
		return cfg, fmt.Errorf("--every %s: need at least 10ms", f.every)
	case cfg.Shopify.Shop == "":
		return cfg, fmt.Errorf("SHOPIFY_SHOP is not set")
	case !cfg.Shopify.AccessToken.IsSet() && !cfg.Shopify.ClientSecret.IsSet():
		return cfg, fmt.Errorf("neither SHOPIFY_ACCESS_TOKEN nor SHOPIFY_CLIENT_SECRET is set")
	case cfg.CashStar.Username == "" || !cfg.CashStar.Password.IsSet():
		return cfg, fmt.Errorf("CASHSTAR_USERNAME or CASHSTAR_PASSWORD is not set")
	case cfg.FourWayShop.On() && (cfg.FourWayShop.Username == "" || !cfg.FourWayShop.Password.IsSet()):
		return cfg, fmt.Errorf("FOURWAYSHOP_USERNAME or FOURWAYSHOP_PASSWORD is not set")
	case f.signInAddr != "" && !cfg.Codec.Token.IsSet():
		return cfg, fmt.Errorf("--sign-in-addr needs CODEC_SERVER_TOKEN")
	}
	return cfg, nil
}

func (f *flags) run(ctx context.Context, cfg config.Config, log zerolog.Logger) error {
	shop, issuer := f.simulators(cfg)
	defer shop.Webhooks().Stop()
	type simulator struct {
		what, addr string
		handler    http.Handler
	}
	all := []simulator{{"shop", f.shopifyAddr, shop}, {"issuer", f.cashStarAddr, issuer}}
	if cfg.FourWayShop.On() {
		later := f.later(cfg)
		defer later.Stop()
		all = append(all, simulator{"later issuer", f.fourWayShopAddr, later})
	}
	if f.signInAddr != "" {
		proxy, err := f.signIn(cfg)
		if err != nil {
			return &cli.UsageError{Err: err}
		}
		all = append(all, simulator{"sign-in", f.signInAddr, proxy})
	}
	ended := make(chan error, len(all))
	for _, s := range all {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.addr)
		if err != nil {
			return fmt.Errorf("listen for the %s: %w", s.what, err)
		}
		server := site.Serve(l, s.handler, func(err error) { ended <- err })
		defer func() { _ = server.Close() }()
		log.Info().Str("what", s.what).Str("address", l.Addr().String()).Msg("simulator is listening")
	}
	customers := scenario.NewCustomers(shop, f.seed)
	if cfg.FourWayShop.On() {
		customers.BuyLater()
	}
	place := time.NewTicker(f.every)
	defer place.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-ended:
			return fmt.Errorf("a simulator stopped serving: %w", err)
		case <-place.C:
			customers.PayPending()
			p := customers.Place()
			log.Info().Str("order", p.Name).Str("kind", string(p.Kind)).Int("cards", len(p.Cards)+p.Later).Msg("order placed")
		}
	}
}

func (f *flags) simulators(cfg config.Config) (*shopifytest.Server, *cashstartest.Server) {
	shop := shopifytest.Options{
		Domain: cfg.Shopify.Shop, AccessToken: cfg.Shopify.AccessToken.Reveal(),
		ClientID: cfg.Shopify.ClientID, ClientSecret: cfg.Shopify.ClientSecret.Reveal(),
		Variants: scenario.Variants(), AllowInternal: true,
	}
	if secrets := cfg.Receiver.WebhookSecrets; len(secrets) > 0 {
		shop.Webhooks.Secret = secrets[0].Reveal()
	}
	issuer := cashstartest.Options{
		Username: cfg.CashStar.Username, Password: cfg.CashStar.Password.Reveal(),
		Merchants: scenario.Merchants(), Seed: f.seed,
	}
	if f.faults {
		shop.Lag, shop.Faults = scenario.FaultyLag, scenario.ShopifyFaults(f.seed)
		shop.Webhooks.Speed, shop.Webhooks.Seed = scenario.WebhookSpeed, f.seed
		shop.Webhooks.Shares = scenario.WebhookTroubles()
		issuer.Random = scenario.CashStarFaults()
	}
	return shopifytest.New(shop), cashstartest.New(issuer)
}

// later returns the issuer that makes cards later.
func (f *flags) later(cfg config.Config) *fourwayshoptest.Server {
	account := cfg.FourWayShop
	o := fourwayshoptest.Options{
		BasePath: site.FourWayShopPath, Username: account.Username, Password: account.Password.Reveal(),
		Items: scenario.Items(), Takes: scenario.QueueTakes, Seed: f.seed,
	}
	for _, item := range account.Items {
		known := slices.ContainsFunc(o.Items, func(i ledger.Item) bool { return i.Code == item.Code })
		if !known {
			o.Items = append(o.Items, ledger.Item{Code: item.Code, Currency: "USD"})
		}
	}
	if f.faults {
		o.RandomFaults, o.RandomTroubles = scenario.FourWayShopFaults(), scenario.QueueTroubles()
	}
	return fourwayshoptest.New(o)
}

// signIn returns a handler that forwards requests to the codec server. It adds the token to requests from the Web UI's
// pages.
func (f *flags) signIn(cfg config.Config) (http.Handler, error) {
	target, err := url.Parse(f.codecServer)
	if err != nil || target.Host == "" {
		return nil, fmt.Errorf("--codec-server %q: need an address such as http://127.0.0.1:8234", f.codecServer)
	}
	origins := cfg.CodecOrigins()
	if len(origins) != 1 {
		return nil, fmt.Errorf("--sign-in-addr needs one origin: TEMPORAL_UI_URL, or one of CODEC_SERVER_ORIGINS")
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	return site.WithToken(proxy, origins[0], cfg.Codec.Token.Reveal()), nil
}
