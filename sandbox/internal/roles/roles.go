// Package roles has the processes that the laboratory and the benchmarks start: Temporal, a worker, a receiver, the
// simulated services and the mail catcher. A program that starts them has the hidden command [Command], which runs one of them.
package roles

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/app/receiving"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/logging"
	"github.com/giftbridge/giftbridge/internal/mail/mailtest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/delivery"
	"github.com/giftbridge/giftbridge/sandbox/internal/child"
	"github.com/giftbridge/giftbridge/sandbox/internal/mischief"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan/deliveries"
	"github.com/giftbridge/giftbridge/sandbox/internal/site"
	"github.com/giftbridge/giftbridge/sandbox/internal/temporalserver"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/workflows"
)

// command is the name of the hidden command.
const command = "run-role"

// The roles.
const (
	Temporal = "temporal"
	Worker   = "worker"
	Receiver = "receiver"
	Shop     = "shop"
	Issuer   = "issuer"
	Later    = "later"
	Mail     = "mail"
	Messages = "messages"
	ERP      = "erp"
)

// Namespace is the only namespace of the Temporal role.
const Namespace = temporalserver.DefaultNamespace

// Options are the options with which a process is started. Each role uses some of them.
type Options struct {
	// Site is the installation whose shop or issuer is run.
	Site site.Site `json:"site,omitzero"`
	// Port is the port to listen on.
	Port int `json:"port,omitempty"`
	// File is Temporal's database, in memory if empty. Folder is the folder of the mails.
	File   string `json:"file,omitempty"`
	Folder string `json:"folder,omitempty"`
	// TransferPollRPS is Temporal's history.transferProcessorMaxPollRPS, its default if zero.
	TransferPollRPS int `json:"transfer_poll_rps,omitempty"`
	// Deployed gives Temporal the [DeployedSettings].
	Deployed bool `json:"deployed,omitempty"`
	// ClockOffset is the offset of the shop's clock.
	ClockOffset time.Duration `json:"clock_offset,omitempty"`
	// Seed is the seed of the issuer's random faults.
	Seed uint64 `json:"seed,omitempty"`
	// Believed is how long a worker relies on what it has read of an order.
	Believed time.Duration `json:"believed,omitempty"`
	// ActivitySlots is the number of activities that a worker runs at once, the SDK's default if zero.
	ActivitySlots int `json:"activity_slots,omitempty"`
	// IssueAgain makes the issuer issue another card for an audit number that it knows.
	IssueAgain bool `json:"issue_again,omitempty"`
	// Hurry divides the pauses of the workflows of cards that are made later, of cards that are spent, and between attempts to post an
	// event.
	Hurry int `json:"hurry,omitempty"`
	// Later is how the issuer that makes cards later behaves, and CallbackKey the key that signs the addresses of its callbacks.
	Later       plan.Later `json:"later,omitzero"`
	CallbackKey string     `json:"callback_key,omitempty"`
	// Spent are the values, in hundredths, of cards that are spent and in no order. Overdraws lets that issuer take more off a card
	// than is on it.
	Spent     []int64 `json:"spent,omitempty"`
	Overdraws bool    `json:"overdraws,omitempty"`
	// Mails is what befalls mails.
	Mails mischief.Mails `json:"mails,omitzero"`
	// Deliveries is what befalls the shop's webhooks.
	Deliveries deliveries.Deliveries `json:"deliveries,omitzero"`
}

// Program returns this same program in a role.
func Program(role string, o Options) (child.Program, error) { return child.Own(command, role, o) }

