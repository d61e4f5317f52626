package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/sandbox/internal/bench"
)

func newBenchCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure what orders cost, beside what Temporal itself costs",
		Long: `Bench measures the system: Temporal, in memory, and the worker that is deployed, each in a process of its own, against a
simulated shop and issuer that answer at once. It builds the programs first, and needs Linux and the go command.

Each benchmark prints its figures and the bars that some of them have to hold. With --json it prints one JSON object
instead. Figures of different runs do not compare where the machine is shared; ratios inside one run do.

Exit codes: 0 all bars are held, 1 one is missed or something failed, 2 wrong usage.`,
		Example: `  go run ./sandbox bench engine
  go run ./sandbox bench idle --for 10s --json`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newBenchEngineCommand(), newBenchScaleCommand(), newBenchIdleCommand(), newBenchCallsCommand(),
		newBenchBacklogCommand())
	return cmd
}

// benchReport is the result of a benchmark.
type benchReport interface {
	Print(w io.Writer) error
	Checks() []bench.Bar
}

// runBench builds the programs, measures, prints the report and checks its bars.
func runBench(
	cmd *cobra.Command, asJSON bool, measure func(context.Context, *bench.Programs, bench.Say) (benchReport, error),
) error {
	say := teller{w: cmd.ErrOrStderr(), zero: time.Now()}
	say.line("building the worker")
	programs, err := bench.Build(cmd.Context())
	if err != nil {
		return err
	}
	defer programs.Close()
	report, err := measure(cmd.Context(), programs, say.line)
	if err != nil {
		return err
	}
	if asJSON {
		err = printJSON(cmd.OutOrStdout(), report)
	} else {
		err = report.Print(cmd.OutOrStdout())
	}
	if err != nil {
		return err
	}
	return bench.Check(report.Checks())
}

func newBenchEngineCommand() *cobra.Command {
	var o bench.EngineOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "engine",
		Short: "Measure orders beside the bare engine",
		Long: `Engine takes in orders and measures how many there are in a second, what CPU time each costs the worker and the server,
how long it takes from when an order can be found until its card is issued, and what its history holds and costs. Beside
it, in alternating rounds, it measures the least that Temporal can do for an order that looks its merchant up: a parent
that starts children, each of which runs two empty activities. (Orders that come many at once bring their merchants, and
need one activity.) That floor is measured with the poller options and the connection of our workers, which does not
compress requests, and with the SDK's defaults, which do with gzip; payloads are encrypted in ours and not in the floor.

Each round has a new server in memory, new workers and new services, so that none finds a larger database than another,
and some orders to warm up. All orders of a round are there when one poll begins, and the round lasts until the last
card is issued. CPU times count until all workflows are done. Then come the polls in whose windows the orders are again:
windows overlap by as much as two polls are apart, so that three list each order. Their billable actions count as well.

Every other round has the opposite order: an even number of rounds favours none. Bursts are two pairs, in opposite order
too. The defaults take about 15 minutes on 2 cores. Exit codes as "sandbox bench --help" says.`,
		Example: `  go run ./sandbox bench engine
  go run ./sandbox bench engine --rounds 5 --orders 500 --burst 0 --json`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cmp.Or(sizes(o.Rounds, o.Orders, o.WarmUp), between("burst", o.Burst, 0, maxBenchOrders)); err != nil {
				return err
			}
			return runBench(cmd, asJSON, func(ctx context.Context, p *bench.Programs, say bench.Say) (benchReport, error) {
				return bench.Engine(ctx, p, o, say)
			})
		},
	}
	sizeFlags(cmd, &o.Rounds, &o.Orders, &o.WarmUp)
	cmd.Flags().IntVar(&o.Burst, "burst", 2000, "number of orders of each of four larger rounds, for latencies; 0 leaves them out")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func newBenchScaleCommand() *cobra.Command {
	o := bench.ScaleOptions{Workers: []int{1, 2}}
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "scale",
		Short: "Measure one worker against two",
		Long: `Scale takes in orders with one worker process and with two, in alternating rounds as "engine" has them. There are no
bars: on one machine the workers share the cores with the server, and a second one shows what it costs rather than what
it brings.

The defaults take about 5 minutes on 2 cores. Exit codes as "sandbox bench --help" says.`,
		Example: `  go run ./sandbox bench scale
  go run ./sandbox bench scale --rounds 1 --orders 200 --json`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := sizes(o.Rounds, o.Orders, o.WarmUp); err != nil {
				return err
			}
			return runBench(cmd, asJSON, func(ctx context.Context, p *bench.Programs, say bench.Say) (benchReport, error) {
				return bench.Scale(ctx, p, o, say)
			})
		},
	}
	sizeFlags(cmd, &o.Rounds, &o.Orders, &o.WarmUp)
	jsonFlag(cmd, &asJSON)
	return cmd
}

// maxBenchOrders limits the orders of a round, because all their issue times are kept.
const maxBenchOrders = 20_000

func sizeFlags(cmd *cobra.Command, rounds, orders, warmUp *int) {
	cmd.Flags().IntVar(rounds, "rounds", 4, "number of rounds, best even")
	cmd.Flags().IntVar(orders, "orders", 1000, "number of orders in each round")
	cmd.Flags().IntVar(warmUp, "warm-up", 50, "number of orders before each round that do not count")
}

func sizes(rounds, orders, warmUp int) error {
	return cmp.Or(between("rounds", rounds, 1, 100), between("orders", orders, 1, maxBenchOrders),
		between("warm-up", warmUp, 0, maxBenchOrders))
}

func newBenchIdleCommand() *cobra.Command {
	var o bench.IdleOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "idle",
		Short: "Measure a worker that has nothing to do",
		Long: `Idle measures a worker with nothing to do: its memory, its CPU time, and what it asks of Temporal and the shop. Long
polls, which wait for work, are told apart. It also tells the size of the worker's program and how long a worker takes
from its start until it polls.

It takes as long as --for says and a few seconds more. Exit codes as "sandbox bench --help" says.`,
		Example: `  go run ./sandbox bench idle
  go run ./sandbox bench idle --for 5m --json`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.For < time.Second || o.For > 24*time.Hour {
				return cli.Usagef("--for %s: need 1s to 24h", o.For)
			}
			if err := between("starts", o.Starts, 1, 100); err != nil {
				return err
			}
			return runBench(cmd, asJSON, func(ctx context.Context, p *bench.Programs, say bench.Say) (benchReport, error) {
				return bench.Idle(ctx, p, o, say)
			})
		},
	}
	cmd.Flags().DurationVar(&o.For, "for", time.Minute, "how long to look")
	cmd.Flags().IntVar(&o.Starts, "starts", 5, "how often a worker's start is measured")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func jsonFlag(cmd *cobra.Command, asJSON *bool) {
	cmd.Flags().BoolVar(asJSON, "json", false, "print the report as one JSON object on standard output")
}

// between returns a usage error if the value of a flag is out of range.
func between(name string, n, least, most int) error {
	if n < least || n > most {
		return &cli.UsageError{Err: fmt.Errorf("--%s %d: need %d to %d", name, n, least, most)}
	}
	return nil
}

// newBenchChildCommand returns the hidden command with which bench runs Temporal. Only bench calls it.
func newBenchChildCommand() *cobra.Command {
	return &cobra.Command{
		Use:    bench.ChildCommand + " ROLE OPTIONS",
		Hidden: true,
		Args:   cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return bench.RunChild(cmd.Context(), args[0], args[1], cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
}
