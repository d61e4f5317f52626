package messages

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/told"
	"github.com/giftbridge/giftbridge/internal/told/deciding"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

// settled is a message about which nothing is left to do.
type settled struct {
	told.Unsent
	By   string `json:"by"`
	Note string `json:"note"`
}

func newSettle(f *cli.Flags) *cobra.Command {
	var a about
	var key, note string
	var yes bool
	cmd := &cobra.Command{
		Use:   "settle <order> --note WHY [--key KEY]",
		Short: "Record that nothing is left to do about a message that could not be sent",
		Long: `Settle records that nothing is left to do about a message that could not be sent: the customer was called, say, or the
message is no longer worth sending. No list and no digest shows it any longer. Nothing is sent. Who settled it, and why, is on
record.

"messages list" prints the key, of which the first characters will do; it is needed if several messages of the order are unsent.
It asks for confirmation first, and needs a worker that runs.`,
		Example: `  giftbridge messages settle '#1001' --key 3f2a6c1e --note 'told her on the phone'
  giftbridge messages settle --variant 41234567890123 --note 'sold out again'`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := a.check(cmd, args); err != nil {
				return err
			}
			return given("note", note)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return session.Operate(cmd, session.OnlyToLook, func(ctx context.Context, o *operator.Operator) error {
				shop, number, err := a.number(ctx, o, args)
				if err != nil {
					return err
				}
				all, err := told.AllUnsent(ctx, o.Reader, told.Filter{Shop: shop, Number: number})
				if err != nil {
					return err
				}
				u, err := choose(all, number, key)
				if err != nil {
					return err
				}
				if err := cli.Confirm(cmd, yes, "Is nothing left to do about "+unsentMessage(u)+"?"); err != nil {
					return err
				}
				done := settled{Unsent: u, By: cli.Whoami(), Note: note}
				if err := deciding.Settle(ctx, o.Reader, u, done.By, done.Note); err != nil {
					return err
				}
				if f.JSON {
					return cli.JSON(cmd.OutOrStdout(), done)
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is settled\n", unsentMessage(u))
				return err
			})
		},
	}
	a.register(cmd)
	cmd.Flags().StringVar(&key, "key", "", "key of the message, or its first characters; needed if several are unsent")
	cmd.Flags().StringVar(&note, "note", "", "why nothing is left to do, kept on record")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask for confirmation")
	return cmd
}

// unsentMessage names a message that could not be sent.
func unsentMessage(u told.Unsent) string {
	what := "the message"
	if u.Kind != "" {
		what = "the " + string(u.Kind)
	}
	return what + " of " + u.Called() + " (" + u.Failure.Kind + ")"
}

// choose returns the message whose key begins so, or the only one if the key is empty.
func choose(all []told.Unsent, number, key string) (told.Unsent, error) {
	fitting := slices.DeleteFunc(slices.Clone(all), func(u told.Unsent) bool { return !strings.HasPrefix(u.Key, key) })
	if i := slices.IndexFunc(fitting, func(u told.Unsent) bool { return u.Key == key }); i >= 0 {
		return fitting[i], nil
	}
	switch len(fitting) {
	case 1:
		return fitting[0], nil
	case 0:
		what := "no message of " + number + " is unsent"
		if key != "" && len(all) > 0 {
			what = "no unsent message of " + all[0].Called() + " has the key " + key
		}
		return told.Unsent{}, &executions.NotFoundError{What: what}
	}
	keys := make([]string, len(fitting))
	for i, u := range fitting {
		keys[i] = short(u.Key) + " (" + string(u.Kind) + ")"
	}
	return told.Unsent{}, cli.Usagef("%d messages of %s are unsent: say which by --key: %s", len(fitting), fitting[0].Called(),
		strings.Join(keys, ", "))
}
