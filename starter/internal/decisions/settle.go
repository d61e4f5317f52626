package decisions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/changed"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/disputed"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/starter/internal/session"
	"github.com/giftbridge/giftbridge/workflows"
)

func newSettle(f *cli.Flags) *cobra.Command {
	s := settler{flags: f, changes: map[string]*changed.Outcome{}, disputes: map[string][]disputed.Record{}}
	cmd := &cobra.Command{
		Use:   "settle <order>... --note WHY",
		Short: "Record that nothing is left to do for orders, such as after a refund or a card issued by hand",
		Long: `Settle records that you have settled a failed order, or one that was left to people: the customer got a refund,
or a card that was issued by hand. It also settles an order that was cancelled or refunded after its cards were issued:
you have seen to them, whatever is left on them. It settles a disputed order, such as after a dispute was lost: no digest
lists its disputes any longer. From then on no digest lists the order, and neither a poll nor a re-run issues its
cards, whatever happens to it in the shop. Cards that exist stay valid, and a card that is in doubt counts as existing.
The shop and the issuer are not informed.

--undo takes that back: the next digest lists the order as left to people. Its cards are still not issued automatically.
"orders release" issues the cards of a settled order. A dispute that was settled is listed again, unless it was won. That a
cancellation or a refund is settled cannot be taken back: "orders recheck" compares the order with its cards again.

It asks for confirmation first. Who settled the order, when, and the note are on record; "orders show" prints them.
"orders list --settled" lists settled orders.`,
		Example: `  giftbridge orders settle '#1001' --note 'refunded, ticket 4711'
  giftbridge orders settle '#1001' '#1002' --note 'cards issued by hand, confirmed by Ann'
  giftbridge orders settle '#1001' --undo --note 'it was another order'`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cli.Usagef("name one or more orders")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.TrimSpace(s.note) == "" {
				return cli.Usagef("--note must say why: it is recorded with the order")
			}
			s.cmd = cmd
			return session.Operate(cmd, session.OnlyToLook, func(ctx context.Context, o *operator.Operator) error {
				s.operator = o
				return s.run(ctx, args)
			})
		},
	}
	cmd.Flags().StringVar(&s.note, "note", "", "why, kept on record")
	cmd.Flags().BoolVar(&s.undo, "undo", false, "take back that the orders are settled")
	cmd.Flags().BoolVarP(&s.yes, "yes", "y", false, "do not ask for confirmation")
	return cmd
}

// settler records decisions about orders.
type settler struct {
	flags     *cli.Flags
	cmd       *cobra.Command
	operator  *operator.Operator
	note      string
	undo, yes bool
	// changes are the cancellations and refunds that need somebody, by the workflow ID of the order.
	changes map[string]*changed.Outcome
	// disputes are the disputes that nobody has settled, or with undo those that somebody has, by the workflow ID of the order.
	disputes map[string][]disputed.Record
}

// settlement is a decision that was recorded.
type settlement struct {
	Order string           `json:"order"`
	ID    string           `json:"id"`
	State executions.State `json:"state"`
	By    string           `json:"by"`
	Note  string           `json:"note"`
}

// run records the decision for each of the named orders. An order for which that fails does not stop the others, so that
// the same command can be run again.
func (s *settler) run(ctx context.Context, names []string) error {
	chosen, err := s.choose(ctx, names)
	if err != nil {
		return err
	}
	if err := s.ask(chosen); err != nil {
		return err
	}
	by := cli.Whoami()
	record := s.operator.Settle
	if s.undo {
		record = s.operator.Reopen
	}
	done := []settlement{}
	var failed []error
	for _, d := range chosen {
		if err := s.record(ctx, d, by, record); err != nil {
			failed = append(failed, err)
			continue
		}
		state, became := s.became(d)
		done = append(done, settlement{Order: d.Name, ID: d.ID, State: state, By: by, Note: s.note})
		if !s.flags.JSON {
			_, _ = fmt.Fprintf(s.cmd.OutOrStdout(), "order %s is %s\n", printable.Line(d.Name, 0), became)
		}
	}
	if s.flags.JSON {
		failed = append(failed, cli.JSON(s.cmd.OutOrStdout(), done))
	}
	return errors.Join(failed...)
}

// became returns the state of an order after the decision, and says what it means.
func (s *settler) became(d *orders.OrderDetails) (executions.State, string) {
	switch {
	case !s.undo:
		return executions.Settled, "settled"
	case d.State == executions.Settled:
		return executions.Left, "no longer settled: it is left to people"
	}
	return d.State, "no longer settled: the next digest lists its dispute, unless it was won"
}

