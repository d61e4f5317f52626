package main

import (
	"cmp"
	"context"
	"io"
	"os/exec"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/sandbox/internal/bench"
	"github.com/giftbridge/giftbridge/sandbox/internal/output"
	"github.com/giftbridge/giftbridge/sandbox/internal/roles"
)

func newCommand() *cobra.Command {
	var o bench.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure what orders cost, beside what Temporal itself costs",
		Long: `Bench takes in orders and measures how many there are in a second, what CPU time each costs the worker and the server,
and how long it takes from when they can be found until 95% of their cards are issued (p95). Temporal, in memory, and the
worker that is deployed run in processes of their own, against a simulated shop and issuer that answer at once. Bench
builds the programs first, and needs Linux and the go command.

In alternating rounds it measures the floor: the least that Temporal can do for an order that looks up its merchant, a
parent that starts children, each of which runs two empty activities. (Orders that come many at once bring their
merchants, and need one activity.) The floor is measured with the poller options and the connection of our workers, which
does not compress requests, and with the SDK's defaults, which do with gzip; payloads are encrypted in ours and not in
the floor.

Each round has a new server in memory, a new worker and new services, so that none finds a larger database than another,
and some orders to warm up. All orders of a round are there when one poll begins, and the round lasts until the last
card is issued. CPU times count until all workflows are done. Every other round has the opposite order: an even number of
rounds favours none. The defaults take about 12 minutes on 2 cores.

With --beside it measures another release's worker in place of the floor, with the same orders, server and services. That
worker must know the configuration variables of this one. .ci/throughput REV builds the worker of a commit for it.

Figures of different runs do not compare where the machine is shared; ratios inside one run do, and bars are limits for
them. Bench receiver measures orders that arrive by webhook, bench issuers those whose cards are made later, bench
checkout cards that are spent, and bench relay events that go on to an ERP. Exit codes: 0 all bars are held, 1 one is missed or something failed, 2 wrong usage.`,
		Example: `  go run ./sandbox/bench
  go run ./sandbox/bench --rounds 2 --orders 2000
  go run ./sandbox/bench --rounds 1 --orders 100 --json
  go run ./sandbox/bench --beside ../older/worker`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := cmp.Or(between("rounds", o.Rounds, 1, 100), between("orders", o.Orders, 1, maxOrders),
				between("warm-up", o.WarmUp, 0, maxOrders))
			if err != nil {
				return err
			}
			if o.Beside != "" {
				if _, err := exec.LookPath(o.Beside); err != nil {
					return cli.Usagef("--beside: %w", err)
				}
			}
			return measure(cmd, "the worker, and the bare engine's worker", bench.Build, o, asJSON)
		},
	}
	fs := cmd.Flags()
	fs.IntVar(&o.Rounds, "rounds", 4, "number of rounds, best even")
	fs.IntVar(&o.Orders, "orders", 1000, "number of orders in each round")
	fs.IntVar(&o.WarmUp, "warm-up", 50, "number of orders before each round that do not count")
	fs.StringVar(&o.Beside, "beside", "", "the `program` of another release's worker, to measure in place of the floor")
	fs.BoolVar(&asJSON, "json", false, "print the report as one JSON object on standard output")
	cmd.CompletionOptions.DisableDefaultCmd = true
	cmd.AddCommand(newReceiver(), newIssuers(), newCheckout(), newRelay(), roles.Command())
	return cmd
}

// maxOrders limits the orders of a round, because all their issue times are kept.
const maxOrders = 20_000

// between returns a usage error if the value of a flag is out of range.
func between(name string, n, least, most int) error {
	if n < least || n > most {
		return cli.Usagef("--%s %d: need %d to %d", name, n, least, most)
	}
	return nil
}

// programs are what a benchmark measures with.
type programs[O any, R report] interface {
	Run(ctx context.Context, o O, say output.Say) (R, error)
	Close()
}

// measure builds the programs, measures, prints the report and checks its bars.
func measure[O any, R report, P programs[O, R]](
	cmd *cobra.Command, building string, build func(context.Context) (P, error), o O, asJSON bool,
) error {
	say := output.Progress(cmd.ErrOrStderr())
	say("building %s", building)
	built, err := build(cmd.Context())
	if err != nil {
		return err
	}
	defer built.Close()
	report, err := built.Run(cmd.Context(), o, say)
	if err != nil {
		return err
	}
	return show(cmd, report, asJSON)
}

// report is the result of a benchmark.
type report interface {
	Print(w io.Writer) error
	// Check returns an error that names the bars that are missed.
	Check() error
}

// show prints a report and checks its bars.
func show(cmd *cobra.Command, r report, asJSON bool) error {
	var err error
	if asJSON {
		err = output.JSON(cmd.OutOrStdout(), r)
	} else {
		err = r.Print(cmd.OutOrStdout())
	}
	if err != nil {
		return err
	}
	return r.Check()
}
