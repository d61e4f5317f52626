package cards

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/digest/words"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

// resent is a card that was sent once more.
type resent struct {
	Order  string    `json:"order"`
	Unit   int       `json:"unit"`
	SentAt time.Time `json:"sent_at"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
}

func newResend(f *cli.Flags) *cobra.Command {
	r := resender{flags: f}
	cmd := &cobra.Command{
		Use:   "resend <order> --reason WHY [--unit N] [--to ADDRESS]",
		Short: "Mail a card to its recipient once more",
		Long: `Resend mails a card once more that was sent before: to its recipient, or with --to to another address. It is the
same card, so whoever has the first mail can still spend it. The greeting is that of the order. A card that was cancelled
or used up is not sent.

A card whose mail was refused was not sent: correct its address by "orders fix" instead. A card that its issuer sends
itself can only be sent again by the issuer.

It asks for confirmation first. Make sure that who asks for the card is its recipient: whoever reads the mail can spend the
card. Who sent it, when and why is on record.`,
		Example: `  giftbridge cards resend '#1001' --reason 'deleted by mistake, ticket 4711'
  giftbridge cards resend '#1001' --unit 2 --to grace@example.com --reason 'mailbox is gone, ticket 4712'`,
		Args: cli.OneOrder,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case cmd.Flags().Changed("unit") && r.unit < 1:
				return cli.Usagef("--unit must be the number of a card, starting at 1; orders show lists the cards")
			case strings.TrimSpace(r.reason) == "":
				return cli.Usagef("--reason must not be empty: it is recorded")
			case cmd.Flags().Changed("to"):
				address, err := intake.Address(r.to)
				if err != nil {
					return cli.Usagef("--to: %v", err)
				}
				r.to = address
			}
			r.cmd = cmd
			return session.Operate(cmd, session.OnlyToLook, func(ctx context.Context, o *operator.Operator) error {
				return r.run(ctx, o, args[0])
			})
		},
	}
	cmd.Flags().IntVar(&r.unit, "unit", 0, "number of the card in the order, starting at 1; needed if the order has several cards")
	cmd.Flags().StringVar(&r.to, "to", "", "another address that the card goes to")
	cmd.Flags().StringVar(&r.reason, "reason", "", "reason, kept on record")
	cmd.Flags().BoolVarP(&r.yes, "yes", "y", false, "do not ask for confirmation")
	return cmd
}

// resender sends a card once more.
type resender struct {
	flags      *cli.Flags
	cmd        *cobra.Command
	unit       int
	to, reason string
	yes        bool
}

func (r *resender) run(ctx context.Context, o *operator.Operator, name string) error {
	d, err := o.ShowOrder(ctx, name)
	if err != nil {
		return err
	}
	unit, err := r.number(d)
	if err != nil {
		return err
	}
	card, err := o.ResendableCard(ctx, d, unit)
	if err != nil {
		return err
	}
	where := "to its recipient"
	if r.to != "" {
		where = "to the address that you gave, and not to its recipient"
	}
	question := fmt.Sprintf("Send card %d of order %s (%s) once more, %s?", unit, printable.Line(d.Name, 0),
		words.Amount(card.Price, card.Currency), where)
	if err := cli.Confirm(r.cmd, r.yes, question); err != nil {
		return err
	}
	done := resent{Order: d.Name, Unit: unit, By: cli.Whoami(), Reason: r.reason}
	result, err := o.ResendCard(ctx, d, card, r.to, done.By, done.Reason)
	if err != nil {
		return err
	}
	done.SentAt = result.SentAt
	if r.flags.JSON {
		return cli.JSON(r.cmd.OutOrStdout(), done)
	}
	_, err = fmt.Fprintf(r.cmd.OutOrStdout(), "card %d of order %s was sent once more at %s\n", unit, printable.Line(d.Name, 0),
		done.SentAt.UTC().Format(time.RFC3339))
	return err
}

// number returns the number of the card to send. An order of one card needs no --unit.
func (r *resender) number(d *orders.OrderDetails) (int, error) {
	if r.unit > 0 {
		return r.unit, nil
	}
	if n := len(d.Cards()) + len(d.FailedUnits()); n > 1 {
		return 0, cli.Usagef("order %s has %d cards: say which by --unit; %s orders show lists them", d.Name, n, buildinfo.Program)
	}
	return 1, nil
}
