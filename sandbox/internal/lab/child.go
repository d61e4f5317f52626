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
	"time"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/logging"
	"github.com/giftbridge/giftbridge/internal/mail/mailtest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/child"
	"github.com/giftbridge/giftbridge/sandbox/internal/temporalserver"
	"github.com/giftbridge/giftbridge/workflows"
)

// ChildCommand is the name of the hidden command that runs one process of the laboratory.
const ChildCommand = "chaos-child"

// The roles of the processes.
const (
	roleTemporal = "temporal"
	roleWorker   = "worker"
	roleShop     = "shop"
	roleIssuer   = "issuer"
	roleMail     = "mail"
)

// childOptions are the options with which a process is started. Each role uses some of them.
type childOptions struct {
	// Port is the port to listen on.
	Port int `json:"port,omitempty"`
	// File is Temporal's database, Folder the folder of the mails.
	File   string `json:"file,omitempty"`
	Folder string `json:"folder,omitempty"`
	// ClockOffset is the offset of the shop's clock.
	ClockOffset time.Duration `json:"clock_offset,omitempty"`
	// Seed is the seed of the simulators' random faults.
	Seed uint64 `json:"seed,omitempty"`
	// Believed is how long a worker relies on what it has read of an order.
	Believed time.Duration `json:"believed,omitempty"`
	// IssueAgain makes the issuer issue another card for an audit number that it knows.
	IssueAgain bool `json:"issue_again,omitempty"`
}

// tenant is a process of the laboratory.
type tenant struct {
	childOptions
	log io.Writer
}

// RunChild runs one process of the laboratory; see [child.Run].
func RunChild(ctx context.Context, role, options string, stdin io.Reader, stdout, stderr io.Writer) error {
	as := func(start func(tenant, context.Context) error) child.Role {
		return func(ctx context.Context, raw json.RawMessage) error {
			o, err := child.Options[childOptions](raw)
			if err != nil {
				return err
			}
			return start(tenant{childOptions: o, log: stderr}, ctx)
		}
	}
	return child.Run(ctx, map[string]child.Role{
		roleTemporal: as(tenant.temporal), roleWorker: as(tenant.worker), roleShop: as(tenant.shop),
		roleIssuer: as(tenant.issuer), roleMail: as(tenant.mail),
	}, role, options, stdin, stdout)
}

func (t tenant) temporal(ctx context.Context) error {
	_, err := temporalserver.Start(ctx, temporalserver.Options{
		Port: t.Port, UIPort: temporalserver.NoUI, DBFile: t.File, SearchAttributes: workflows.SearchAttributes(),
	})
	return err
}

// worker does the same as the worker's main, except for signal handling.
func (t tenant) worker(ctx context.Context) error {
	cfg, err := config.Load()
	if err != nil {
		return err
	}
	temporal, err := app.TemporalFromEnvironment()
	if err != nil {
		return err
	}
	log, err := logging.New(t.log, cfg.Log)
	if err != nil {
		return err
	}
	worker, err := app.StartWorker(ctx, app.WorkerOptions{
		Config: cfg, Temporal: temporal, Log: log, Believed: t.Believed,
	})
	if err != nil {
		return err
	}
	go func() {
		if err := worker.Wait(ctx); err != nil {
			log.Error().Err(err).Msg("worker ends")
			os.Exit(cli.ExitFailure)
		}
	}()
	return nil
}

func (t tenant) shop(ctx context.Context) error {
	return t.serve(ctx, shopifytest.New(shopifytest.Options{
		Domain: shopDomain, AccessToken: shopToken,
		Now: func() time.Time { return time.Now().Add(t.ClockOffset) },
		// The laboratory does not test the bucket, and polls often.
		BucketSize: 1e6, RestoreRate: 1e5,
	}))
}

// issuerLatency is long enough for requests to be in flight when a process is killed.
const issuerLatency = 150 * time.Millisecond

func (t tenant) issuer(ctx context.Context) error {
	options := cashstartest.Options{
		Username: issuerUser, Password: issuerPassword, Merchants: merchants(), Seed: t.Seed, Latency: issuerLatency,
	}
	if t.IssueAgain {
		options.Duplicates = cashstartest.IssueAgain
	}
	return t.serve(ctx, cashstartest.New(options))
}

func (t tenant) serve(ctx context.Context, handler http.Handler) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", child.Loopback(t.Port))
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			_, _ = fmt.Fprintln(t.log, err)
		}
	}()
	return nil
}

func (t tenant) mail(context.Context) error {
	_, err := mailtest.Start(mailtest.Options{Addr: child.Loopback(t.Port), NoTLS: true, Folder: t.Folder})
	return err
}
