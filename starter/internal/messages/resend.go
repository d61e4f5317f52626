package messages

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/messaging"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/told"
	"github.com/giftbridge/giftbridge/internal/told/deciding"
	"github.com/giftbridge/giftbridge/starter/internal/session"
	"github.com/giftbridge/giftbridge/workflows"
)

// waitFor is how long the command waits for what becomes of a message.
const waitFor = 30 * time.Second

// resender sends a message once more.
type resender struct {
	cmd             *cobra.Command
	flags           *cli.Flags
	key, reason     string
	evenIfSent, yes bool
}

func newResend(f *cli.Flags) *cobra.Command {
	r := resender{flags: f}
	cmd := &cobra.Command{
		Use:   "resend <order> --key KEY --reason WHY",
		Short: "Send a message about an order once more",
		Long: `Resend sends a message once more that could not be sent, exactly as it was made. "messages show" prints its key, of which
the first characters will do. Remove the cause first: a number that the service does not take is not taken the second time.

A message that may have arrived (MessageInDoubt) is sent as well: the customer may get it twice. One that was sent is refused
unless --even-if-sent is given: the customer gets it twice. What is never sent is a message that was left out by a rule, one
whose content is not kept any more, and anything to a customer who has unsubscribed.

--key look has the order read again, if it could not be read.

It asks for confirmation first, and waits half a minute for what becomes of the message. Who sent it is on record. Quiet hours
do not hold it back.

Exit codes: 0 sent, 1 not sent, or not yet, 2 wrong usage.`,
		Example: `  giftbridge messages resend '#1001' --key 3f2a6c1e --reason 'the account was suspended, ticket 4711'
  giftbridge messages resend '#1001' --key 3f2a6c1e --even-if-sent --reason 'the customer deleted it, ticket 4712'`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := cli.OneOrder(cmd, args); err != nil {
				return err
			}
			if r.key == "" {
				return cli.Usagef("--key must name the message; %s messages show prints the keys", buildinfo.Program)
			}
			return given("reason", r.reason)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			r.cmd = cmd
			return session.Operate(cmd, session.OnlyToLook, func(ctx context.Context, o *operator.Operator) error {
				t, err := o.Told.OfOrder(ctx, args[0], session.TheShop())
				if err != nil {
					return err
				}
				return r.run(ctx, o.Told, t)
			})
		},
	}
	cmd.Flags().StringVar(&r.key, "key", "", "key of the message, or its first characters")
	cmd.Flags().StringVar(&r.reason, "reason", "", "reason, kept on record")
	cmd.Flags().BoolVar(&r.evenIfSent, "even-if-sent", false, "send it although it was sent before")
	cmd.Flags().BoolVarP(&r.yes, "yes", "y", false, "do not ask for confirmation")
	return cmd
}

func (r *resender) run(ctx context.Context, o *told.Told, t told.Talk) error {
	s, err := o.State(ctx, t)
	if err != nil {
		return err
	}
	if s.Name != "" {
		t.Name = s.Name
	}
	if r.key == workflows.LookKey {
		return r.look(ctx, o, t, s)
	}
	k, err := deciding.Find(s, r.key)
	if err != nil {
		return err
	}
	if err := deciding.Resendable(t, s, k, true); err != nil {
		return err
	}
	if err := deciding.Resendable(t, s, k, r.evenIfSent); err != nil {
		return fmt.Errorf("%w; if that is wanted, pass --even-if-sent", err)
	}
	if err := cli.Confirm(r.cmd, r.yes, question(t, k)); err != nil {
		return err
	}
	if err := deciding.Resend(ctx, o, t, k.Key, cli.Whoami(), r.reason); err != nil {
		return err
	}
	now, done, err := deciding.Await(ctx, o, t, waitFor, deciding.Resent(k))
	if err != nil {
		return fmt.Errorf("the message is sent, but it cannot be seen what has become of it: %w", err)
	}
	if !done {
		return fmt.Errorf("your request is recorded, and nothing has come of it yet: a worker may be missing, or the service does not "+
			"answer; later, run: %s messages show %s", buildinfo.Program, executions.ShellQuote(t.Order))
	}
	if k, err = deciding.Find(now, k.Key); err != nil {
		return err
	}
	return r.outcome(t, k)
}

// look has an order read again.
func (r *resender) look(ctx context.Context, o *told.Told, t told.Talk, before workflows.OrderMessagesState) error {
	if t.State != executions.Running {
		return fmt.Errorf("%s cannot be looked at any more: nothing more was expected of it, so its record is closed", t.Called())
	}
	if err := cli.Confirm(r.cmd, r.yes, "Read "+t.Called()+" again, and send what its customer was not told yet?"); err != nil {
		return err
	}
	if err := deciding.Look(ctx, o, t); err != nil {
		return err
	}
	now, done, err := deciding.Await(ctx, o, t, waitFor, func(s workflows.OrderMessagesState) bool { return s.Looked > before.Looked })
	switch {
	case err != nil:
		return fmt.Errorf("%s is read again, but it cannot be seen what has become of that: %w", t.Called(), err)
	case !done:
		return fmt.Errorf("your request is recorded, and %s was not read yet; later, run: %s messages show %s", t.Called(),
			buildinfo.Program, t.Order)
	case now.LookFailed != "":
		return fmt.Errorf("%s could not be read again: %s", t.Called(), now.LookFailed)
	}
	out := record{Talk: t, Messages: []message{}, Unsent: []told.Unsent{}}
	out.add(now, false)
	if r.flags.JSON {
		return cli.JSON(r.cmd.OutOrStdout(), out)
	}
	return out.print(r.cmd.OutOrStdout())
}

// question says what sending a message once more means.
func question(t told.Talk, k workflows.KeptMessage) string {
	out := fmt.Sprintf("Send the %s of %s to %s once more?", k.Kind, t.Called(), messaging.Masked(k.Message.To))
	switch {
	case k.State == workflows.MessageSent:
		return "It was sent at " + moment(k.At) + ", so the customer gets it twice. " + out
	case deciding.InDoubt(k):
		return "It may have arrived, so the customer may get it twice. " + out
	}
	return out
}

// outcome prints what became of a message. Unless it was sent, that is an error.
func (r *resender) outcome(t told.Talk, k workflows.KeptMessage) error {
	if r.flags.JSON {
		if err := cli.JSON(r.cmd.OutOrStdout(), messageOf(k, false)); err != nil {
			return err
		}
	}
	about := fmt.Sprintf("the %s of %s", k.Kind, t.Called())
	switch {
	case k.State == workflows.MessageFailed:
		return fmt.Errorf("%s could not be sent: %s: %s", about, k.Failure, k.Error)
	case k.State == workflows.MessageUnsubscribed:
		return fmt.Errorf("%s is not delivered: the customer has unsubscribed", about)
	case r.flags.JSON:
		return nil
	}
	_, err := fmt.Fprintf(r.cmd.OutOrStdout(), "%s was sent once more at %s\n", about, moment(k.Resent))
	return err
}
