package operations

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/starter/internal/session"
	"github.com/giftbridge/giftbridge/workflows"
)

func newPoll(f *cli.Flags) *cobra.Command {
	var since, until string
	var noWait bool
	cmd := &cobra.Command{
		Use:   "poll",
		Short: "Poll the shop now, or poll a window by hand",
		Long: `Poll triggers the poll's schedule now (or right after the poll that is running) and waits for the
result.

With --since it polls a window instead: orders that were last updated in it. The watermark does not move. Orders that
were handled before are recognised and left alone, so any window is safe.`,
		Example: `  giftbridge poll
  giftbridge poll --since 48h
  giftbridge poll --since 2026-07-01T00:00:00Z --until 2026-07-02T00:00:00Z`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			from, to, err := window(since, until, session.Now())
			if err != nil {
				return &cli.UsageError{Err: err}
			}
			return session.Operate(cmd, config.Load, func(ctx context.Context, o *operator.Operator) error {
				start := o.PollNow
				if !from.IsZero() {
					start = func(ctx context.Context) (*installation.Poll, error) { return o.PollWindow(ctx, from, to) }
				}
				poll, err := start(ctx)
				if err != nil {
					return err
				}
				if noWait {
					return printPoll(cmd.OutOrStdout(), f, poll, nil)
				}
				_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "polling: %s\n", poll.Link)
				result, err := poll.Wait(ctx)
				if err != nil {
					return err
				}
				return printPoll(cmd.OutOrStdout(), f, poll, &result)
			})
		},
	}
	cmd.Flags().StringVar(&since, "since", "", "start of the window: a time (RFC 3339), a day, or how long ago (48h, 7d)")
	cmd.Flags().StringVar(&until, "until", "", "end of the window, exclusive; default: now")
	cmd.Flags().BoolVar(&noWait, "no-wait", false, "do not wait for the result")
	return cmd
}

// window parses the flags; without --since there is no window.
func window(since, until string, now time.Time) (from, to time.Time, err error) {
	if since == "" {
		if until != "" {
			return from, to, fmt.Errorf("--until needs --since")
		}
		return from, to, nil
	}
	if from, err = cli.Moment(since, now); err != nil {
		return from, to, fmt.Errorf("--since %w", err)
	}
	to = now
	if until != "" {
		if to, err = cli.Moment(until, now); err != nil {
			return from, to, fmt.Errorf("--until %w", err)
		}
	}
	if !from.Before(to) {
		return from, to, fmt.Errorf("--since %s is not before --until %s", from.Format(time.RFC3339), to.Format(time.RFC3339))
	}
	return from.Truncate(time.Second), to.Truncate(time.Second), nil
}

func printPoll(w io.Writer, f *cli.Flags, poll *installation.Poll, r *workflows.PollOrdersResult) error {
	if f.JSON {
		if r != nil {
			r.Latest = nil // It is for the next poll, and long.
		}
		return cli.JSON(w, struct {
			*installation.Poll
			Result *workflows.PollOrdersResult `json:"result,omitempty"`
		}{poll, r})
	}
	if r == nil {
		_, err := fmt.Fprintln(w, poll.Link)
		return err
	}
	return cli.Table(w, func(row func(...any)) { pollRows(row, *r) })
}

func pollRows(row func(...any), r workflows.PollOrdersResult) {
	row("window", r.Since.Format(time.RFC3339)+" to "+r.Until.Format(time.RFC3339))
	row("orders seen", r.Seen)
	row("started", r.Started)
	row("already known", r.Known)
	for _, reason := range giftcard.Reasons {
		if n := r.LeftOut[reason]; n > 0 {
			row("left out, "+strings.ReplaceAll(string(reason), "_", " "), n)
		}
	}
	if len(r.Mixed) > 0 {
		row("mixed orders", strings.Join(r.Mixed, ", "))
	}
	if m := r.Missed; m != nil {
		row("ORDERS MISSED", "created from "+m.From.Format(time.RFC3339)+" until "+m.Until.Format(time.RFC3339)+
			": too old to be picked up")
	}
	if len(r.Native) > 0 {
		row("NATIVE GIFT CARDS", strings.Join(r.Native, ", ")+": Shopify itself issues a gift card for the product")
	}
	if r.ServedVersion != "" {
		row("SHOPIFY API VERSION", "answered as "+r.ServedVersion+": the configured version is no longer served; upgrade")
	}
}
