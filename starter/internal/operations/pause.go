package operations

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

func newPause(f *cli.Flags) *cobra.Command {
	var reason, until string
	cmd := &cobra.Command{
		Use:   "pause --reason WHY [--until TIME]",
		Short: "Take in no more orders",
		Long: `Pause stops the intake: no poll and no sweep takes in orders. They wait in the shop, and the first poll after
the pause reads all of them, unless they have become older than MAX_ORDER_AGE by then. Who paused it, when and why is kept,
and status, the doctor and the digest show it. A deploy does not end a pause.

What already runs goes on: a poll that is under way ends as usual, the cards of orders that were taken in are issued,
failed orders are run again, and the digest is sent. "giftbridge poll" and "giftbridge sweep" work during a pause: they are
for a person who asks for them.

Nothing ends the pause by itself, also not --until, which only records when it is meant to end: from then on, status says
that it is overdue.`,
		Example: `  giftbridge pause --reason 'the issuer is being serviced, ticket 4711'
  giftbridge pause --reason 'the issuer is being serviced' --until 4h`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if strings.TrimSpace(reason) == "" {
				return cli.Usagef("--reason must say why no orders are taken in")
			}
			now := session.Now()
			p := installation.Pause{Reason: reason, By: cli.Whoami(), At: now}
			if until != "" {
				var err error
				if p.Until, err = later(until, now); err != nil {
					return cli.Usagef("--until %w", err)
				}
			}
			return session.Operate(cmd, session.OnlyToLook, func(ctx context.Context, o *operator.Operator) error {
				before, err := o.PauseIntake(ctx, p)
				if err != nil {
					return err
				}
				if f.JSON {
					now, err := o.Intake(ctx)
					if err != nil {
						return err
					}
					return cli.JSON(cmd.OutOrStdout(), now)
				}
				return cli.Table(cmd.OutOrStdout(), func(row func(...any)) {
					row("intake", "paused: "+p.Note())
					if before.Paused() {
						row("before", "it was paused already: "+pauseNote(before))
					}
					row("goes on", "the cards of orders that were taken in are issued, and a poll that is under way ends as usual")
					row("to resume", "run: "+buildinfo.Program+" resume")
					if !p.Until.IsZero() {
						row("", "nothing ends the pause by itself; from "+p.Until.UTC().Format(time.RFC3339)+" on, status says that it is overdue")
					}
				})
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "reason, kept on record")
	cmd.Flags().StringVar(&until, "until", "", "when the pause is meant to end: a time (RFC 3339), 06:00, or a duration from now (4h)")
	return cmd
}

// pauseNote returns the note of the schedule that is paused.
func pauseNote(i installation.Intake) string {
	if i.Poll.Paused {
		return i.Poll.Note
	}
	return i.Sweep.Note
}

// later parses a time after now: a time, the next time that a clock shows 06:00 where now is, or a duration from now.
func later(s string, now time.Time) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if in, wrong := time.ParseDuration(s); wrong == nil {
		t, err = now.Add(in), nil
	} else if clock, wrong := time.Parse("15:04", s); wrong == nil {
		year, month, day := now.Date()
		t, err = time.Date(year, month, day, clock.Hour(), clock.Minute(), 0, 0, now.Location()), nil
		if !t.After(now) {
			t = time.Date(year, month, day+1, clock.Hour(), clock.Minute(), 0, 0, now.Location())
		}
	}
	switch {
	case err != nil:
		return t, fmt.Errorf("%q is neither a time such as 2026-07-01T06:00:00Z or 06:00 nor a duration such as 4h", s)
	case !t.After(now):
		return t, fmt.Errorf("%q is not in the future", s)
	}
	return t, nil
}

func newResume(f *cli.Flags) *cobra.Command {
	return &cobra.Command{
		Use:   "resume",
		Short: "Take in orders again after a pause",
		Long: `Resume ends a pause of the intake. The first poll after it reads everything that has changed in the shop since the
last poll.`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return session.Operate(cmd, session.OnlyToLook, func(ctx context.Context, o *operator.Operator) error {
				before, err := o.ResumeIntake(ctx, "resumed by "+cli.Whoami()+" at "+time.Now().UTC().Format(time.RFC3339))
				if err != nil {
					return err
				}
				now, err := o.Intake(ctx)
				if err != nil {
					return err
				}
				if f.JSON {
					return cli.JSON(cmd.OutOrStdout(), now)
				}
				return cli.Table(cmd.OutOrStdout(), func(row func(...any)) {
					if !before.Paused() {
						row("intake", "was not paused")
						return
					}
					row("intake", "resumed; it was paused: "+pauseNote(before))
					row("next poll", now.Poll.NextAt.Format(time.RFC3339)+"; to poll now, run: "+buildinfo.Program+" poll")
				})
			})
		},
	}
}
