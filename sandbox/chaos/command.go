package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/sandbox/internal/lab"
	"github.com/giftbridge/giftbridge/sandbox/internal/lab/report"
	"github.com/giftbridge/giftbridge/sandbox/internal/output"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/sandbox/internal/roles"
)

// flags holds the flags of the chaos command.
type flags struct {
	seed       uint64
	orders     int
	minutes    float64
	json, plan bool
	webhooks   string
	dedupes    bool
	callbacks  string
	queueLag   bool
	shoppers   int
	messages   string
	relay      string
	keep       string
	patience   time.Duration
}

func newCommand() *cobra.Command {
	f := &flags{}
	cmd := &cobra.Command{
		Use:   "chaos",
		Short: "Break the system in every way at once, and prove that the books balance",
		Long: `Chaos is the fault laboratory. It runs Temporal, two workers, two receivers, a simulated shop, two issuers and a mail server,
each in a process of its own, and lets customers place orders. Meanwhile workers, receivers and Temporal are killed,
requests to the issuer are lost before and after a card was made, services fail, limit rates, are slow and answer
nonsense, webhooks are lost, late, doubled and forged, the shop's search lags, its clock is off, polls by hand overlap
and mail cannot be sent. One of the issuers makes cards later: its answers come late, early, twice, never, to a dead address
and from forgers, requests are lost before and after they were enqueued, and its queue stalls. Shoppers spend five of its cards at the
checkout at the same time, ask again with the same key, lose answers and have amounts given back, while another shop spends them too.

Then the faults end, the system comes to rest, and an auditor that shares no code with it compares the books: what
the shop sold, what the issuer issued, how each order ended, which failures people were told of, and what was taken off each card.

The seed decides what happens and when. The same seed, orders and minutes make the same plan; --plan shows it. With
--issuer-dedupes=false the issuer makes another card whenever it is asked again, and workers ask only once: a person
says of each card in doubt whether it exists. With --webhooks=lost no webhook arrives, and polls must find all orders. With
--callbacks=off the issuer that makes cards later never calls back about an activation, and cards must be found by looking.
With --queue-lag its queue takes an hour of the laboratory's time, and nobody spends cards. With --shoppers=0 nobody does either.
Customers are told about their orders by a service that loses requests and answers; with --messages=off nobody is.
The shop's events go on to an ERP that loses requests and answers, and is away for six hours of the laboratory's time; with --relay=off
they do not. Without webhooks, and with all of them lost, there are none.

Exit codes: 0 the books balance, 1 they do not or something failed, 2 wrong usage. docs/reliability.md says more.`,
		Example: `  go run ./sandbox/chaos
  go run ./sandbox/chaos --seed 7 --plan
  go run ./sandbox/chaos --seed 7 --json --keep /tmp/seed-7
  go run ./sandbox/chaos --seed 7 --issuer-dedupes=false
  go run ./sandbox/chaos --seed 7 --webhooks=lost
  go run ./sandbox/chaos --seed 7 --callbacks=off
  go run ./sandbox/chaos --seed 7 --queue-lag
  go run ./sandbox/chaos --seed 7 --shoppers=0
  go run ./sandbox/chaos --seed 7 --messages=off
  go run ./sandbox/chaos --seed 7 --relay=off`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.validate(); err != nil {
				return &cli.UsageError{Err: err}
			}
			return f.run(cmd)
		},
	}
	fs := cmd.Flags()
	fs.Uint64Var(&f.seed, "seed", 1, "what decides on all orders and faults")
	fs.IntVar(&f.orders, "orders", 160, "number of orders, of about two cards each")
	fs.Float64Var(&f.minutes, "minutes", 1, "how long orders are placed and faults happen; coming to rest takes more")
	fs.BoolVar(&f.json, "json", false, "print the report as one JSON object on standard output")
	fs.BoolVar(&f.plan, "plan", false, "print the plan and exit")
	fs.BoolVar(&f.dedupes, "issuer-dedupes", true, "the issuer knows an audit number again, and makes no second card")
	fs.StringVar(&f.webhooks, "webhooks", string(plan.WebhooksOn),
		"on delivers the shop's webhooks with every trouble, lost loses all of them, off has none")
	fs.StringVar(&f.callbacks, "callbacks", "on",
		"on has the issuer that makes cards later call back, off never about an activation")
	fs.BoolVar(&f.queueLag, "queue-lag", false, "the queue of that issuer takes an hour of the laboratory's time, 48s")
	fs.IntVar(&f.shoppers, "shoppers", plan.UsualShoppers, "number of shoppers who spend five cards meanwhile; 0 for none")
	fs.StringVar(&f.messages, "messages", "on", "on tells customers about their orders, off nobody")
	fs.StringVar(&f.relay, "relay", "on", "on posts the shop's events to an ERP that fails, and is away for hours; off to nobody")
	fs.StringVar(&f.keep, "keep", "", "keep logs, Temporal's database and mails in this folder, which must be new or empty")
	fs.DurationVar(&f.patience, "patience", 10*time.Minute, "how long to wait for the system to come to rest")
	cmd.CompletionOptions.DisableDefaultCmd = true
	cmd.AddCommand(roles.Command())
	return cmd
}

