package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/sandbox/internal/bench"
)

func newBenchCallsCommand() *cobra.Command {
	var o bench.CallsOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "calls",
		Short: "Count what is asked of the shop and the issuer",
		Long: `Calls counts the requests to each endpoint of the shop and the issuer for orders of one card in one window, and the
points that Shopify takes for them. Each order is of another customer; they buy for 40 merchants. The shop's bucket of
points is that of the plan.

A thousand orders take about a minute on two cores. Exit codes as "sandbox bench --help" says.`,
		Example: `  go run ./sandbox bench calls
  go run ./sandbox bench calls --orders 5000 --plan plus --json`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := between("orders", o.Orders, 1, 100_000); err != nil {
				return err
			}
			if err := checkPlan(o.Plan); err != nil {
				return err
			}
			return runBench(cmd, asJSON, func(ctx context.Context, p *bench.Programs, say bench.Say) (benchReport, error) {
				return bench.CountCalls(ctx, p, o, say)
			})
		},
	}
	cmd.Flags().IntVar(&o.Orders, "orders", 1000, "orders in the window; the bars are for 1000 and more")
	planFlag(cmd, &o.Plan)
	jsonFlag(cmd, &asJSON)
	return cmd
}

func newBenchBacklogCommand() *cobra.Command {
	var o bench.BacklogOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "backlog",
		Short: "Measure very many orders in one window, and the time after an outage of the issuer",
		Long: `Backlog measures two kinds of much work at once.

The first is a window in which the shop's search finds --orders orders. The share --gift-cards of them are gift-card
orders; the others look like ones to the search and are left out. It tells the worker's memory, the largest histories,
the children pending, and the shop's points, whose bucket is that of the plan.

The second is an outage. The issuer is away while --outage-orders orders come in, and it tells how their cards are
issued when it is back: how much of CASHSTAR_MAX_RPS is used, and whether it is kept. The issuer refuses requests that
come faster, with a second's worth of patience.

An hour of outage is compressed to --outage. What an hour does to an order is that it waits a minute between two
attempts, the most that the retry policy makes of it. So that orders wait as long from the start, the issuer asks them
to with Retry-After: --backoff. Nothing of the system's own is scaled. The rest takes --outage-orders over --max-rps
seconds; that must be well above --backoff, or there is no backlog.

It takes about 15 minutes on two cores, and 100,000 gift-card orders (--gift-cards 1) an hour and more. Exit codes as
"sandbox bench --help" says.`,
		Example: `  go run ./sandbox bench backlog
  go run ./sandbox bench backlog --gift-cards 1 --json
  go run ./sandbox bench backlog --orders 20000 --outage-orders 1200 --max-rps 10 --workers 2`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkBacklog(o); err != nil {
				return err
			}
			return runBench(cmd, asJSON, func(ctx context.Context, p *bench.Programs, say bench.Say) (benchReport, error) {
				return bench.Backlog(ctx, p, o, say)
			})
		},
	}
	fs := cmd.Flags()
	fs.IntVar(&o.Orders, "orders", 100_000, "orders that the search finds in the window")
	fs.Float64Var(&o.GiftCards, "gift-cards", 0.05, "share of them that are gift-card orders, of one card each")
	planFlag(cmd, &o.Plan)
	fs.IntVar(&o.Outage.Orders, "outage-orders", 2400, "orders that come in during the outage")
	fs.DurationVar(&o.Outage.Length, "outage", 3*time.Minute, "how long the issuer is away; with --backoff less than 1h, after which orders fail")
	fs.DurationVar(&o.Outage.Backoff, "backoff", time.Minute, "time between two attempts of an order in the outage")
	fs.Float64Var(&o.Outage.MaxRPS, "max-rps", 20, "CASHSTAR_MAX_RPS after the outage")
	fs.IntVar(&o.Outage.Workers, "workers", 1, "worker processes after the outage")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func checkBacklog(o bench.BacklogOptions) error {
	if err := between("orders", o.Orders, 1, 1_000_000); err != nil {
		return err
	}
	if !(o.GiftCards >= 0 && o.GiftCards <= 1) {
		return cli.Usagef("--gift-cards %g: need 0 to 1", o.GiftCards)
	}
	if err := checkPlan(o.Plan); err != nil {
		return err
	}
	if err := between("outage-orders", o.Outage.Orders, 4, 100_000); err != nil {
		return err
	}
	if o.Outage.Length < time.Second {
		return cli.Usagef("--outage %s: need at least 1s", o.Outage.Length)
	}
	if o.Outage.Backoff < time.Second || o.Outage.Backoff > time.Minute || o.Outage.Backoff%time.Second != 0 {
		return cli.Usagef("--backoff %s: need whole seconds, 1s to 1m", o.Outage.Backoff)
	}
	if budget := config.Default().Issue.RetryBudget; o.Outage.Length+o.Outage.Backoff >= budget {
		return cli.Usagef("--outage %s with --backoff %s: need less than %s together, the default of RETRY_BUDGET: orders "+
			"fail that are refused for longer", o.Outage.Length, o.Outage.Backoff, budget)
	}
	if !(o.Outage.MaxRPS >= 1 && o.Outage.MaxRPS <= 1000) {
		return cli.Usagef("--max-rps %g: need 1 to 1000", o.Outage.MaxRPS)
	}
	return between("workers", o.Outage.Workers, 1, 8)
}

func planFlag(cmd *cobra.Command, plan *string) {
	cmd.Flags().StringVar(plan, "plan", bench.Plans()[0], "the shop's plan: "+strings.Join(bench.Plans(), ", "))
}

func checkPlan(plan string) error {
	if !slices.Contains(bench.Plans(), plan) {
		return cli.Usagef("--plan %q: need one of %s", plan, strings.Join(bench.Plans(), ", "))
	}
	return nil
}
