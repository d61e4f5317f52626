package main

import (
	"cmp"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/sandbox/internal/bench/receive"
)

func newReceiver() *cobra.Command {
	var o receive.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "receiver",
		Short: "Measure orders that arrive by webhook, beside what a receiver and Temporal cost at least",
		Long: `Receiver measures orders that arrive by webhook. Temporal, in memory, and the worker and the receiver that are
deployed run in processes of their own, against a simulated shop and issuer. It builds the programs first, and needs Linux
and the go command. In each round it measures:

- the answers to a flood of 500 irrelevant deliveries a second of 25 kB, beside a bare handler that reads the body and
  checks the signature; again with Temporal away; and how much memory the receiver holds;
- the time from the webhook of a single order to its card, beside a bare workflow whose one activity takes as long as the
  issuer, without the time that the simulated shop takes to be read; and again during a flood;
- the time until the last card of a burst of orders, by webhook and by a poll, each with a new server, and whether the
  quota of a shop with the smallest plan suffices;
- the Temporal actions of an order, with those of all polls that see it, and the events of its history.

Every other round has what is compared in the opposite order: an even number of rounds favours none. The defaults take
about 20 minutes on 2 cores.

Figures of different runs do not compare where the machine is shared; ratios inside one run do, and bars are limits for
them. Exit codes: 0 all bars are held, 1 one is missed or something failed, 2 wrong usage.`,
		Example: `  go run ./sandbox/bench receiver
  go run ./sandbox/bench receiver --rounds 2 --burst 500
  go run ./sandbox/bench receiver --transfer-poll-rps 1000`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := cmp.Or(between("rounds", o.Rounds, 1, 100), between("seconds", o.Seconds, 1, 600),
				between("singles", o.Singles, 1, maxOrders), between("burst", o.Burst, 1, maxBurst),
				between("transfer-poll-rps", o.TransferPollRPS, 0, maxPollRPS))
			if err != nil {
				return err
			}
			return measure(cmd, "the worker, the receiver and the bare program", receive.Build, o, asJSON)
		},
	}
	fs := cmd.Flags()
	fs.IntVar(&o.Rounds, "rounds", 4, "number of rounds, best even")
	fs.IntVar(&o.Seconds, "seconds", 10, "length of each flood in `seconds`")
	fs.IntVar(&o.Singles, "singles", 100, "number of orders that arrive one by one")
	fs.IntVar(&o.Burst, "burst", 2000, "number of orders that arrive at once")
	fs.IntVar(&o.TransferPollRPS, "transfer-poll-rps", 0,
		"compare this `value` of Temporal's history.transferProcessorMaxPollRPS with its default, for orders one by one")
	fs.BoolVar(&asJSON, "json", false, "print the report as one JSON object on standard output")
	return cmd
}

const (
	// maxBurst is what one poll's window may hold, and maxPollRPS is more than any server achieves.
	maxBurst   = 10_000
	maxPollRPS = 100_000
)
