package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/cli"
	receiver "github.com/giftbridge/giftbridge/receiver/command"
	"github.com/giftbridge/giftbridge/starter/internal/cards"
	"github.com/giftbridge/giftbridge/starter/internal/checkout"
	"github.com/giftbridge/giftbridge/starter/internal/decisions"
	"github.com/giftbridge/giftbridge/starter/internal/explain"
	"github.com/giftbridge/giftbridge/starter/internal/merchants"
	"github.com/giftbridge/giftbridge/starter/internal/messages"
	"github.com/giftbridge/giftbridge/starter/internal/operations"
	"github.com/giftbridge/giftbridge/starter/internal/orders"
	"github.com/giftbridge/giftbridge/starter/internal/previewing"
	"github.com/giftbridge/giftbridge/starter/internal/privacy"
	"github.com/giftbridge/giftbridge/starter/internal/relay"
	"github.com/giftbridge/giftbridge/starter/internal/relay/sending"
	"github.com/giftbridge/giftbridge/starter/internal/rerun"
	"github.com/giftbridge/giftbridge/starter/internal/setup"
	"github.com/giftbridge/giftbridge/starter/internal/spending"
	"github.com/giftbridge/giftbridge/starter/internal/webhooks"
	worker "github.com/giftbridge/giftbridge/worker/command"
)

func newRoot() *cobra.Command {
	f := &cli.Flags{}
	root := &cobra.Command{
		Use:   buildinfo.Program,
		Short: "Turn Shopify gift-card orders into gift cards",
		Long: `Giftbridge turns Shopify gift-card orders into gift cards at an issuer. Workers do that; all other commands
set it up and operate it. They connect to Temporal at TEMPORAL_ADDRESS (the other variables and the profile file of the
temporal command line count as well), and have the same configuration: docs/configuration.md.

Getting started:
  giftbridge doctor             check everything that giftbridge needs, and say how to fix what fails
  giftbridge schedules          create the search attributes and schedules; safe on every deploy
  giftbridge worker             run a worker, until it is stopped
  giftbridge receiver           take in webhooks, callbacks and checkouts, until it is stopped
  giftbridge poll               poll now instead of waiting for the schedule
  giftbridge status             show the state of the system; exits with 1 if it needs attention
  giftbridge pause              take in no more orders; resume ends that
  giftbridge orders list        list the gift-card orders and their states
  giftbridge orders show '#1001'
                                show one order: its cards, its failures, and where to look
  giftbridge orders why '#1003'
                                say why an order has no cards, and what would change that
  giftbridge orders retry       run failed orders again
  giftbridge orders fix         correct the address or the day of delivery of cards that failed
  giftbridge orders settle      record that nothing is left to do for an order
  giftbridge cards resend '#1001' --reason 'ticket 4711'
                                mail a card to its recipient once more
  giftbridge cards show '#1001'
                                show the state and balance of an order's cards at their issuers
  giftbridge cards redemptions --unknown
                                list amounts of which nobody knows whether they were taken off a card
  giftbridge merchants find '#1001'
                                find the merchant that an order would get, and say why
  giftbridge messages list      list messages to customers that could not be sent
  giftbridge messages show '#1001'
                                show what the customer of an order was told, and what not
  giftbridge messages preview '#1001'
                                show what the customer of an order would be told, and why
  giftbridge messages resend '#1001' --key 3f2a6c1e --reason 'ticket 4711'
                                send a message about an order once more
  giftbridge relay list         list the events that wait for the ERP, and those that it has refused
  giftbridge relay replay --id EVENT
                                send an event to the ERP once more
  giftbridge privacy find --customer 7001
                                find the histories that hold a person's data
  giftbridge digest --dry-run   print the daily digest as of now
  giftbridge checkout key webshop
                                make a key for a checkout that may spend gift cards
  giftbridge webhooks           keep the subscriptions by which Shopify tells of orders at once
  giftbridge deployment         show the worker versions, if the workers have versions
  giftbridge codec-server       decrypt payloads for the Web UI and the temporal command line

Exit codes: 0 success, 1 failure, 2 wrong usage or configuration, 130 interrupted.`,
		Args: cli.NoArgs,
		RunE: cli.Help,
	}
	f.Register(root)
	cli.EnvFile(root)
	root.AddCommand(worker.New(), receiver.New())
	root.AddCommand(setup.Commands(f)...)
	root.AddCommand(operations.Commands(f)...)
	others := slices.Concat(rerun.Commands(f), decisions.Commands(f), cards.Commands(f))
	root.AddCommand(orders.Command(f, append(others, explain.Command(f))...))
	root.AddCommand(cards.Command(f, spending.Commands(f)...))
	root.AddCommand(checkout.Command(f), merchants.Command(f), messages.Command(f, previewing.Command(f)), privacy.Command(f), webhooks.Command(f))
	root.AddCommand(relay.Command(f, sending.Commands(f)...))
	return root
}
