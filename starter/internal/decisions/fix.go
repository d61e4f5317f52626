package decisions

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/left"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/starter/internal/session"
	"github.com/giftbridge/giftbridge/workflows"
)

func newFix(f *cli.Flags) *cobra.Command {
	x := fixer{flags: f}
	var email, message, sendOn string
	cmd := &cobra.Command{
		Use:   "fix <order> [--unit N] --email ADDRESS | --send-on now|DATE",
		Short: "Correct the address or the day of delivery of cards that do not exist yet, and issue them",
		Long: `Fix corrects cards of a failed order: the address that they go to, the greeting, or the day of delivery. Ask the
customer first; giftbridge cannot know what is right. The order is then run again, and so it will be whenever it is run
again later. Audit numbers and the order in the shop stay the same.

A card that its issuer has made, and that giftbridge could not mail, is not made anew: it is sent to the corrected address.

Without --unit, it corrects all cards of the order that do not exist yet. It refuses a card that exists, and a card that
may exist because an attempt to issue it was cut off or not answered: that one was sent as it was ordered, if it was.

A DATE is a day such as 2026-12-24, in the time zone of the buyer. "now" sends the cards as soon as they are issued.

It asks for confirmation first. The order keeps on record who corrected it, when, and the note; "orders show" prints
them, but no address.`,
		Example: `  giftbridge orders fix '#1001' --email grace@example.com --note 'the customer called, ticket 4711'
  giftbridge orders fix '#1001' --unit 2 --email grace@example.com --message 'Happy birthday!'
  giftbridge orders fix '#1001' --send-on now --dry-run`,
		Args: cli.OneOrder,
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, given := range []string{"email", "message", "send-on"} {
				if cmd.Flags().Changed(given) && strings.TrimSpace(cmd.Flag(given).Value.String()) == "" {
					return cli.Usagef("--%s is empty", given)
				}
			}
			if len(x.units) > 0 && slices.Min(x.units) < 1 {
				return cli.Usagef("--unit must be the number of a card, starting at 1")
			}
			if email == "" && message == "" && sendOn == "" {
				return cli.Usagef("say what to correct: --email, --message or --send-on")
			}
			correction, err := left.ReadFix(email, message, sendOn)
			if err != nil {
				return &cli.UsageError{Err: err}
			}
			x.cmd = cmd
			return session.Operate(cmd, session.OnlyToLook, func(ctx context.Context, o *operator.Operator) error {
				return x.run(ctx, o, args[0], correction)
			})
		},
	}
	cmd.Flags().IntSliceVar(&x.units, "unit", nil, "number of the card in the order, starting at 1; may be repeated")
	cmd.Flags().StringVar(&email, "email", "", "the address that the cards go to")
	cmd.Flags().StringVar(&message, "message", "", "the greeting to the recipient")
	cmd.Flags().StringVar(&sendOn, "send-on", "", "the day of delivery: now, or a date such as 2026-12-24")
	cmd.Flags().StringVar(&x.note, "note", buildinfo.Program+" orders fix", "why, kept on record")
	cmd.Flags().BoolVar(&x.dryRun, "dry-run", false, "only print what would be corrected")
	cmd.Flags().BoolVarP(&x.yes, "yes", "y", false, "do not ask for confirmation")
	cli.Complete(cmd, "send-on", workflows.SendNow)
	return cmd
}

// fixer corrects the cards of an order.
type fixer struct {
	flags       *cli.Flags
	cmd         *cobra.Command
	units       []int
	note        string
	dryRun, yes bool
}

// correction is a correction that was recorded.
type correction struct {
	*left.Fix
	By   string `json:"by,omitempty"`
	Note string `json:"note,omitempty"`
	Link string `json:"link,omitempty"`
}

func (x *fixer) run(ctx context.Context, o *operator.Operator, name string, what workflows.Fix) error {
	d, err := o.ShowOrder(ctx, name)
	if err != nil {
		return err
	}
	plan, err := o.PlanFix(ctx, d, x.units, what)
	if err != nil {
		return err
	}
	if x.dryRun {
		if x.flags.JSON {
			return cli.JSON(x.cmd.OutOrStdout(), correction{Fix: plan})
		}
		_, err := fmt.Fprintln(x.cmd.OutOrStdout(), correcting(plan))
		return err
	}
	if err := cli.Confirm(x.cmd, x.yes, correcting(plan)+" Is this what the customer wants?"); err != nil {
		return err
	}
	done := correction{Fix: plan, By: cli.Whoami(), Note: x.note}
	if done.Link, err = o.Fix(ctx, plan, done.By, done.Note); err != nil {
		return err
	}
	if x.flags.JSON {
		return cli.JSON(x.cmd.OutOrStdout(), done)
	}
	_, err = fmt.Fprintf(x.cmd.OutOrStdout(), "order %s is corrected, and is being issued: %s\n",
		printable.Line(plan.Name, 0), done.Link)
	return err
}

// correcting describes what a correction would do. It says nothing of the recipient.
func correcting(p *left.Fix) string {
	cards, them := "card ", "it"
	if len(p.Cards) > 1 {
		cards, them = "cards ", "them"
	}
	s := fmt.Sprintf("Order %s: %s%s would get another %s. The order would then be run again to issue %s.",
		printable.Line(p.Name, 0), cards, cli.Numbers(p.Cards), strings.Join(p.Changes, " and another "), them)
	if p.Existing > 0 {
		s += fmt.Sprintf(" Cards that already exist, and stay as they are: %d.", p.Existing)
	}
	return s
}
