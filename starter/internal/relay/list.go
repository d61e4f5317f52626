package relay

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/relayed"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

// listed is the list in JSON.
type listed struct {
	Endpoints   []relayed.EndpointStatus `json:"endpoints"`
	Waiting     []relayed.Waiting        `json:"waiting"`
	Undelivered []relayed.Undelivered    `json:"undelivered"`
	// AllWaiting and AllUndelivered are how many there are without the limit.
	AllWaiting     int `json:"all_waiting"`
	AllUndelivered int `json:"all_undelivered"`
}

func newList(f *cli.Flags) *cobra.Command {
	var endpoint, since string
	var failed bool
	var limit int
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List what waits for the other system, and what it has refused",
		Long: `List shows the orders and products with events that wait, the longest first, and then the events that are undelivered,
the last one first. An event is undelivered once its endpoint has refused it for three days; it stays listed until it is sent
again, until somebody settles it, or until Temporal deletes its record.

TRIES is how often the first event of an order or product was tried without success, and NEXT when it is tried again. A paused
endpoint is named first: nothing is tried there. On a terminal, times are relative and the last answer is cut to the width.`,
		Example: `  giftbridge relay list
  giftbridge relay list --failed --endpoint orders
  giftbridge relay list --since 24h --json | jq -r '.undelivered[].event.id'`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			now := session.Now()
			filter := relayed.Filter{Endpoint: endpoint, Limit: limit}
			if endpoint != "" {
				if err := session.CheckEndpoint(endpoint); err != nil {
					return err
				}
			}
			if limit < 0 {
				return cli.Usagef("--limit %d is negative; 0 lists all", limit)
			}
			if since != "" {
				var err error
				if filter.Since, err = cli.Moment(since, now); err != nil {
					return cli.Usagef("--since %w", err)
				}
			}
			return operate(cmd, session.OnlyToLook, func(ctx context.Context, o *relayed.Relayed) error {
				session.NoteRelay(cmd.ErrOrStderr())
				l, err := list(ctx, o, filter, failed)
				if err != nil {
					return err
				}
				if f.JSON {
					return cli.JSON(cmd.OutOrStdout(), l)
				}
				return l.print(cmd.OutOrStdout(), cmd.ErrOrStderr(), now)
			})
		},
	}
	cmd.Flags().StringVar(&endpoint, "endpoint", "", "only those of an endpoint: orders or products")
	cli.Complete(cmd, "endpoint", relaying.Endpoints...)
	cmd.Flags().BoolVar(&failed, "failed", false, "only undelivered events")
	cmd.Flags().StringVar(&since, "since", "", "only what has waited, or was given up, since a time (RFC 3339), a day (2026-11-20), or how long ago (24h, 7d)")
	cmd.Flags().IntVar(&limit, "limit", 50, "maximum number of each kind; 0 for all")
	return cmd
}

func list(ctx context.Context, o *relayed.Relayed, f relayed.Filter, failed bool) (l listed, err error) {
	l = listed{Waiting: []relayed.Waiting{}, Undelivered: []relayed.Undelivered{}}
	endpoints := relaying.Endpoints
	if f.Endpoint != "" {
		endpoints = []string{f.Endpoint}
	}
	if l.Endpoints, err = o.Statuses(ctx, endpoints); err != nil {
		return l, err
	}
	if !failed {
		waiting, all, err := o.Waiting(ctx, f)
		if err != nil {
			return l, err
		}
		l.Waiting, l.AllWaiting = append(l.Waiting, waiting...), all
	}
	undelivered, all, err := o.Undelivered(ctx, f)
	l.Undelivered, l.AllUndelivered = append(l.Undelivered, undelivered...), all
	return l, err
}

// columns are the header of the table.
var columns = []string{"STATE", "ENDPOINT", "OF", "EVENT", "TRIES", "SINCE", "NEXT", "ID", "LAST ANSWER"}

const (
	waits       = "waiting"
	undelivered = "undelivered"
)

// print prints the list, and notes to another writer.
func (l listed) print(out, notes io.Writer, now time.Time) error {
	for _, e := range l.Endpoints {
		if says := halted(e); says != "" {
			_, _ = fmt.Fprintln(notes, says)
		}
	}
	if len(l.Waiting)+len(l.Undelivered) == 0 {
		_, err := fmt.Fprintln(notes, "nothing waits, and nothing is undelivered")
		return err
	}
	if more := l.AllWaiting - len(l.Waiting) + l.AllUndelivered - len(l.Undelivered); more > 0 && len(l.Waiting) < l.AllWaiting+l.AllUndelivered {
		_, _ = fmt.Fprintf(notes, "%d more are not shown; --limit 0 lists all\n", more)
	}
	width := cli.Width(out)
	when := moments(now, width)
	g := cli.Grid{Header: columns, Spare: []string{"EVENT", "NEXT", "TRIES"}, Status: func(column, cell string) check.Status {
		switch {
		case column == "STATE" && cell == undelivered:
			return check.Fail
		case column == "STATE":
			return check.Warn
		}
		return ""
	}}
	for _, w := range l.Waiting {
		answer := ""
		if w.Failure != nil {
			answer = w.Failure.Kind + ": " + w.Failure.Message
		}
		g.Rows = append(g.Rows, []string{
			waits, w.Endpoint, called(w.Name, w.Resource), "", strconv.Itoa(w.Failed), when(w.Since), when(w.NextAt), "", answer,
		})
	}
	for _, u := range l.Undelivered {
		g.Rows = append(g.Rows, []string{
			undelivered, u.Endpoint, called(u.Name, u.Resource), u.Event.Topic, "", when(u.GivenUpAt), "",
			relayed.Short(u.Event.FirstID()), u.Failure.Kind + ": " + u.Failure.Message,
		})
	}
	return g.Print(out, width)
}

// called is what people call an order or a product.
func called(name, resource string) string { return cmp.Or(name, resource) }

// moments returns how times are shown: relative on a terminal, which has a width.
func moments(now time.Time, width int) func(time.Time) string {
	return func(t time.Time) string {
		switch {
		case t.IsZero():
			return ""
		case width == 0:
			return t.In(now.Location()).Format(time.RFC3339)
		case t.After(now):
			return "in " + t.Sub(now).Round(time.Second).String()
		}
		return cli.Ago(t, now)
	}
}
