// Command floor is a worker that does the least that Temporal can do for an order. The workers of giftbridge are
// compared with it.
package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/sandbox/internal/floor"
)

func main() { os.Exit(cli.Execute(newRoot(), os.Stderr)) }

func newRoot() *cobra.Command {
	var o floor.Options
	root := &cobra.Command{
		Use:   "floor",
		Short: "Run a worker whose orders are empty",
		Args:  cli.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return floor.Run(cmd.Context(), o) },
	}
	fs := root.Flags()
	fs.StringVar(&o.Temporal, "temporal", "127.0.0.1:7233", "address of Temporal")
	fs.StringVar(&o.Namespace, "namespace", "default", "namespace")
	fs.StringVar(&o.Listen, "listen", "127.0.0.1:0", "where to answer /readyz and "+floor.LedgerPath)
	fs.BoolVar(&o.SDKDefaults, "sdk-defaults", false, "poll and connect as the SDK does by default, with gzip, not as giftbridge does")
	fs.DurationVar(&o.Takes, "takes", 0, "how long the last activity of an order takes")
	fs.IntVar(&o.Slots, "slots", 0, "number of activities at once, the SDK's default if 0")
	fs.StringVar(&o.Shop.BaseURL, "shop", "", "base `URL` of the simulated Four Way Shop whose cards are spent")
	fs.StringVar(&o.Shop.Username, "shop-username", "", "login there")
	fs.StringVar(&o.Shop.Password, "shop-password", "", "password there, of a simulated shop alone: other users see it")
	fs.StringVar(&o.Shop.EntityCode, "shop-entity", "", "entity whose cards are spent")
	fs.StringVar(&o.ERP.URL, "erp", "", "`URL` of the simulated ERP that takes the events of mailboxes")
	fs.StringVar(&o.ERP.Secret, "erp-secret", "", "secret that signs them, of a simulated ERP alone: other users see it")
	fs.StringVar(&o.ERP.Shop, "erp-shop", "", "shop in whose name they are posted")
	root.AddCommand(newHandler())
	return root
}

func newHandler() *cobra.Command {
	var o floor.HandlerOptions
	cmd := &cobra.Command{
		Use:   "handler",
		Short: "Run a receiver that reads webhooks and checks their signatures",
		Long: `Handler runs a receiver that reads webhooks and checks their signatures. With --temporal, it puts those that come to
` + floor.MailboxPath + ` and the number of a resource into a mailbox before it answers. It does nothing else.`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return floor.Handle(cmd.Context(), o) },
	}
	fs := cmd.Flags()
	fs.StringVar(&o.Listen, "listen", "127.0.0.1:0", "where to answer /readyz and webhooks")
	fs.StringVar(&o.Secret, "secret", "", "the `secret` that signs webhooks, of a simulated shop alone: other users see it")
	fs.StringVar(&o.Temporal, "temporal", "", "`address` of Temporal, for mailboxes")
	fs.StringVar(&o.Namespace, "namespace", "default", "namespace of the mailboxes")
	return cmd
}
