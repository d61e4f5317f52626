package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config/ops"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/logging"
	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/delivery"
	"github.com/giftbridge/giftbridge/internal/sonar/sonartest"
	"github.com/giftbridge/giftbridge/sandbox/internal/output"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// flags holds the flags of the sandbox command.
type flags struct {
	once, json, faults        bool
	noWebhooks                bool
	orders                    int
	seed                      uint64
	timeout, every            time.Duration
	temporalPort, uiPort      int
	shopifyPort, cashStarPort int
	fourWayShopPort           int
	mailPort, mailPagePort    int
	shopfrontPort             int
	codecPort, startPagePort  int
	sonarPort, phonesPort     int
	erpPort, erpPagePort      int
	dbFile, mailDir, logLevel string
	digestEvery               time.Duration
}

func newCommand() *cobra.Command {
	f := &flags{}
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Run the whole system on this machine and watch orders become gift cards",
		Long: `Sandbox runs a Temporal server with its Web UI, a simulated Shopify shop, a simulated CashStar, a simulated Four Way
Shop and a simulated Sonar, the schedule, a real worker and a real receiver in one process. Customers place orders, some
of which are no gift-card orders or cannot succeed. They arrive by webhook; polls find what webhooks miss. Every eighth
order has cards of Four Way Shop, which makes them later and calls back. Every fourth has goods, which are sent as
parcels; customers with a mobile number get messages about their orders. The shop's events go on to a simulated ERP. It
prints a line for each order until Ctrl-C, and then compares the books. A start page links everything and has live
counts.

With --once it places a number of orders, waits until all is settled, and compares what customers placed with the
issuers' ledgers, and with what the customers were told. With --faults, a simulated person looks into requests to activate
a card of which nothing is seen. Exit codes: 0 every expected card exists exactly once, nothing else does, no message came
twice, before its receipt or not at all, and no event came out of order or without a right signature, 1 it is not so or
something failed, 2 wrong usage.`,
		Example: `  go run ./sandbox
  go run ./sandbox --once --orders 200 --json
  go run ./sandbox --once --faults --seed 7`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.validate(cmd); err != nil {
				return &cli.UsageError{Err: err}
			}
			return run(cmd.Context(), f, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	fs := cmd.Flags()
	fs.BoolVar(&f.once, "once", false, "place --orders orders, wait until all is settled, give account and exit")
	fs.IntVar(&f.orders, "orders", 25, "number of orders with --once")
	fs.BoolVar(&f.json, "json", false, "with --once: print the account as one JSON object on standard output")
	fs.BoolVar(&f.faults, "faults", false, "let the simulators fail: errors, lost answers, rate limits, a lagging index")
	fs.BoolVar(&f.noWebhooks, "no-webhooks", false, "let the shop deliver no webhooks: orders are found by polls alone")
	fs.Uint64Var(&f.seed, "seed", 1, "what random choices begin with; the same seed makes the same orders and faults")
	fs.DurationVar(&f.timeout, "timeout", 15*time.Minute, "with --once: how long to wait")
	fs.DurationVar(&f.every, "every", 2*time.Second, "without --once: how often a customer places an order")
	fs.IntVar(&f.temporalPort, "temporal-port", 7233, "port of Temporal; 0 picks a free one, as --once does")
	fs.IntVar(&f.uiPort, "ui-port", 8233, "port of the Temporal Web UI; 0 picks a free one, as --once does")
	fs.IntVar(&f.shopifyPort, "shopify-port", 0, "port of the simulated shop; 0 picks a free one")
	fs.IntVar(&f.cashStarPort, "cashstar-port", 0, "port of the simulated CashStar; 0 picks a free one")
	fs.IntVar(&f.fourWayShopPort, "fourwayshop-port", 0, "port of the simulated Four Way Shop; 0 picks a free one")
	fs.IntVar(&f.mailPort, "mail-port", 0, "port of the mail catcher; 0 picks a free one")
	fs.IntVar(&f.mailPagePort, "mail-page-port", 0, "port of the page that shows the caught mails; 0 picks a free one")
	fs.IntVar(&f.shopfrontPort, "shopfront-port", 0, "port of the example of a checkout; 0 picks a free one")
	fs.IntVar(&f.sonarPort, "sonar-port", 0, "port of the simulated Sonar; 0 picks a free one")
	fs.IntVar(&f.phonesPort, "phones-port", 0, "port of the page that shows the messages to customers; 0 picks a free one")
	fs.IntVar(&f.erpPort, "erp-port", 0, "port of the simulated ERP; 0 picks a free one")
	fs.IntVar(&f.erpPagePort, "erp-page-port", 0, "port of the page that shows the events at the ERP; 0 picks a free one")
	fs.IntVar(&f.codecPort, "codec-port", 0, "port of the codec server; 0 picks a free one")
	fs.IntVar(&f.startPagePort, "start-page-port", 8234, "without --once: port of the start page; 0 picks a free one")
	fs.StringVar(&f.mailDir, "mail-dir", "", "keep the caught mails in this existing folder as .eml files")
	fs.DurationVar(&f.digestEvery, "digest-every", 2*time.Minute, "without --once: how often a digest is sent")
	fs.StringVar(&f.dbFile, "db-file", "", "keep Temporal's state in this file; in memory if not given")
	fs.StringVar(&f.logLevel, "log-level", logOff, "the worker's log: debug, info, warn, error or off")
	cmd.CompletionOptions.DisableDefaultCmd = true
	cmd.AddCommand(moved("chaos"), moved("bench"))
	return cmd
}

// moved returns a hidden command that says where a command is that was part of this one.
func moved(name string) *cobra.Command {
	return &cobra.Command{
		Use: name, Hidden: true, DisableFlagParsing: true,
		RunE: func(*cobra.Command, []string) error {
			return cli.Usagef("%s is a command of its own: go run ./sandbox/%s", name, name)
		},
	}
}

func (f *flags) validate(cmd *cobra.Command) error {
	for _, name := range []string{"orders", "json", "timeout"} {
		if cmd.Flags().Changed(name) && !f.once {
			return fmt.Errorf("--%s needs --once", name)
		}
	}
	for _, name := range []string{"every", "digest-every", "start-page-port"} {
		if cmd.Flags().Changed(name) && f.once {
			return fmt.Errorf("--%s does not go with --once", name)
		}
	}
	if f.orders < 1 || f.orders > 100_000 {
		return fmt.Errorf("--orders %d: need 1 to 100000", f.orders)
	}
	if f.every < 10*time.Millisecond {
		return fmt.Errorf("--every %s: need at least 10ms", f.every)
	}
	if f.digestEvery < time.Second {
		return fmt.Errorf("--digest-every %s: need at least 1s", f.digestEvery)
	}
	for _, p := range f.ports() {
		if *p.port < 0 || *p.port > 65535 {
			return fmt.Errorf("--%s %d: need 0 to 65535", p.flag, *p.port)
		}
	}
	// A checking run needs no well-known ports, and several such runs may be active at the same time.
	if f.once && !cmd.Flags().Changed("temporal-port") {
		f.temporalPort = 0
	}
	if f.once && !cmd.Flags().Changed("ui-port") {
		f.uiPort = 0
	}
	if !slices.Contains(logLevels, f.logLevel) {
		return fmt.Errorf("--log-level %q: need one of %s", f.logLevel, strings.Join(logLevels, ", "))
	}
	return f.checkMailDir()
}

// port is a port to listen on, and the flag that sets it.
type port struct {
	flag string
	port *int
}

func (f *flags) ports() []port {
	return []port{
		{"temporal-port", &f.temporalPort},
		{"ui-port", &f.uiPort},
		{"start-page-port", &f.startPagePort},
		{"shopify-port", &f.shopifyPort},
		{"cashstar-port", &f.cashStarPort},
		{"fourwayshop-port", &f.fourWayShopPort},
		{"mail-port", &f.mailPort},
		{"mail-page-port", &f.mailPagePort},
		{"shopfront-port", &f.shopfrontPort},
		{"sonar-port", &f.sonarPort},
		{"phones-port", &f.phonesPort},
		{"erp-port", &f.erpPort},
		{"erp-page-port", &f.erpPagePort},
		{"codec-port", &f.codecPort},
	}
}

// clash explains that a port is in use, with the flags that make it free ones.
func (f *flags) clash(err error) error {
	if !errors.Is(err, syscall.EADDRINUSE) {
		return err
	}
	var hint []string
	for _, p := range f.ports() {
		if *p.port != 0 && (!f.once || p.port != &f.startPagePort) {
			hint = append(hint, "--"+p.flag+" 0")
		}
	}
	return fmt.Errorf("%w; is another sandbox running? %s pick free ports", err, strings.Join(hint, " "))
}

// checkMailDir reports a folder in which no mail can be kept before the first mail would be refused because of it.
func (f *flags) checkMailDir() error {
	if f.mailDir == "" {
		return nil
	}
	file, err := os.CreateTemp(f.mailDir, ".giftbridge-*")
	if err != nil {
		return fmt.Errorf("--mail-dir %q: need a folder that can be written to: %w", f.mailDir, err)
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// logLevels are the levels of the worker's log.
var logLevels = []string{"debug", "info", "warn", "error", logOff}

// logOff is the log level that suppresses the worker's log, so that only the sandbox's own progress lines appear.
const logOff = "off"

func (f *flags) log(w io.Writer) (zerolog.Logger, error) {
	if f.logLevel == logOff {
		return zerolog.Nop(), nil
	}
	return logging.New(w, ops.Log{Level: f.logLevel, Format: ops.FormatAuto})
}

func run(ctx context.Context, f *flags, stdout, stderr io.Writer) error {
	log, err := f.log(stderr)
	if err != nil {
		return err
	}
	if !f.once {
		return f.watch(ctx, log, stderr)
	}
	say := output.Progress(stderr)
	say("starting Temporal, its Web UI, the simulated shop and issuers, and a worker")
	s, err := stack.Start(ctx, f.options(log))
	if err != nil {
		return f.clash(err)
	}
	defer stop(s, say)
	say("Temporal Web UI  %s", s.Temporal.UIURL())
	say("Temporal         %s", s.Temporal.HostPort())
	say("simulated shop   %s", s.ShopURL)
	say("simulated issuer %s", s.Config.CashStar.BaseURL)
	say("  and another    %s", s.Config.FourWayShop.BaseURL)
	say("caught mails     %s", s.MailPage)
	say("example checkout %s", s.ShopfrontURL)
	say("phones           %s", s.PhonesPage)
	if s.ERP != nil {
		say("events at an ERP %s", s.ERPPage)
	}
	say("codec server     %s", s.CodecEndpoint)
	return once(ctx, f, s, f.customers(s), say, stdout)
}

// customers returns the customers of the shop, a share of whom buy cards that are made later, and goods.
func (f *flags) customers(s *stack.Stack) *scenario.Customers {
	c := scenario.NewCustomers(s.Shop, f.seed)
	c.BuyLater()
	c.BuyGoods()
	return c
}

func stop(s *stack.Stack, say output.Say) {
	if err := s.Stop(); err != nil {
		say("stopping: %v", err)
	}
}

func (f *flags) options(log zerolog.Logger) stack.Options {
	o := stack.Options{
		TemporalPort: f.temporalPort, UIPort: f.uiPort, ShopifyPort: f.shopifyPort, CashStarPort: f.cashStarPort,
		MailPort: f.mailPort, MailPagePort: f.mailPagePort, MailFolder: f.mailDir,
		CodecPort: f.codecPort, ShopfrontPort: f.shopfrontPort, DBFile: f.dbFile, Links: true,
		CashStar: cashstartest.Options{Merchants: scenario.Merchants(), Seed: f.seed},
		Later:    true, FourWayShopPort: f.fourWayShopPort,
		FourWayShop: fourwayshoptest.Options{Takes: scenario.QueueTakes, Seed: f.seed},
		Messages:    true, SonarPort: f.sonarPort, PhonesPort: f.phonesPort, Sonar: sonartest.Options{Seed: f.seed},
		Relay: true, ERPPort: f.erpPort, ERPPagePort: f.erpPagePort, ERP: relaytest.Options{Seed: f.seed},
		Webhooks: !f.noWebhooks,
		Log:      log,
	}
	if f.faults {
		o.CashStar.Random, o.Sonar.Random = scenario.CashStarFaults(), scenario.SonarFaults()
		o.ERP.RandomFaults = scenario.ERPFaults()
		o.FourWayShop.RandomFaults, o.FourWayShop.RandomTroubles = scenario.FourWayShopFaults(), scenario.QueueTroubles()
		o.Shopify = shopifytest.Options{
			Lag: scenario.FaultyLag, Faults: scenario.ShopifyFaults(f.seed),
			Webhooks: delivery.Options{Speed: scenario.WebhookSpeed, Shares: scenario.WebhookTroubles(), Seed: f.seed},
		}
	}
	return o
}

// writeEnvironment writes env to a temporary file that a shell can source, and returns the file's path.
func writeEnvironment(env []string) (string, error) {
	file, err := os.CreateTemp("", "giftbridge-sandbox-*.env")
	if err != nil {
		return "", fmt.Errorf("write environment: %w", err)
	}
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		if _, err := fmt.Fprintf(file, "%s='%s'\n", name, value); err != nil {
			return "", errors.Join(err, file.Close())
		}
	}
	return file.Name(), file.Close()
}