// Command returns the hidden command that runs a role. Only this program calls it.
func Command() *cobra.Command {
	return &cobra.Command{
		Use:    command + " ROLE OPTIONS",
		Hidden: true,
		Args:   cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(cmd.Context(), args[0], args[1], cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
}

// RunMain runs a role and exits if this process was started for one; otherwise it does nothing. It belongs in the
// TestMain of packages whose tests start roles.
func RunMain() {
	if len(os.Args) > 1 && os.Args[1] == command {
		root := &cobra.Command{Use: "test"}
		root.AddCommand(Command())
		os.Exit(cli.Execute(root, os.Stderr))
	}
}

// process is a process that was started.
type process struct {
	Options
	log io.Writer
}

func run(ctx context.Context, role, options string, stdin io.Reader, stdout, stderr io.Writer) error {
	as := func(start func(process, context.Context) error) child.Role {
		return func(ctx context.Context, raw json.RawMessage) error {
			o, err := child.Options[Options](raw)
			if err != nil {
				return err
			}
			return start(process{Options: o, log: stderr}, ctx)
		}
	}
	return child.Run(ctx, map[string]child.Role{
		Temporal: as(process.temporal), Worker: as(process.worker), Receiver: as(process.receiver),
		Shop: as(process.shop), Issuer: as(process.issuer), Later: as(process.later), Mail: as(process.mail),
		Messages: as(process.messages), ERP: as(process.erp),
	}, role, options, stdin, stdout)
}

func (p process) temporal(ctx context.Context) error {
	options := temporalserver.Options{
		Port: p.Port, UIPort: temporalserver.NoUI, DBFile: p.File, SearchAttributes: workflows.SearchAttributes(),
	}
	options.DynamicConfig = map[string]any{}
	if p.Deployed {
		options.DynamicConfig = DeployedSettings()
	}
	if p.TransferPollRPS > 0 {
		options.DynamicConfig["history.transferProcessorMaxPollRPS"] = p.TransferPollRPS
	}
	_, err := temporalserver.Start(ctx, options)
	return err
}

// worker does the same as the worker's main, except for signal handling.
func (p process) worker(ctx context.Context) error {
	cfg, temporal, log, err := p.environment(config.Load)
	if err != nil {
		return err
	}
	worker, err := app.StartWorker(ctx, app.WorkerOptions{
		Config: cfg, Temporal: temporal, Log: log, Believed: p.Believed, Hurry: p.Hurry,
		ActivitySlots: p.ActivitySlots,
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

// receiver does the same as the receiver's main, except for signal handling.
func (p process) receiver(ctx context.Context) error {
	cfg, temporal, log, err := p.environment(config.LoadReceiver)
	if err != nil {
		return err
	}
	receiver, err := receiving.Start(ctx, receiving.Options{Config: cfg, Temporal: temporal, Log: log, Hurry: p.Hurry})
	if err != nil {
		return err
	}
	go func() {
		if err := receiver.Wait(ctx); err != nil {
			log.Error().Err(err).Msg("receiver ends")
			os.Exit(cli.ExitFailure)
		}
	}()
	return nil
}

// environment returns what the environment variables say.
func (p process) environment(load func() (config.Config, error)) (config.Config, client.Options, zerolog.Logger, error) {
	cfg, err := load()
	if err != nil {
		return cfg, client.Options{}, zerolog.Logger{}, err
	}
	temporal, err := app.TemporalFromEnvironment()
	if err != nil {
		return cfg, temporal, zerolog.Logger{}, err
	}
	log, err := logging.New(p.log, cfg.Log)
	return cfg, temporal, log, err
}

func (p process) shop(ctx context.Context) error {
	return p.serve(ctx, p.Site.NewShop(shopifytest.Options{
		Now: func() time.Time { return time.Now().Add(p.ClockOffset) },
		// The laboratory does not test the bucket, and polls often.
		BucketSize: 1e6, RestoreRate: 1e5,
		Webhooks: delivery.Options{
			Speed: p.Deliveries.Speed, Seed: p.Deliveries.Seed, Shares: p.Deliveries.Shares,
		},
	}))
}

// issuerLatency is long enough for requests to be in flight when a process is killed.
const issuerLatency = 150 * time.Millisecond

func (p process) issuer(ctx context.Context) error {
	options := cashstartest.Options{
		Merchants: append(scenario.Merchants(), scenario.Twins...), Seed: p.Seed, Latency: issuerLatency,
	}
	if p.IssueAgain {
		options.Duplicates = cashstartest.IssueAgain
	}
	return p.serve(ctx, p.Site.NewIssuer(options))
}

func (p process) serve(ctx context.Context, handler http.Handler) error {
	listener, err := site.Listen(ctx, p.Port)
	if err != nil {
		return err
	}
	site.Serve(listener, handler, func(err error) { _, _ = fmt.Fprintln(p.log, err) })
	return nil
}

func (p process) mail(context.Context) error {
	_, err := mailtest.Start(mailtest.Options{
		Addr: site.Loopback(p.Port), NoTLS: true, Folder: p.Folder, Faults: p.Mails.Faults(), OnFault: p.Mails.OnFault,
	})
	return err
}