func (f *flags) length() time.Duration { return time.Duration(f.minutes * float64(time.Minute)) }

func (f *flags) validate() error {
	if f.orders < 1 || f.orders > plan.MaxOrders {
		return fmt.Errorf("--orders %d: need 1 to %d", f.orders, plan.MaxOrders)
	}
	if !(f.minutes >= plan.MinLength.Minutes() && f.minutes <= plan.MaxLength.Minutes()) {
		return fmt.Errorf("--minutes %g: need %g to %g", f.minutes, plan.MinLength.Minutes(), plan.MaxLength.Minutes())
	}
	if f.patience < time.Second {
		return fmt.Errorf("--patience %s: need at least 1s", f.patience)
	}
	if !slices.Contains(plan.WebhookModes, plan.Webhooks(f.webhooks)) {
		return fmt.Errorf("--webhooks %s: need on, lost or off", f.webhooks)
	}
	if f.shoppers < 0 || f.shoppers > plan.MaxShoppers {
		return fmt.Errorf("--shoppers %d: need 0 to %d", f.shoppers, plan.MaxShoppers)
	}
	if f.callbacks != "on" && f.callbacks != "off" {
		return fmt.Errorf("--callbacks %s: need on or off", f.callbacks)
	}
	if f.messages != "on" && f.messages != "off" {
		return fmt.Errorf("--messages %s: need on or off", f.messages)
	}
	if f.relay != "on" && f.relay != "off" {
		return fmt.Errorf("--relay %s: need on or off", f.relay)
	}
	if f.plan && f.json {
		return errors.New("--plan does not go with --json")
	}
	if f.keep == "" {
		return nil
	}
	files, err := os.ReadDir(f.keep)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return fmt.Errorf("--keep: %w", err)
	case len(files) > 0:
		return fmt.Errorf("--keep %s: need a new or empty folder", f.keep)
	}
	return nil
}

func (f *flags) run(cmd *cobra.Command) error {
	stdout := cmd.OutOrStdout()
	planned := plan.New(f.seed, f.orders, f.length()).With(plan.Webhooks(f.webhooks)).WithLater(f.callbacks == "on", f.queueLag)
	if !f.queueLag { // A spend would wait for longer than anybody.
		planned = planned.WithShoppers(f.shoppers)
	}
	if f.messages == "on" {
		planned = planned.WithMessages()
	}
	if f.relay == "on" {
		planned = planned.WithRelay()
	}
	switch {
	case f.plan:
		return planned.Print(stdout)
	case !f.json:
		if err := planned.Print(stdout); err != nil {
			return err
		}
	}
	say := output.Progress(cmd.ErrOrStderr())
	found, err := lab.Run(cmd.Context(), lab.Options{
		Plan: planned, IssuerDedupes: f.dedupes, Keep: f.keep, Patience: f.patience, Say: say,
	})
	if cmd.Context().Err() != nil {
		return errors.New("interrupted, and the books were not compared")
	}
	if err != nil {
		return err
	}
	if err := f.print(stdout, found); err != nil {
		return err
	}
	if !found.OK() {
		return fmt.Errorf("the books do not balance: %d problems, the first: %s",
			len(found.Problems)+found.MoreProblems, found.Problems[0])
	}
	say("the books balance: every card exists exactly once, and people were told of every failure")
	return nil
}

func (f *flags) print(w io.Writer, r report.Report) error {
	if f.json {
		return output.JSON(w, r)
	}
	return r.Print(w)
}
