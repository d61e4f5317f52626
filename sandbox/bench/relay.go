package main

import (
	"cmp"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/simulator"
	"github.com/giftbridge/giftbridge/sandbox/internal/bench/relaying"
)

func newRelay() *cobra.Command {
	var o relaying.Options
	var away time.Duration
	var pace int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "relay",
		Short: "Measure events of the shop on their way to an ERP, beside what Temporal costs at least",
		Long: `Relay measures the shop's events on their way to an ERP. Temporal, in memory with the settings of deploy/temporal, and the
worker and the receiver that are deployed run in processes of their own, against a simulated ERP that answers in 20 ms. It
builds the programs first, and needs Linux and the go command. In each round it measures, beside bare mailboxes on the same server:

- how many events a second arrive, of 25 kB and each of another order, while 32 are in flight; and the CPU time of each;
- at half of that rate, the time from when a webhook is sent until the ERP has the event; and the events of a mailbox's
  history and Temporal's actions of a delivery;
- how much memory the receiver and the worker hold.

A bare mailbox is a workflow for each order whose one activity posts what signals bring. A bare handler reads the body of a
webhook, checks its signature, and signals before it answers. They sign, connect and post as giftbridge does.

Once, the ERP is away while events of orders and products come. When it is back, it is measured how fast the events arrive,
which is what RELAY_MAX_RPS says, whether those of products are coalesced, and whether one is lost.

Every other round has what is compared in the opposite order: an even number of rounds favours none. The defaults take
about 25 minutes on 2 cores.

Figures of different runs do not compare where the machine is shared; ratios inside one run do, and bars are limits for
them. Exit codes: 0 all bars are held, 1 one is missed or something failed, 2 wrong usage.`,
		Example: `  go run ./sandbox/bench relay
  go run ./sandbox/bench relay --rounds 2 --seconds 10 --away 1m --waiting 1000
  go run ./sandbox/bench relay --json`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := cmp.Or(between("rounds", o.Rounds, 1, 100), between("seconds", o.Seconds, 1, 600),
				between("waiting", o.Waiting, leastWaiting, maxWaiting), between("pace", pace, 1, maxPace))
			if err != nil {
				return err
			}
			if away < 0 || away > maxAway {
				return cli.Usagef("--away %s: need 0s to %s", away, maxAway)
			}
			o.Away, o.Pace = simulator.Duration(away), float64(pace)
			return measure(cmd, "the worker, the receiver and the bare program", relaying.Build, o, asJSON)
		},
	}
	fs := cmd.Flags()
	fs.IntVar(&o.Rounds, "rounds", 4, "number of rounds, best even")
	fs.IntVar(&o.Seconds, "seconds", 20, "how long events are sent in `seconds`, as many as possible and then at half of that rate")
	fs.IntVar(&o.Waiting, "waiting", 10_000, "number of events that come while the ERP is away")
	fs.DurationVar(&away, "away", 10*time.Minute, "how long the ERP is away, or longer if the events take longer")
	fs.IntVar(&pace, "pace", 20, "events a second that each URL of the ERP gets when it is back")
	fs.BoolVar(&asJSON, "json", false, "print the report as one JSON object on standard output")
	return cmd
}

const (
	// leastWaiting has events of orders and of products, and with maxWaiting all of them are in the server's memory.
	leastWaiting = 20
	maxWaiting   = 100_000
	// maxPace is more than any server achieves.
	maxPace = 10_000
	maxAway = 72 * time.Hour
)
