package main

import (
	"cmp"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/sandbox/internal/bench/checkout"
)

func newCheckout() *cobra.Command {
	var o checkout.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "checkout",
		Short: "Measure gift cards that are spent at a checkout, beside what Temporal costs at least",
		Long: `Checkout measures shops that spend gift cards of Four Way Shop (4WS) over HTTP. Temporal, in memory, and the worker and
the receiver that are deployed run in processes of their own, against a simulated 4WS whose queue takes 20 ms. It builds
the programs first, and needs Linux and the go command. In each round it measures:

- the time until a shop knows that an amount was taken, at 10 redemptions a second of different cards, beside a bare
  workflow for each card, with one update, which looks at the card, asks the same 4WS and waits for the signal of its
  callback; and the events and Temporal's actions of both. A shop's looks at what is not settled are not among them;
- 50 redemptions at once on one card: how many updates are in flight, whether 4WS's ledger has them in the order in
  which they were accepted, and how long the last shop waits until it knows, or is told that the card is busy;
- 120 redemptions one after another on a card that keeps as many earlier ones as a card may: the events and the size of the
  history of a run, and the size of all that it keeps.

Once, it spends a card 10,000 times and gives back each amount, in the SDK's test environment, without a server, and
measures what the card's workflow hands to its next run.

Every other round has what is compared in the opposite order: an even number of rounds favours none. The defaults take
about 6 minutes on 2 cores.

Figures of different runs do not compare where the machine is shared; ratios inside one run do, and bars are limits for
them. Exit codes: 0 all bars are held, 1 one is missed or something failed, 2 wrong usage.`,
		Example: `  go run ./sandbox/bench checkout
  go run ./sandbox/bench checkout --rounds 2 --seconds 60
  go run ./sandbox/bench checkout --json`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := cmp.Or(between("rounds", o.Rounds, 1, 100), between("seconds", o.Seconds, 1, 600),
				between("long", o.Long, 1, maxLong))
			if err != nil {
				return err
			}
			return measure(cmd, "the worker, the receiver and the bare program", checkout.Build, o, asJSON)
		},
	}
	fs := cmd.Flags()
	fs.IntVar(&o.Rounds, "rounds", 4, "number of rounds, best even")
	fs.IntVar(&o.Seconds, "seconds", 20, "how long different cards are spent in `seconds`")
	fs.IntVar(&o.Long, "long", 10_000, "number of redemptions of the card that is spent without a server")
	fs.BoolVar(&asJSON, "json", false, "print the report as one JSON object on standard output")
	return cmd
}

// maxLong limits the redemptions of one card to some minutes.
const maxLong = 100_000
