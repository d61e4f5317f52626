package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/logging"
	"github.com/giftbridge/giftbridge/internal/mail/mailtest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/temporalserver"
	"github.com/giftbridge/giftbridge/workflows"
)

// ChildCommand is the name of the hidden command that runs one process of the laboratory.
const ChildCommand = "chaos-child"

// The processes.
const (
	roleTemporal = "temporal"
	roleWorker   = "worker"
	roleShop     = "shop"
	roleIssuer   = "issuer"
	roleMail     = "mail"
)

// childOptions are what a process is told when it is started; each role has use for some of them.
type childOptions struct {
	// Port is where to listen.
	Port int `json:"port,omitempty"`
	// File is Temporal's database, Folder that of the mails.
	File   string `json:"file,omitempty"`
	Folder string `json:"folder,omitempty"`
	// ClockOffset is that of the shop.
	ClockOffset time.Duration `json:"clock_offset,omitempty"`
	// Seed is that of the simulators' random faults.
	Seed uint64 `json:"seed,omitempty"`
	// IssueAgain lets the issuer issue another card for an audit number that it knows.
	IssueAgain bool `json:"issue_again,omitempty"`
}

// child is a process of the laboratory.
type child struct {
	childOptions
	log io.Writer
}

// RunChild runs one process of the laboratory until its standard input ends: it must not outlive the one that started
// it, and that one may be killed. Interrupts from the terminal are that one's business too. The process writes a line to
// its standard output when it is ready.
func RunChild(ctx context.Context, role, options string, stdin io.Reader, stdout, stderr io.Writer) error {
	signal.Ignore(os.Interrupt)
	c := child{log: stderr}
	if err := json.Unmarshal([]byte(options), &c.childOptions); err != nil {
		return fmt.Errorf("read options: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		cancel()
	}()
	start, ok := map[string]func(context.Context) error{
		roleTemporal: c.temporal, roleWorker: c.worker, roleShop: c.shop, roleIssuer: c.issuer, roleMail: c.mail,
	}[role]
	if !ok {
		return app.Usagef("there is no role %q", role)
	}
	if err := start(ctx); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(stdout, ready); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// ready is what a process writes when it is.
const ready = "ready"

func (c child) temporal(ctx context.Context) error {
	_, err := temporalserver.Start(ctx, temporalserver.Options{
		Port: c.Port, UIPort: temporalserver.NoUI, DBFile: c.File, SearchAttributes: workflows.SearchAttributes(),
	})
	return err
}

// worker is the worker's own main, less the signals.
func (c child) worker(ctx context.Context) error {
	cfg, err := config.Load()
	if err != nil {
		return err
	}
	temporal, err := app.TemporalFromEnvironment()
	if err != nil {
		return err
	}
	log, err := logging.New(c.log, cfg.Log)
	if err != nil {
		return err
	}
	worker, err := app.StartWorker(ctx, app.WorkerOptions{Config: cfg, Temporal: temporal, Log: log})
	if err != nil {
		return err
	}
	go func() {
		if err := worker.Wait(ctx); err != nil {
			log.Error().Err(err).Msg("worker ends")
			os.Exit(app.ExitFailure)
		}
	}()
	return nil
}

func (c child) shop(ctx context.Context) error {
	return c.serve(ctx, shopifytest.New(shopifytest.Options{
		Domain: shopDomain, AccessToken: shopToken,
		Now: func() time.Time { return time.Now().Add(c.ClockOffset) },
		// The laboratory is not about the bucket, and polls often.
		BucketSize: 1e6, RestoreRate: 1e5,
	}))
}

// issuerLatency lets requests be under way when something is killed.
const issuerLatency = 150 * time.Millisecond

func (c child) issuer(ctx context.Context) error {
	options := cashstartest.Options{
		Username: issuerUser, Password: issuerPassword, Merchants: merchants(), Seed: c.Seed, Latency: issuerLatency,
	}
	if c.IssueAgain {
		options.Duplicates = cashstartest.IssueAgain
	}
	return c.serve(ctx, cashstartest.New(options))
}

func (c child) serve(ctx context.Context, handler http.Handler) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", loopback(c.Port))
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			_, _ = fmt.Fprintln(c.log, err)
		}
	}()
	return nil
}

func (c child) mail(context.Context) error {
	_, err := mailtest.Start(mailtest.Options{Addr: loopback(c.Port), NoTLS: true, Folder: c.Folder})
	return err
}
