package orders

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/digest/sheet"
	"github.com/giftbridge/giftbridge/internal/digest/words"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/starter/internal/session"
	"github.com/giftbridge/giftbridge/workflows"
)

// listFlags are the flags of the list.
type listFlags struct {
	state, since, until, kind string
	failed, settled           bool
	csv, watch                bool
	limit                     int
}

// filter returns the orders that the flags select.
func (l listFlags) filter(now time.Time) (orders.OrderFilter, error) {
	kind, err := session.ReadKind(l.kind)
	if err != nil {
		return orders.OrderFilter{}, err
	}
	filter := orders.OrderFilter{State: executions.State(l.state), Kind: kind, Limit: l.limit}
	if l.failed || kind != "" {
		if l.state != "" && filter.State != executions.Failed {
			return filter, cli.Usagef("--state %s cannot be combined with --failed or --kind", l.state)
		}
		filter.State = executions.Failed
	}
	if l.settled {
		if filter.State != "" && filter.State != executions.Settled {
			return filter, cli.Usagef("--settled cannot be combined with --failed, --kind or another --state")
		}
		filter.State = executions.Settled
	}
	if l.limit < 0 {
		return filter, cli.Usagef("--limit %d is negative; 0 lists all", l.limit)
	}
	if l.since != "" {
		if filter.Since, err = cli.Moment(l.since, now); err != nil {
			return filter, cli.Usagef("--since %w", err)
		}
	}
	if l.until != "" {
		if filter.Until, err = cli.Moment(l.until, now); err != nil {
			return filter, cli.Usagef("--until %w", err)
		}
	}
	if err := filter.Validate(); err != nil {
		return filter, &cli.UsageError{Err: err}
	}
	return filter, nil
}

func newList(f *cli.Flags) *cobra.Command {
	var l listFlags
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List gift-card orders: open ones first, then the most recently closed",
		Long: `List shows the kind of failure, or the reason why an order is left to people, the number of cards and their
value. On a terminal, times are relative and the reason is cut to the width; elsewhere, times are those of DIGEST_TIMEZONE,
and nothing is cut. A day that is given to --since or --until begins at midnight in DIGEST_TIMEZONE. With --watch, a
terminal shows the list anew every few seconds, until Ctrl-C.`,
		Example: `  giftbridge orders list --failed
  giftbridge orders list --failed --kind MerchantUnknown
  giftbridge orders list --settled
  giftbridge orders list --failed --watch
  giftbridge orders list --state redacted
  giftbridge orders list --since 7d --limit 0 --csv >orders.csv
  giftbridge orders list --since 2026-11-20 --until 2026-11-21`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if l.csv && f.JSON {
				return cli.Usagef("--csv cannot be combined with --json")
			}
			out := cmd.OutOrStdout()
			if l.watch && (l.csv || f.JSON) {
				return cli.Usagef("--watch cannot be combined with --csv or --json")
			}
			if l.watch && cli.Width(out) == 0 {
				return cli.Usagef("--watch needs a terminal to draw on; leave it out where the output goes to a file or a pipe")
			}
			now := session.Now()
			filter, err := l.filter(now)
			if err != nil {
				return err
			}
			return session.Operate(cmd, session.OnlyToLook, func(ctx context.Context, o *operator.Operator) error {
				if l.watch {
					return watchList(ctx, out, l, func(ctx context.Context, l listFlags) ([]executions.Order, error) {
						filter, err := l.filter(session.Now()) // 24h ago is another time than when the command began.
						if err != nil {
							return nil, err
						}
						return o.ListOrders(ctx, filter)
					})
				}
				found, err := o.ListOrders(ctx, filter)
				if err != nil {
					return err
				}
				if l.limit > 0 && len(found) == l.limit && !f.JSON {
					_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "showing the first %s; --limit 0 lists all\n",
						words.Count(l.limit, "order"))
				}
				switch {
				case f.JSON:
					return cli.JSON(out, found)
				case l.csv:
					return writeCSV(out, found, now.Location())
				case len(found) == 0:
					_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "no orders")
					return nil
				}
				return printOrders(out, found, now, cli.Width(out))
			})
		},
	}
	cmd.Flags().BoolVar(&l.failed, "failed", false, "only failed orders; short for --state failed")
	cmd.Flags().BoolVar(&l.settled, "settled", false, "only orders that a person has settled; short for --state settled")
	cmd.Flags().StringVar(&l.kind, "kind", "", "only orders that failed with this kind, such as MerchantUnknown")
	cmd.Flags().StringVar(&l.state, "state", "", "only orders in this state: running, completed, failed, canceled, left (to people), settled (by a person), redacted")
	session.CompleteKinds(cmd)
	cli.Complete(cmd, "state", "running", "completed", "failed", "canceled", "left", "settled", "redacted")
	cmd.Flags().StringVar(&l.since, "since", "", "only orders started since a time (RFC 3339), a day (2026-11-20), or how long ago (24h, 7d)")
	cmd.Flags().StringVar(&l.until, "until", "", "only orders started before a time, a day, or how long ago")
	cmd.Flags().BoolVar(&l.csv, "csv", false, "print a table for a spreadsheet")
	cmd.Flags().BoolVar(&l.watch, "watch", false, "on a terminal, show the list anew every few seconds, until Ctrl-C")
	cmd.Flags().IntVar(&l.limit, "limit", 100, "maximum number of orders; 0 for all")
	return cmd
}