// record records the decision for an order. An order that has its cards is settled only as far as it was cancelled or
// refunded since, or its payment is disputed.
func (s *settler) record(
	ctx context.Context, d *orders.OrderDetails, by string,
	record func(ctx context.Context, d *orders.OrderDetails, by, note string) error,
) error {
	change, disputes := s.changes[d.WorkflowID], s.disputes[d.WorkflowID]
	if s.undo {
		return s.takeBack(ctx, d, by, record)
	}
	if change == nil && len(disputes) == 0 {
		return record(ctx, d, by, s.note)
	}
	if d.State != executions.Completed && d.State != executions.Settled {
		if err := record(ctx, d, by, s.note); err != nil {
			return err
		}
	}
	for _, dispute := range disputes {
		if err := s.operator.SettleDispute(ctx, dispute, by, s.note); err != nil {
			return err
		}
	}
	if change == nil {
		return nil
	}
	return s.operator.SettleChange(ctx, *change, by, s.note)
}

// takeBack takes back that an order, or a dispute about it, is settled.
func (s *settler) takeBack(
	ctx context.Context, d *orders.OrderDetails, by string,
	record func(ctx context.Context, d *orders.OrderDetails, by, note string) error,
) error {
	disputes := s.disputes[d.WorkflowID]
	if d.State == executions.Settled || len(disputes) == 0 {
		if err := record(ctx, d, by, s.note); err != nil {
			return err
		}
	}
	for _, dispute := range disputes {
		if err := s.operator.ReopenDispute(ctx, dispute, by, s.note); err != nil {
			return err
		}
	}
	return nil
}

// choose returns the named orders, each once.
func (s *settler) choose(ctx context.Context, names []string) ([]*orders.OrderDetails, error) {
	var out []*orders.OrderDetails
	for _, name := range names {
		d, err := s.operator.ShowOrder(ctx, name)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(out, func(o *orders.OrderDetails) bool { return o.WorkflowID == d.WorkflowID }) {
			out = append(out, d)
			change, err := s.operator.OpenOf(ctx, d.Shop, d.ID)
			if err != nil {
				return nil, err
			}
			s.changes[d.WorkflowID] = change
			disputes := s.operator.OpenDisputes
			if s.undo {
				disputes = s.operator.SettledDisputes
			}
			if s.disputes[d.WorkflowID], err = disputes(ctx, d.Shop, d.ID); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// ask prints where the orders stand, and asks whether to record the decision.
func (s *settler) ask(chosen []*orders.OrderDetails) error {
	for _, d := range chosen {
		stands := []string{standing(d)}
		if change := s.changes[d.WorkflowID]; change != nil {
			stands = append(stands, change.Says())
		}
		for _, dispute := range s.disputes[d.WorkflowID] {
			is := "its payment is disputed (" + dispute.Kind + ", recorded " + dispute.Since.Format(time.DateOnly) + ")"
			if dispute.SettledBy != "" {
				is += ", which " + dispute.SettledBy + " has settled: " + dispute.Note
			}
			stands = append(stands, is)
		}
		_, _ = fmt.Fprintf(s.cmd.ErrOrStderr(), "Order %s: %s\n", printable.Line(d.Name, 0),
			printable.Line(strings.Join(stands, "; "), 0))
	}
	n := len(chosen)
	question := "Settle this order? Its cards will not be issued, except by a release."
	switch {
	case s.undo && n > 1:
		question = fmt.Sprintf("Take back that these %d orders are settled? The next digest lists them.", n)
	case s.undo:
		question = "Take back that this order is settled? The next digest lists it."
	case n > 1:
		question = fmt.Sprintf("Settle these %d orders? Their cards will not be issued, except by a release.", n)
	}
	return cli.Confirm(s.cmd, s.yes, question)
}

// standing returns where an order stands, and why.
func standing(d *orders.OrderDetails) string {
	switch {
	case d.State == executions.Settled:
		return "settled by " + cmp.Or(d.Left.By, "somebody") + ": " + d.Left.Note
	case d.State == executions.Redacted:
		return "redacted by " + cmp.Or(d.Left.By, "somebody")
	case d.Left != nil:
		return "left to people: " + workflows.Why(d.Left.Reason)
	case d.Failure != nil:
		return string(d.State) + ", " + d.Failure.Kind + ": " + d.Failure.Message
	}
	return string(d.State)
}
