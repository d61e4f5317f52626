package main

import (
	"cmp"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/sandbox/internal/bench/issuers"
)

func newIssuers() *cobra.Command {
	var o issuers.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "issuers",
		Short: "Measure orders whose cards are issued at once and orders whose cards are made later, side by side",
		Long: `Issuers measures orders of two issuers: CashStar, which issues a card at once, and Four Way Shop (4WS), which puts it into
a queue and calls back. Temporal, in memory, a worker with 100 activity slots and the receiver that is deployed run in
processes of their own, against a simulated shop and simulated issuers. It builds the programs first, and needs Linux and
the go command. In each round it measures:

- the time from the start of the workflow of a single order to its card at CashStar, with the look-up of its merchant, beside
  a bare workflow of two activities, of which one takes as long as the issuer;
- the time from the start of the workflow of a single order until it knows that its card at 4WS is active, beside a bare
  pair of workflows. Its first one starts the second by an activity. The second one has three activities: two put
  something into a queue, which signals when it is done, and the third signals the first workflow. What the queues take is
  taken out of both;
- the time until the last of many such orders that come at once, again beside bare pairs, with a queue that takes 3 s for
  each of the two steps. There are more orders than activity slots: if anything waited inside an activity, they would queue;
- the events of the histories of an order of each issuer and of a card of 4WS, and Temporal's actions for that card.

Every other round has what is compared in the opposite order: an even number of rounds favours none. The defaults take
about 10 minutes on 2 cores.

Figures of different runs do not compare where the machine is shared; ratios inside one run do, and bars are limits for
them. Exit codes: 0 all bars are held, 1 one is missed or something failed, 2 wrong usage.`,
		Example: `  go run ./sandbox/bench issuers
  go run ./sandbox/bench issuers --rounds 2 --burst 100
  go run ./sandbox/bench issuers --json`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := cmp.Or(between("rounds", o.Rounds, 1, 100), between("singles", o.Singles, 1, maxSingles),
				between("burst", o.Burst, 1, maxBurst))
			if err != nil {
				return err
			}
			return measure(cmd, "the receiver and the bare program", issuers.Build, o, asJSON)
		},
	}
	fs := cmd.Flags()
	fs.IntVar(&o.Rounds, "rounds", 4, "number of rounds, best even")
	fs.IntVar(&o.Singles, "singles", 50, "number of orders of each issuer that come one by one")
	fs.IntVar(&o.Burst, "burst", 300, "number of orders that come at once")
	fs.BoolVar(&asJSON, "json", false, "print the report as one JSON object on standard output")
	return cmd
}

// maxSingles limits the orders that come one by one: each poll reads the earlier ones again.
const maxSingles = 1000
