package main

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/operator"
)

func newStatus(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show where the system stands",
		Long: `Status shows the poll's schedule, the watermark (up to which orders have been seen) and its age, the account of
the last poll, and the number of gift-card orders by state.`,
		Args: app.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return operate(cmd, onlyToLook, func(ctx context.Context, o *operator.Operator) error {
				s, err := o.Status(ctx)
				if err != nil {
					return err
				}
				if f.json {
					return printJSON(cmd.OutOrStdout(), s)
				}
				return printStatus(cmd.OutOrStdout(), s)
			})
		},
	}
}

func printStatus(w io.Writer, s *operator.Status) error {
	return table(w, func(row func(...any)) {
		switch {
		case !s.Schedule.Exists:
			row("schedule", "does not exist; run: starter schedules")
		case s.Schedule.Paused:
			row("schedule", "PAUSED: "+s.Schedule.Note)
		default:
			row("schedule", "every "+seconds(s.Schedule.Interval)+", next at "+s.Schedule.NextAt.Format(time.RFC3339))
		}
		if s.Watermark.IsZero() {
			row("watermark", "none yet: no poll has completed")
		} else {
			note := ""
			if s.Stale {
				note = " STALE: polls are missing"
			}
			row("watermark", s.Watermark.Format(time.RFC3339)+", "+seconds(s.WatermarkAge)+" ago"+note)
		}
		if s.FailedPoll != nil {
			row("LAST POLL FAILED", s.FailedPoll.ClosedAt.Format(time.RFC3339)+" "+s.FailedPoll.Failure.Kind+": "+
				s.FailedPoll.Failure.Message)
			row("", s.FailedPoll.Link)
		}
		if s.FailedDigest != nil {
			row("LAST DIGEST FAILED", s.FailedDigest.ClosedAt.Format(time.RFC3339)+" "+s.FailedDigest.Failure.Kind+": "+
				s.FailedDigest.Failure.Message)
			row("", s.FailedDigest.Link)
		}
		if s.LastPoll != nil {
			pollRows(row, *s.LastPoll)
		}
		for _, state := range operator.States {
			row("orders "+string(state), s.Orders[state])
		}
	})
}

func seconds(s float64) string {
	return (time.Duration(s) * time.Second).String()
}