// kindOf returns the kind of an order's failure, or the reason why it is left to people, and the same in words.
func kindOf(o executions.Order) (kind, why string) {
	switch {
	case o.Failure != nil:
		return o.Failure.Kind, o.Failure.Message
	case o.Reason != "":
		return string(o.Reason), workflows.Why(o.Reason)
	}
	return "", ""
}

// meaning returns what the state of an order means for people; nothing if they need not care.
func meaning(s executions.State) check.Status {
	switch s {
	case executions.Completed:
		return check.OK
	case executions.Left:
		return check.Warn
	case executions.Failed, executions.Canceled:
		return check.Fail
	}
	return ""
}

// tinted returns the state of an order as a cell.
func tinted(s executions.State) cli.Tinted { return cli.Tinted{Text: string(s), Status: meaning(s)} }

// cells returns an order as a row: the header is orderColumns.
func cells(o executions.Order, when func(time.Time) string) []string {
	kind, why := kindOf(o)
	number, value := "", ""
	if o.Cards > 0 {
		number = strconv.Itoa(o.Cards)
	}
	if o.Amount != "" {
		value = o.Amount + " " + o.Currency
	}
	return []string{o.Name, string(o.State), kind, number, value, when(o.StartedAt), when(o.ClosedAt), o.ID, o.SKUs, why}
}

var orderColumns = []string{"ORDER", "STATE", "KIND", "CARDS", "VALUE", "STARTED", "CLOSED", "NUMBER", "SKU", "REASON"}

// printOrders prints a table that is fitted to the width of a terminal, or has everything if the width is 0.
func printOrders(w io.Writer, list []executions.Order, now time.Time, width int) error {
	when := func(t time.Time) string { return cli.Ago(t, now) }
	if width == 0 {
		when = func(t time.Time) string {
			if t.IsZero() {
				return ""
			}
			return t.In(now.Location()).Format(time.RFC3339)
		}
	}
	g := cli.Grid{
		Header: orderColumns, Spare: []string{"SKU", "NUMBER", "CLOSED", "CARDS", "VALUE"},
		Status: func(column, cell string) check.Status {
			if column == "STATE" {
				return meaning(executions.State(cell))
			}
			return ""
		},
	}
	for _, o := range list {
		g.Rows = append(g.Rows, cells(o, when))
	}
	return g.Print(w, width)
}

// writeCSV writes a table that a spreadsheet opens, without running anything in it.
func writeCSV(w io.Writer, list []executions.Order, zone *time.Location) error {
	out := csv.NewWriter(w)
	header := []string{
		"order", "state", "kind", "cards", "amount", "currency", "started", "closed", "shopify_id", "skus", "reason", "link",
	}
	records := [][]string{header}
	when := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(zone).Format(time.DateTime)
	}
	for _, o := range list {
		c := cells(o, when)
		record := append(c[:4:4], o.Amount, o.Currency)
		record = append(append(record, c[5:]...), workflows.ShopLink(o.Shop, o.ID))
		record[8] = "gid://shopify/Order/" + o.ID // A spreadsheet rounds long numbers.
		for i := range record {
			record[i] = sheet.Inert(record[i])
		}
		records = append(records, record)
	}
	if err := out.WriteAll(records); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	return nil
}
