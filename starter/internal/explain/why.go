// Package explain has the command "orders why": why an order has no cards, and what would change that.
package explain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/starter/internal/session"
	"github.com/giftbridge/giftbridge/workflows"
)

// Command returns the command, which belongs to the command "orders".
func Command(f *cli.Flags) *cobra.Command {
	return &cobra.Command{
		Use:   "why <order>",
		Short: "Say why an order has no cards, and what would change that",
		Long: `Why asks giftbridge and Shopify for an order, applies the rules of the poll's schedule as a poll would now, and
says why there are no cards:

  left out      by which rule, with the SKU, date or payment that decides
  waiting       the poll that will read the order
  passed over   polls have read the time of its last change without seeing it, and how to make up for it
  paused        polls are paused, by whom and why
  issuing       its attempts, and the last error
  failed        the kind of failure, what it means, and the command that comes after the cure
  left, settled why it is left to people, or who settled it
  redacted      who removed its personal data
  issued        it has its cards

It changes nothing. The order need not be known to giftbridge. Give its name, its number, its address in Shopify's admin
or in the Web UI, or the audit number of a card.

Exit codes: 0 explained, 1 neither giftbridge nor the shop has the order, or they could not be asked, 2 wrong usage.`,
		Example: `  giftbridge orders why '#1003'
  giftbridge orders why https://admin.shopify.com/store/example/orders/820982911946154508
  giftbridge orders why 820982911946154508 --json | jq -r .verdict`,
		Args: cli.OneOrder,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := config.Load()
			if err != nil {
				return &cli.UsageError{Err: err}
			}
			shop, err := app.NewOrders(cfg)
			if err != nil {
				return err
			}
			return session.Operate(cmd, config.Load, func(ctx context.Context, o *operator.Operator) error {
				known, err := collect(ctx, o, shop.Source, args[0])
				if err != nil {
					return err
				}
				a := explain(known)
				switch {
				case a.Verdict == unknown:
				case known.known != nil:
					a.Link = workflows.ShopLink(known.known.Shop, known.known.ID)
				default:
					a.Link = workflows.ShopLink(cfg.Shopify.Shop, a.Number)
				}
				show := printAnswer
				if f.JSON {
					show = func(w io.Writer, a answer) error { return cli.JSON(w, a) }
				}
				if err := show(cmd.OutOrStdout(), a); err != nil {
					return err
				}
				if a.Verdict == unknown {
					return fmt.Errorf("order %q: %s", a.Order, a.Why)
				}
				return nil
			})
		},
	}
}

// collect asks giftbridge and the shop for what is known of an order.
func collect(ctx context.Context, o *operator.Operator, shop intake.Source, reference string) (facts, error) {
	f := facts{now: time.Now().UTC()}
	r, err := o.Refer(ctx, reference)
	if err != nil {
		return f, err
	}
	f.reference = r.Text
	f.known, err = o.ShowOrder(ctx, reference)
	if _, none := errors.AsType[*executions.NotFoundError](err); err != nil && !none {
		return f, err
	}
	if f.known != nil {
		// The records explain the order even if the shop is away.
		f.shop, f.shopAway = shop.Read(ctx, f.known.ID)
		if errors.Is(f.shopAway, intake.ErrNotFound) {
			f.shopAway = nil
		}
		if changes, err := o.Outcomes(ctx, f.known.Shop, f.known.ID); err == nil && len(changes) > 0 {
			f.changed = changes[0].Says()
		}
		return f, ctx.Err()
	}
	f.shop, err = intake.Find(ctx, shop, r.Number, r.Names()...)
	if err != nil && !errors.Is(err, intake.ErrNotFound) {
		return f, err
	}
	return f, f.addSchedule(ctx, o)
}

// addSchedule adds what polls do, and how far they have come.
func (f *facts) addSchedule(ctx context.Context, o *operator.Operator) error {
	var err error
	if f.poll, err = o.ScheduledInput(ctx); err != nil {
		return err
	}
	poll, err := o.Schedule(ctx, workflows.PollScheduleID, nil)
	if err != nil {
		return err
	}
	sweep, err := o.Schedule(ctx, workflows.SweepScheduleID, nil)
	if err != nil {
		return err
	}
	var last workflows.PollOrdersResult
	if err := o.LastResult(ctx, workflows.PollScheduleID, &last); err != nil {
		return err
	}
	f.isPaused, f.pausedBy, f.nextPoll, f.watermark = poll.Paused, poll.Note, poll.NextAt, last.Watermark
	f.every = time.Duration(poll.Interval * float64(time.Second))
	f.late = !f.watermark.IsZero() && o.Stale(f.now.Sub(f.watermark))
	if !sweep.Paused {
		f.nextSweep = sweep.NextAt
	}
	return nil
}

func printAnswer(w io.Writer, a answer) error {
	return cli.Table(w, func(row func(...any)) {
		name := a.Order
		if a.Number != "" {
			name += " (" + a.Number + ")"
		}
		row("order", name)
		row("why", a.Why)
		label := "what to do"
		for _, todo := range a.Todo {
			row(label, todo)
			label = ""
		}
		if a.InShop != "" {
			row("in the shop", a.InShop)
		}
		if a.Link != "" {
			row("link", a.Link)
		}
	})
}
