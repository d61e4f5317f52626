package messages

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/told"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

// listFlags are the flags of the list.
type listFlags struct {
	order, since string
	failed       bool
	limit        int
}

// listed are the messages that could not be sent, and the orders, variants and products about which more may be told.
type listed struct {
	Unsent []told.Unsent `json:"unsent"`
	Open   []told.Talk   `json:"open"`
}

func newList(f *cli.Flags) *cobra.Command {
	var l listFlags
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List messages that could not be sent, and orders about which more may be told",
		Long: `List shows the messages that could not be sent and that nobody has seen to, the latest first, and then the orders,
variants and products about which customers may still be told something. A message leaves the list once it was sent after all ("messages
resend"), or once somebody has recorded that nothing is left to do ("messages settle").

On a terminal, times are relative and the reason is cut to the width; elsewhere nothing is cut. A list holds no phone number
and nothing of what was said.`,
		Example: `  giftbridge messages list --failed
  giftbridge messages list --order '#1001'
  giftbridge messages list --since 7d --limit 0 --json | jq -r '.unsent[].key'`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			filter, err := l.filter(session.Now())
			if err != nil {
				return err
			}
			return session.Operate(cmd, session.OnlyToLook, func(ctx context.Context, o *operator.Operator) error {
				if l.order != "" {
					if filter.Shop, filter.Number, err = o.Told.Identify(ctx, l.order, session.TheShop()); err != nil {
						return err
					}
				}
				out, err := l.read(ctx, o.Told, filter)
				if err != nil {
					return err
				}
				if f.JSON {
					return cli.JSON(cmd.OutOrStdout(), out)
				}
				return l.print(cmd, out, o.Configured().Messages)
			})
		},
	}
	cmd.Flags().BoolVar(&l.failed, "failed", false, "only messages that could not be sent")
	cmd.Flags().StringVar(&l.order, "order", "", "only those of one order")
	cmd.Flags().StringVar(&l.since, "since", "", "only those since a time (RFC 3339), a day (2026-11-20), or how long ago (24h, 7d)")
	cmd.Flags().IntVar(&l.limit, "limit", 100, "maximum number of lines; 0 for all")
	return cmd
}

// filter returns what the flags select.
func (l listFlags) filter(now time.Time) (told.Filter, error) {
	out := told.Filter{Limit: l.limit}
	if l.limit < 0 {
		return out, cli.Usagef("--limit %d is negative; 0 lists all", l.limit)
	}
	if l.since != "" {
		var err error
		if out.Since, err = cli.Moment(l.since, now); err != nil {
			return out, cli.Usagef("--since %w", err)
		}
	}
	return out, nil
}

// read reads what a filter selects, as many as it allows.
func (l listFlags) read(ctx context.Context, o *told.Told, filter told.Filter) (out listed, err error) {
	out.Open = []told.Talk{}
	if out.Unsent, err = told.AllUnsent(ctx, o.Reader, filter); err != nil || l.failed {
		return out, err
	}
	if filter.Limit > 0 {
		if filter.Limit -= len(out.Unsent); filter.Limit == 0 {
			return out, nil
		}
	}
	out.Open, err = o.Open(ctx, filter)
	return out, err
}

// print prints a list for people. on reports whether messages are on, as far as this process knows.
func (l listFlags) print(cmd *cobra.Command, out listed, on bool) error {
	n := len(out.Unsent) + len(out.Open)
	note := ""
	switch {
	case n == 0 && l.failed:
		note = "no message is unsent"
	case n == 0:
		note = "no message is unsent, and none is expected"
	case n == l.limit:
		note = fmt.Sprintf("showing the first %d; --limit 0 lists all", n)
	}
	if n == 0 && !on {
		note += "; messages are off here, for lack of an account"
	}
	if note != "" {
		_, _ = fmt.Fprintln(cmd.ErrOrStderr(), note)
	}
	if n == 0 {
		return nil
	}
	w := cmd.OutOrStdout()
	if err := printList(w, out, session.Now(), cli.Width(w)); err != nil {
		return err
	}
	if len(out.Unsent) > 0 {
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "to see what is known of one, run: %s messages show ORDER\n", buildinfo.Program)
	}
	return nil
}

const unsent = "unsent"

// printList prints a table that is fitted to the width of a terminal, or has everything if the width is 0.
func printList(w io.Writer, out listed, now time.Time, width int) error {
	when := func(t time.Time) string { return cli.Ago(t, now) }
	if width == 0 {
		when = moment
	}
	g := cli.Grid{
		Header: []string{"ABOUT", "STATE", "MESSAGE", "SINCE", "NUMBER", "KEY", "KIND", "REASON"}, Spare: []string{"NUMBER", "MESSAGE", "KIND"},
		Status: func(column, cell string) check.Status {
			if column == "STATE" && cell == unsent {
				return check.Fail
			}
			return ""
		},
	}
	for _, u := range out.Unsent {
		g.Rows = append(g.Rows, []string{
			u.Called(), unsent, cmp.Or(string(u.Kind), "not known"), when(u.FailedAt), u.Number(), u.Key, u.Failure.Kind, u.Failure.Message,
		})
	}
	for _, t := range out.Open {
		g.Rows = append(g.Rows, []string{t.Called(), "open", "", when(t.StartedAt), t.Number(), "", "", ""})
	}
	return g.Print(w, width)
}
