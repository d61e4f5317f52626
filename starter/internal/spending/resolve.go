package spending

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/redemptions"
	"github.com/giftbridge/giftbridge/internal/redemptions/deciding"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

// takenWithin is how long the card's workflow has to take an answer in. It does so as soon as a worker runs.
const takenWithin = 15 * time.Second

func newResolve(f *cli.Flags) *cobra.Command {
	var moved, notMoved, yes bool
	var reason string
	cmd := &cobra.Command{
		Use:   "resolve CLIENT/ID --moved|--not-moved --reason WHY",
		Short: "Record whether an issuer has moved an amount of which that is unknown",
		Long: `Resolve settles a redemption of which it is unknown whether the issuer took the amount off the card: its answer was lost,
and the balance does not tell. As long as it is unknown, the amount counts as taken, so nobody can spend it. Look up at the
issuer whether the amount was moved, by the redemption's ID, which is the reference of the request; then record what you found:

  --moved       the amount was taken off the card: the redemption has succeeded, and the shop's order is paid
  --not-moved   the amount was not taken: the redemption is declined, and the amount can be spent again

If it is unknown whether an amount was given back, the same answers say that: --moved, the card has the amount again; --not-moved,
it has not, and the redemption can be given back once more.

It asks for confirmation first. Be certain that nothing more comes of the request: a wrong --not-moved lets the amount be spent
twice, and a wrong --moved takes it from the buyer. Who gave which answer, and why, is on record. An issuer's answer that comes
first counts.`,
		Example: `  giftbridge cards resolve checkout/3f2a6c1e9d0b4a57886f1c2d3e4f5a6b --moved --reason 'seen at the issuer, ticket 4711'
  giftbridge cards resolve checkout/3f2a6c1e9d0b4a57886f1c2d3e4f5a6b --not-moved --reason 'the issuer has no such request'`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := oneRedemption(cmd, args); err != nil {
				return err
			}
			if moved == notMoved {
				return cli.Usagef("pass either --moved or --not-moved, as you found at the issuer")
			}
			return given(reason)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return session.Operate(cmd, session.OnlyToLook, func(ctx context.Context, o *operator.Operator) error {
				found, err := find(ctx, o, args[0])
				if err != nil {
					return err
				}
				doubt, _ := found.Doubt()
				if doubt == redemptions.None {
					return fmt.Errorf("nothing is unknown about redemption %s: it is %s", found.Name(), state(*found))
				}
				if err := cli.Confirm(cmd, yes, verdict(*found, doubt, moved)+" Is this correct?"); err != nil {
					return err
				}
				if err := deciding.Resolve(ctx, o.Redemptions, found, moved, cli.Whoami(), reason); err != nil {
					return err
				}
				now, err := deciding.Settled(ctx, o.Redemptions, found, takenWithin, func(f *redemptions.Found) bool {
					left, _ := f.Doubt()
					return left == redemptions.None
				})
				if err != nil {
					return fmt.Errorf("your answer is recorded, but not what became of it: %w", err)
				}
				return recorded(cmd, f, *now)
			})
		},
	}
	cmd.Flags().BoolVar(&moved, "moved", false, "the issuer has moved the amount")
	cmd.Flags().BoolVar(&notMoved, "not-moved", false, "the issuer has not moved the amount, and will not")
	cmd.Flags().StringVar(&reason, "reason", "", "reason, kept on record")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask for confirmation")
	return cmd
}

// verdict says what an answer means.
func verdict(f redemptions.Found, doubt redemptions.Doubt, moved bool) string {
	about := "Redemption " + f.Name() + paidFor(f) + ": " + amount(f)
	switch {
	case doubt == redemptions.GivingBack && moved:
		return about + " was given back to the card."
	case doubt == redemptions.GivingBack:
		return about + " was not given back to the card."
	case moved:
		return about + " was taken off the card."
	}
	return about + " was not taken off the card, and can be spent again."
}

// recorded prints where a redemption stands after an answer.
func recorded(cmd *cobra.Command, flags *cli.Flags, f redemptions.Found) error {
	if doubt, _ := f.Doubt(); doubt != redemptions.None {
		return fmt.Errorf("your answer is recorded, and takes effect once a worker runs; later, run: %s cards redemptions %s",
			buildinfo.Program, f.Name())
	}
	if flags.JSON {
		return cli.JSON(cmd.OutOrStdout(), f)
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "redemption %s: %s\n", printable.Line(f.Name(), 0), printable.Line(state(f), 0))
	return err
}
