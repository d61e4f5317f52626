package operations

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/health"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

// errUnhealthy returns an error, which ends the command with the exit code of a failure.
func errUnhealthy(problems []check.Check) error {
	names := make([]string, len(problems))
	for i, p := range problems {
		names[i] = p.Name
	}
	return fmt.Errorf("unhealthy: %s", strings.Join(names, ", "))
}

func newStatus(f *cli.Flags) *cobra.Command {
	var verbose bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the state of the system, and whether it needs attention",
		Long: `Status shows the poll's schedule, the watermark (the time up to which orders have been seen) and its
age, the result of the last poll, and the number of gift-card orders by state. Then it checks what can go wrong
unnoticed, one line per check: ok, warn, or FAIL with the fix.

  namespace       its retention is longer than MAX_ORDER_AGE, and it has giftbridge's search attributes
  workers         every queue is polled
  workflow tasks  none fails repeatedly, as happens after a bad release
  schedule        the poll's schedule exists and is not paused
  watermark       it is at most three poll intervals behind
  last poll       it did not fail
  missed orders   none was left out because it was too old when polling resumed
  digest          its schedule exists and is not paused, and the last digest was sent, with links if ACTION_KEYS and
                  RECEIVER_URL are set here
  identity        what identifies orders and cards is recorded
  sweep           its schedule exists, the last sweep did not fail, and it found no order that polls had missed
  webhooks        the shop's subscriptions are as they should be, if webhooks are on; those that had to be made again
  gift card skus  each belongs to a product that can be sold as a gift card
  changed orders  the cards of no cancelled or refunded order could not be compared with what is owed, or cancelled
  cards           none has waited for more than an hour for an issuer that makes cards later, and no answers contradict each other
  redemptions     of none it is unknown whether the amount was taken off the card, and the issuer contradicts none
  messages        none that could not be sent waits for somebody, and their sweep goes on; only if messages are on
  relay           events go to the ERP: no endpoint is paused or failing, nothing waits for long, and none is refused for good; if
                  RELAY_ORDERS_URL or RELAY_PRODUCTS_URL is set here
  announcements   polls find no order that no webhook has announced, if webhooks are on
  failed orders   no history expires within three days or a tenth of the retention, whichever is shorter

Failed and changed orders and unsent messages by themselves only warn: the digest reports them. Status exits with 1 if a check fails or Temporal cannot
be reached, so a monitor can call it. Of the configuration it needs PAYLOAD_KEYS, and SMTP_HOST and WORKER_DEPLOYMENT
if the workers have them. With --json, "healthy" is the overall result, and "problems" lists the checks that failed.
With --verbose, it also prints links to lists in Temporal's Web UI.`,
		Example: `  giftbridge status
  giftbridge status --json | jq -r '.problems[] | .name + ": " + .found'
  giftbridge status >/dev/null || mail -s 'giftbridge is unhealthy' ops@example.com </dev/null`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return session.Operate(cmd, session.OnlyToLook, func(ctx context.Context, o *operator.Operator) error {
				h, err := o.Health(ctx, time.Now())
				if err != nil {
					return err
				}
				show := printHealth
				if f.JSON {
					show = func(w io.Writer, h *health.Health) error { return cli.JSON(w, h) }
				}
				if err := show(cmd.OutOrStdout(), h); err != nil {
					return err
				}
				if verbose && !f.JSON {
					if err := printQueries(cmd.OutOrStdout(), o.QueryLink); err != nil {
						return err
					}
				}
				if !h.Healthy {
					return errUnhealthy(h.Problems)
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "also print links to lists in Temporal's Web UI")
	return cmd
}

// printQueries prints a link to each list that people look at.
func printQueries(w io.Writer, link func(query string) string) error {
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	return cli.Table(w, func(row func(...any)) {
		for _, q := range executions.Queries() {
			row(q.Name, link(q.Query))
		}
	})
}

func printHealth(w io.Writer, h *health.Health) error {
	if err := printStatus(w, &h.Status); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	return cli.Checks(w, h.Checks)
}

func printStatus(w io.Writer, s *health.Status) error {
	return cli.Table(w, func(row func(...any)) {
		switch {
		case !s.Schedule.Exists:
			row("schedule", "does not exist; run: "+buildinfo.Program+" schedules")
		case s.Schedule.Paused:
			note := s.Schedule.Note
			if late := installation.Overdue(note, time.Now()); late > 0 {
				note = "OVERDUE for " + printable.Duration(late) + ": " + note
			}
			row("schedule", cli.Tinted{Text: "PAUSED: " + note, Status: check.Warn})
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
				note = " STALE: recent polls are missing"
			}
			row("watermark", s.Watermark.Format(time.RFC3339)+", "+seconds(s.WatermarkAge)+" ago"+note)
		}
		if s.FailedPoll != nil {
			row(cli.Tinted{Text: "LAST POLL FAILED", Status: check.Fail}, s.FailedPoll.ClosedAt.Format(time.RFC3339)+" "+s.FailedPoll.Failure.Kind+": "+
				s.FailedPoll.Failure.Message)
			row("", s.FailedPoll.Link)
		}
		if s.FailedDigest != nil {
			row(cli.Tinted{Text: "LAST DIGEST FAILED", Status: check.Fail}, s.FailedDigest.ClosedAt.Format(time.RFC3339)+" "+s.FailedDigest.Failure.Kind+": "+
				s.FailedDigest.Failure.Message)
			row("", s.FailedDigest.Link)
		}
		if s.LastPoll != nil {
			pollRows(row, *s.LastPoll)
		}
		for _, state := range executions.States {
			count := cli.Tinted{Text: strconv.Itoa(s.Orders[state])}
			if state == executions.Failed && s.Orders[state] > 0 {
				count.Status = check.Fail
			}
			row("orders "+string(state), count)
			if state == executions.Running && s.Later.Orders > 0 {
				row("  of these waiting", waiting(s.Later))
			}
		}
		if m := s.Messages; m != nil {
			row("messages open", m.Open)
			unsent := cli.Tinted{Text: strconv.Itoa(m.Unsent)}
			if m.Unsent > 0 {
				unsent.Status = check.Warn
			}
			row("messages unsent", unsent)
		}
		relayRows(row, s.Relay)
	})
}

// waiting says how many orders wait because of ISSUE_AFTER, and until when at the latest.
func waiting(l executions.Later) string {
	out := strconv.Itoa(l.Orders)
	if l.More {
		out = "at least " + out
	}
	return out + " because of ISSUE_AFTER, until " + l.Until.Format(time.RFC3339) + " at the latest"
}

func seconds(s float64) string {
	return printable.Duration(time.Duration(s * float64(time.Second)))
}
