package relay

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/relayed"
	"github.com/giftbridge/giftbridge/internal/relayed/replaying"
	"github.com/giftbridge/giftbridge/internal/relayqueue"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

// halted says that an endpoint gets no events, or few; empty if it gets all.
func halted(e relayed.EndpointStatus) string {
	who := ""
	if e.By != "" {
		who = " by " + e.By
	}
	switch e.State {
	case relayqueue.Paused:
		return fmt.Sprintf("endpoint %s is paused%s since %s: %s; to resume it, run: %s relay resume %s",
			e.Endpoint, who, e.Since.UTC().Format(time.RFC3339), e.Reason, buildinfo.Program, e.Endpoint)
	case relayqueue.Probing:
		return fmt.Sprintf("endpoint %s gets few events since %s, until it takes one: %s", e.Endpoint, e.Since.UTC().Format(time.RFC3339), e.Reason)
	}
	return ""
}

func newPause(f *cli.Flags) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "pause ENDPOINT --reason WHY",
		Short: "Send nothing to an endpoint until somebody resumes it",
		Long: `Pause has no more events sent to an endpoint, by all workers, within seconds. Events wait meanwhile, and none is lost or
given up. Who paused it, when and why is kept, and list, status and the digest show it. A deploy does not end a pause, and nothing
else does but "relay resume". The other endpoint goes on.`,
		Example: `  giftbridge relay pause orders --reason 'the ERP is being serviced, ticket 4711'`,
		Args:    session.OneEndpoint, ValidArgsFunction: session.CompleteEndpoint,
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.TrimSpace(reason) == "" {
				return cli.Usagef("--reason must say why no events are sent")
			}
			return operate(cmd, session.ForEndpoint(args[0]), func(ctx context.Context, o *relayed.Relayed) error {
				if err := o.Queues.Pause(ctx, args[0], reason); err != nil {
					return err
				}
				return printStatus(ctx, cmd, f, o, args[0], "events wait; to resume, run: "+buildinfo.Program+" relay resume "+args[0])
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "reason, kept on record")
	return cmd
}

func newResume(f *cli.Flags) *cobra.Command {
	return &cobra.Command{
		Use:   "resume ENDPOINT",
		Short: "Send events to an endpoint again, and have what waits tried now",
		Long: `Resume ends a pause of an endpoint, also one that the endpoint has asked for by answering 410, and lets all events go if
it got few because it had failed. Then it has what waits tried now: events of an endpoint that was away wait for their next attempt,
which may be a day away. Their attempts are counted anew. An attempt that is under way is not disturbed. It may be repeated, and may
be used without a pause.`,
		Example: `  giftbridge relay resume orders`,
		Args:    session.OneEndpoint, ValidArgsFunction: session.CompleteEndpoint,
		RunE: func(cmd *cobra.Command, args []string) error {
			return operate(cmd, session.ForEndpoint(args[0]), func(ctx context.Context, o *relayed.Relayed) error {
				before, err := o.Queues.Status(ctx, args[0])
				if err != nil {
					return err
				}
				if before.State != relayqueue.Open {
					if err := o.Queues.Resume(ctx, args[0], "resumed by "+cli.Whoami()); err != nil {
						return err
					}
				}
				p := cli.Width(cmd.ErrOrStderr()) > 0
				n, err := replaying.Hurry(ctx, o, args[0], func(done int) {
					if p {
						_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "\r%d tried now ", done)
					}
				})
				if p && n > 0 {
					_, _ = fmt.Fprintln(cmd.ErrOrStderr())
				}
				if err != nil {
					return fmt.Errorf("events go to endpoint %s again, but not all that wait are tried now: %w", args[0], err)
				}
				return printStatus(ctx, cmd, f, o, args[0], fmt.Sprintf("events of %d orders or products are tried now", n))
			})
		},
	}
}

// printStatus prints the state of an endpoint, and what follows.
func printStatus(ctx context.Context, cmd *cobra.Command, f *cli.Flags, o *relayed.Relayed, endpoint, next string) error {
	now, err := o.Status(ctx, endpoint)
	if err != nil {
		return err
	}
	if f.JSON {
		return cli.JSON(cmd.OutOrStdout(), now)
	}
	return cli.Table(cmd.OutOrStdout(), func(row func(...any)) {
		row("endpoint", endpoint)
		row("state", string(now.State))
		if now.Reason != "" {
			row("reason", now.Reason)
		}
		row("waiting", fmt.Sprintf("%d orders or products", now.Waiting))
		row("undelivered", fmt.Sprintf("%d events", now.Undelivered))
		row("next", next)
	})
}

func newSettle(f *cli.Flags) *cobra.Command {
	var reason string
	var yes bool
	cmd := &cobra.Command{
		Use:   "settle EVENT --reason WHY",
		Short: "Record that an undelivered event need not be delivered",
		Long: `Settle takes an event off the list of undelivered events, and out of the daily digest, without sending it: because the
other system has got to know otherwise what it says, or need not know it. Who settled it, and why, is on record. To send it instead,
see "relay replay".`,
		Example: `  giftbridge relay settle evt_3f2a6c1e9d0b --reason 'entered by hand, ticket 4711'`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := cli.OneArg(cmd, args); err != nil {
				return err
			}
			if !relayed.IsEvent(args[0]) {
				return cli.Usagef("name an event, such as evt_3f2a6c1e9d0b; relay list --failed lists them")
			}
			if strings.TrimSpace(reason) == "" {
				return cli.Usagef("--reason must say why the event need not be delivered")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return operate(cmd, session.OnlyToLook, func(ctx context.Context, o *relayed.Relayed) error {
				u, err := o.Refused(ctx, args[0])
				if _, none := errors.AsType[*executions.NotFoundError](err); none {
					return fmt.Errorf("%w: it was delivered or settled, or Temporal has deleted its record", err)
				}
				if err != nil {
					return err
				}
				question := fmt.Sprintf("The %s of %s is not sent to endpoint %s. Is this correct?",
					u.Event.Topic, called(u.Name, u.Resource), u.Endpoint)
				if err := cli.Confirm(cmd, yes, question); err != nil {
					return err
				}
				if err := replaying.Settle(ctx, o, *u, cli.Whoami(), reason); err != nil {
					return err
				}
				if f.JSON {
					u.Event.Body = ""
					return cli.JSON(cmd.OutOrStdout(), u)
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "event %s is settled\n", relayed.Short(u.Event.FirstID()))
				return err
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "reason, kept on record")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask for confirmation")
	return cmd
}
