package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/check"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/health"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/operator"
)

// errUnhealthy returns an error, which ends the command with the exit code of a failure.
func errUnhealthy(problems []check.Check) error {
	names := make([]string, len(problems))
	for i, p := range problems {
		names[i] = p.Name
	}
	return fmt.Errorf("unhealthy: %s", strings.Join(names, ", "))
}

func newStatus(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show where the system stands, and whether somebody has to see to it",
		Long: `Status shows the poll's schedule, the watermark (up to which orders have been seen) and its age, the account of
the last poll, and the number of gift-card orders by state. Then it checks what can go wrong without anybody noticing,
one line each: ok, warn, or FAIL with what to do.

  namespace       its retention is longer than MAX_ORDER_AGE, and it has our search attributes
  workers         every task queue is polled
  workflow tasks  none keeps failing, as they do after a bad release
  schedule        the poll's schedule is there and not paused
  watermark       orders are seen up to the present, less three intervals
  last poll       it has not failed
  missed orders   none was left out because it was too old when polls began again
  digest          its schedule is there and not paused, and the last one was sent
  identity        it is settled what tells orders and cards apart
  sweep           its schedule is there, the last one has not failed, and has found no order that polls had missed
  failed orders   none whose history expires within three days or a tenth of the retention

Failed orders by themselves are the digest's business: they warn. Status exits with 1 where a check fails, or where
Temporal cannot be reached, so that a monitor can call it. Of the configuration it needs PAYLOAD_KEYS, and SMTP_HOST
and WORKER_DEPLOYMENT if the workers have them. With --json, "healthy" says it all, and "problems" lists the checks
that failed.`,
		Example: `  starter status
  starter status --json | jq -r '.problems[] | .name + ": " + .says'
  starter status >/dev/null || mail -s 'giftbridge is unhealthy' ops@example.com </dev/null`,
		Args: app.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return operate(cmd, onlyToLook, func(ctx context.Context, o *operator.Operator) error {
				h, err := o.Health(ctx, time.Now())
				if err != nil {
					return err
				}
				show := printHealth
				if f.json {
					show = func(w io.Writer, h *health.Health) error { return printJSON(w, h) }
				}
				if err := show(cmd.OutOrStdout(), h); err != nil {
					return err
				}
				if !h.Healthy {
					return errUnhealthy(h.Problems)
				}
				return nil
			})
		},
	}
}

func printHealth(w io.Writer, h *health.Health) error {
	if err := printStatus(w, &h.Status); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	return printChecks(w, h.Checks)
}

// printChecks prints a line for each check, and below it what to do, if anything.
func printChecks(w io.Writer, checks []check.Check) error {
	return table(w, func(row func(...any)) {
		for _, c := range checks {
			status := string(c.Status)
			if c.Status == check.Fail {
				status = "FAIL"
			}
			row(status, c.Name, c.Found)
			if c.Fix != "" {
				row("", "", "→ "+c.Fix)
			}
		}
	})
}

func printStatus(w io.Writer, s *health.Status) error {
	return table(w, func(row func(...any)) {
		switch {
		case !s.Schedule.Exists:
			row("schedule", "does not exist; run: starter schedules")
		case s.Schedule.Paused:
			row("schedule", "PAUSED: "+s.Schedule.Note)
		default:
			row("schedule", "every "+seconds(s.Schedule.Interval)+", next at "+s.Schedule.NextAt.Format(time.RFC3339))
		}
		switch {
		case s.WatermarkUnreadable != "":
			row("watermark", "UNREADABLE: "+s.WatermarkUnreadable)
		case s.Watermark.IsZero():
			row("watermark", "none yet: no poll has completed")
		default:
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
		for _, state := range executions.States {
			row("orders "+string(state), s.Orders[state])
		}
	})
}

func seconds(s float64) string {
	return (time.Duration(s) * time.Second).String()
}
