package main

import (
	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/starter/internal/merchants"
	"github.com/giftbridge/giftbridge/starter/internal/operations"
	"github.com/giftbridge/giftbridge/starter/internal/orders"
	"github.com/giftbridge/giftbridge/starter/internal/setup"
)

func newRoot() *cobra.Command {
	f := &cli.Flags{}
	root := &cobra.Command{
		Use:   "starter",
		Short: "Set up and operate giftbridge",
		Long: `Starter sets up and operates giftbridge. It connects to Temporal at TEMPORAL_ADDRESS (it also reads the
other variables and the profile file of the temporal command line), and is configured like the worker:
docs/configuration.md.

Getting started:
  starter doctor             check everything that giftbridge needs, and say how to fix what fails
  starter schedules          create the search attributes and schedules; safe on every deploy
  starter poll               poll now instead of waiting for the schedule
  starter status             show the state of the system; exits with 1 if it needs attention
  starter orders list        list the gift-card orders and their states
  starter orders show '#1001'
                             show one order: its cards, its failures, and where to look
  starter orders retry       run failed orders again
  starter merchants find '#1001'
                             find the merchant that an order would get, and say why
  starter digest --dry-run   print the daily digest as of now
  starter deployment         show the worker versions, if the workers have versions
  starter codec-server       decrypt payloads for the Web UI and the temporal command line

Exit codes: 0 success, 1 failure, 2 wrong usage or configuration, 130 interrupted.`,
		Args: cli.NoArgs,
		RunE: cli.Help,
	}
	f.Register(root)
	root.AddCommand(setup.Commands(f)...)
	root.AddCommand(operations.Commands(f)...)
	root.AddCommand(orders.Command(f))
	root.AddCommand(merchants.Command(f))
	return root
}
