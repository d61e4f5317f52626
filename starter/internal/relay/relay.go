// Package relay has the commands about the shop's events that go on to another system, such as an ERP.
package relay

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/relayed"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

// Command returns the command that groups the others. others are subcommands of other packages.
func Command(f *cli.Flags, others ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "relay",
		Short: "See and control which events go on to another system, such as an ERP",
		Long: `Relay has the commands about the shop's events that giftbridge sends on, each to the URL of its endpoint: orders
(RELAY_ORDERS_URL) or products (RELAY_PRODUCTS_URL). An event waits in the mailbox of its order or product until its endpoint has
taken it. One that the endpoint has refused for three days is undelivered: people decide about it.

If the other system was away:
  1. See what waits, and why:                        giftbridge relay list
  2. Once it is back, see whether it takes events:   giftbridge relay test orders
  3. Have what waits tried now:                      giftbridge relay resume orders
  4. Send what it has refused once more:             giftbridge relay list --failed, then relay replay --id EVENT
  5. If it has lost what it had taken:               giftbridge relay replay --since TIME --until TIME

docs/relay.md is for the developers of the other system.`,
		Args: cli.NoArgs,
		RunE: cli.Help,
	}
	cmd.AddCommand(newList(f), newShow(f), newPause(f), newResume(f), newSettle(f))
	cmd.AddCommand(others...)
	return cmd
}

// operate runs do with the relay of the installation.
func operate(
	cmd *cobra.Command, load func() (config.Config, error), do func(context.Context, *relayed.Relayed) error,
) error {
	return session.Operate(cmd, load, func(ctx context.Context, o *operator.Operator) error {
		return do(ctx, relayed.New(o.Reader, cli.Whoami()))
	})
}
