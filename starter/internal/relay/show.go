package relay

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/relayed"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

func newShow(f *cli.Flags) *cobra.Command {
	return &cobra.Command{
		Use:   "show '#1001' | ENDPOINT/NUMBER | EVENT",
		Short: "Show the events of an order or a product: what waits, was refused, and was taken",
		Long: `Show prints what waits of one order or product, how often it was tried and what the endpoint has answered last, the events
that are undelivered, and those that the endpoint has taken, the last one first. Bodies are not printed.

An order is named by its name or number, a product by its number; "orders/NUMBER" and "products/NUMBER" say which. An undelivered
event is named by its ID, or by the beginning that list shows. What has been taken is known as far as Temporal keeps it. What waits
is asked of the mailbox itself, which needs a worker that runs.`,
		Example: `  giftbridge relay show '#1001'
  giftbridge relay show products/7000000000001
  giftbridge relay show evt_3f2a6c1e9d0b
  giftbridge relay show '#1001' --json | jq -r '.[].taken[].event.id'`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cli.Usagef("name an order, a product or an event; a shell treats #1001 as a comment: write '#1001'")
			}
			return cli.OneArg(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return operate(cmd, session.OnlyToLook, func(ctx context.Context, o *relayed.Relayed) error {
				places, err := o.Find(ctx, args[0])
				if err != nil {
					return err
				}
				details := make([]*relayed.Detail, len(places))
				for i, p := range places {
					if details[i], err = o.Show(ctx, p); err != nil {
						return err
					}
				}
				if f.JSON {
					return cli.JSON(cmd.OutOrStdout(), details)
				}
				for _, d := range details {
					if err := printDetail(cmd.OutOrStdout(), d, session.Now()); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
}

// maxShown is the number of taken events that are printed.
const maxShown = 20

func printDetail(w io.Writer, d *relayed.Detail, now time.Time) error {
	when := moments(now, 0)
	return cli.Table(w, func(row func(...any)) {
		row("events of", called(d.Name, d.Resource), d.String())
		switch b := d.Waiting; b {
		case nil:
			row("waiting", "nothing")
		default:
			row("waiting", fmt.Sprintf("since %s; %d attempts have failed", when(b.Since), b.Failed))
			if b.Failure != nil {
				row("last answer", b.Failure.Kind+": "+b.Failure.Message)
			}
			next := "now, or as soon as its turn comes"
			if !b.NextAt.IsZero() {
				next = when(b.NextAt)
			}
			row("next attempt", next)
			if d.Unread != "" {
				row("", "what waits cannot be read: it needs a worker that runs ("+d.Unread+")")
			}
			for _, e := range b.Events {
				row("  "+e.Topic, relayed.Short(e.ID), "came "+when(e.TakenAt))
			}
		}
		for _, u := range d.Undelivered {
			row("undelivered", u.Event.Topic, relayed.Short(u.Event.FirstID()), "given up "+when(u.GivenUpAt))
			row("", u.Failure.Kind+": "+u.Failure.Message)
			row("", "to send it once more, run: "+buildinfo.Program+" relay replay --id "+relayed.Short(u.Event.FirstID()))
		}
		for i, t := range d.Taken {
			if i == maxShown {
				row("", fmt.Sprintf("and %d more before; --json has all", len(d.Taken)-maxShown))
				break
			}
			row("taken", t.Event.Topic, relayed.Short(t.Event.ID), when(t.At), taking(t))
		}
		if len(d.Taken) > 0 {
			row("", "to send them once more, run: "+buildinfo.Program+" relay replay --of "+d.String())
		}
		if d.Older {
			row("", "what was taken before is not shown")
		}
	})
}

// taking says how an event was taken.
func taking(t relayed.Taken) string {
	var says []string
	if t.Attempts > 1 {
		says = append(says, fmt.Sprintf("%d attempts", t.Attempts))
	}
	if t.Stale {
		says = append(says, "older than what was taken before")
	}
	if t.Event.Again {
		says = append(says, "sent once more by hand")
	}
	return strings.Join(says, ", ")
}
