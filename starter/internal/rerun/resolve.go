package rerun

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/promises/cardlog"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/starter/internal/session"
	"github.com/giftbridge/giftbridge/workflows"
)

func newResolve(f *cli.Flags) *cobra.Command {
	r := resolver{flags: f}
	var kind string
	var issued, notIssued, all bool
	cmd := &cobra.Command{
		Use:   "resolve <order>... [--unit N] | --all",
		Short: "Record whether cards with an unknown outcome exist",
		Long: `Resolve settles cards that failed as OutcomeUnknown: the issuer's answer was lost, and where
ISSUER_DEDUPES is false, another request could issue the card a second time. Look up the audit number at the
issuer ("orders show" prints it), then record what you found: with --issued, the card counts as issued; with --not-issued, it
is requested once more. Without either flag, the command asks about each card. The orders are then run again. Cards
that are still in doubt stay so.

Of an issuer that makes cards later, a card is in doubt while its activation is open, and once it has failed
without that being known. The issuer knows the audit number as the payload of the request. With --issued, the card counts as one that
has its value; with --not-issued, another request is sent, so be certain that nothing more comes of the earlier ones.

Without --unit, the command covers every card in doubt of the named orders. --all covers all orders: after the loss of
Temporal's database, the issuer knows cards of orders that seem to be new, and --all --issued settles them.

It asks for confirmation first. A wrong --not-issued gives money away; a wrong --issued leaves a customer without a
card. Who gave which answer, and why, is on record.`,
		Example: `  giftbridge orders resolve '#1001'
  giftbridge orders resolve '#1001' --unit 1 --unit 3 --not-issued --reason 'asked the issuer, ticket 4711'
  giftbridge orders resolve --all --kind OutcomeUnknown --issued`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case all == (len(args) > 0):
				return cli.Usagef("name one or more orders, or pass --all")
			case len(r.units) > 0 && len(args) != 1:
				return cli.Usagef("--unit needs exactly one order")
			case len(r.units) > 0 && slices.Min(r.units) < 1:
				return cli.Usagef("--unit must be the number of a card, starting at 1")
			case issued && notIssued:
				return cli.Usagef("pass either --issued or --not-issued, as you found at the issuer, not both")
			case all && !issued && !notIssued:
				return cli.Usagef("--all needs --issued or --not-issued")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			known, err := session.ReadKind(kind)
			if err != nil {
				return err
			}
			if known != "" && known != string(giftcard.OutcomeUnknown) {
				return cli.Usagef("--kind %s cannot be resolved: only OutcomeUnknown leaves cards in doubt", known)
			}
			r.cmd, r.in = cmd, bufio.NewReader(cmd.InOrStdin())
			if issued || notIssued {
				r.found = &issued
			}
			return session.Operate(cmd, session.OnlyToLook, func(ctx context.Context, o *operator.Operator) error {
				r.operator = o
				return r.run(ctx, args)
			})
		},
	}
	cmd.Flags().IntSliceVar(&r.units, "unit", nil, "number of the card in the order, starting at 1; may be repeated")
	cmd.Flags().BoolVar(&all, "all", false, "all orders that have cards in doubt")
	cmd.Flags().StringVar(&kind, "kind", "", "with --all: OutcomeUnknown, the only kind that leaves cards in doubt")
	cmd.Flags().BoolVar(&issued, "issued", false, "the issuer has the cards")
	cmd.Flags().BoolVar(&notIssued, "not-issued", false, "the issuer has no cards with these audit numbers")
	cmd.Flags().StringVar(&r.reason, "reason", buildinfo.Program+" orders resolve", "reason, kept on record")
	cmd.Flags().BoolVarP(&r.yes, "yes", "y", false, "do not ask for confirmation")
	return cmd
}

// resolver records what a person has found out about cards.
type resolver struct {
	flags    *cli.Flags
	cmd      *cobra.Command
	operator *operator.Operator
	in       *bufio.Reader
	units    []int
	// found is the answer that the flags give for all cards. If nil, the command asks about each card.
	found  *bool
	reason string
	yes    bool
}

// verdict is what was found out about one card.
type verdict struct {
	order  *orders.OrderDetails
	card   workflows.UnitFailure
	issued bool
	// later is where the card stands, if its issuer makes it later.
	later *cardlog.Standing
}

// record records a verdict. It reports whether the order has to be run again for it to have an effect.
func (r *resolver) record(ctx context.Context, v verdict) (again bool, err error) {
	if v.later == nil {
		return true, r.operator.ResolveCard(ctx, v.order, v.card.Unit, v.issued, cli.Whoami(), r.reason)
	}
	err = r.operator.Promises.Resolve(ctx, v.order, *v.later, v.issued, cli.Whoami(), r.reason)
	return v.order.State != executions.Running, err
}

func (r *resolver) run(ctx context.Context, names []string) error {
	cards, err := r.inDoubt(ctx, names)
	if err != nil {
		return err
	}
	if len(cards) == 0 {
		_, err := fmt.Fprintln(r.cmd.ErrOrStderr(), "no card is in doubt")
		return err
	}
	said, err := r.ask(cards)
	if err != nil {
		return err
	}
	var orders []string
	called := map[string]string{}
	for i, v := range said {
		called[v.order.WorkflowID] = v.order.Name
		if len(said) > 1 {
			_, _ = fmt.Fprintf(r.cmd.ErrOrStderr(), "recording the answer for card %d of %d\n", i+1, len(said))
		}
		again, err := r.record(ctx, v)
		if err != nil {
			return err
		}
		if !again {
			_, _ = fmt.Fprintf(r.cmd.ErrOrStderr(), "your answer about card %d of order %s is recorded\n", v.card.Unit,
				printable.Line(v.order.Name, 0))
			continue
		}
		if !slices.Contains(orders, v.order.WorkflowID) {
			orders = append(orders, v.order.WorkflowID)
		}
	}
	if len(orders) == 0 {
		return nil
	}
	return r.rerun(ctx, orders, called)
}

// inDoubt returns the cards to resolve.
func (r *resolver) inDoubt(ctx context.Context, names []string) ([]verdict, error) {
	all := len(names) == 0
	if all {
		failed, err := r.operator.ListOrders(ctx,
			orders.OrderFilter{State: executions.Failed, Kind: string(giftcard.OutcomeUnknown)})
		if err != nil {
			return nil, err
		}
		for _, o := range failed {
			names = append(names, o.ID)
		}
	}
	var out []verdict
	for _, name := range names {
		d, err := r.operator.ShowOrder(ctx, name)
		if err != nil {
			return nil, err
		}
		found, err := r.inDoubtOf(ctx, d, all)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 && !all {
			return nil, fmt.Errorf("order %s has no card in doubt", d.Name)
		}
		out = append(out, found...)
	}
	return out, nil
}

// inDoubtOf returns the cards of an order to resolve. With --all, cards whose issuer may yet answer are left out.
func (r *resolver) inDoubtOf(ctx context.Context, d *orders.OrderDetails, all bool) (out []verdict, err error) {
	standings, err := r.operator.Promises.Standings(ctx, d.WorkflowID, d.RunIDs()...)
	if err != nil {
		return nil, err
	}
	later, doubtful := map[int]*cardlog.Standing{}, []int{}
	for i, s := range standings {
		later[s.Unit] = &standings[i]
		if s.InDoubt() && (!all || !s.Open) {
			doubtful = append(doubtful, s.Unit)
		}
	}
	for _, unit := range d.UnitsInDoubt() {
		if later[unit] == nil {
			doubtful = append(doubtful, unit)
		}
	}
	if len(r.units) > 0 {
		doubtful = r.units
	}
	for _, unit := range slices.Compact(slices.Sorted(slices.Values(doubtful))) {
		v := verdict{order: d, later: later[unit]}
		switch {
		case v.later == nil:
			if v.card, err = d.CardInDoubt(unit); err != nil {
				return nil, err
			}
		case !v.later.InDoubt():
			return nil, fmt.Errorf("card %d of order %s is not in doubt: %s", unit, d.Name, v.later.Says())
		default:
			v.card = workflows.UnitFailure{Unit: unit, AuditNumber: v.later.Key}
		}
		out = append(out, v)
	}
	return out, nil
}

// ask returns what was found out about these cards, without the cards that were skipped. It prints the audit
// numbers, so that the operator can compare them with what the issuer shows.
func (r *resolver) ask(cards []verdict) ([]verdict, error) {
	if r.found == nil {
		return r.askForEach(cards)
	}
	for i := range cards {
		cards[i].issued = *r.found
		_, _ = fmt.Fprintf(r.cmd.ErrOrStderr(), "Order %s: card %d (audit number %s) %s.\n",
			printable.Line(cards[i].order.Name, 0), cards[i].card.Unit, cards[i].card.AuditNumber, cards[i].says())
	}
	question := "Is this correct?"
	if n := len(cards); n > 1 {
		question = fmt.Sprintf("Is this correct for all %d cards?", n)
	}
	return cards, cli.ConfirmFrom(r.cmd, r.in, r.yes, question)
}

// says says what a verdict means.
func (v verdict) says() string {
	switch {
	case v.later == nil && v.issued:
		return "exists at the issuer"
	case v.later == nil:
		return "does not exist at the issuer and may be requested once more"
	case v.issued:
		return "has its value at the issuer"
	}
	return "has no value at the issuer and will get none by what was requested so far; it is requested once more"
}

// question asks what was found out about a card.
func (v verdict) question() string {
	asks := fmt.Sprintf("Order %s, card %d: does the issuer have audit number %s?", v.order.Name, v.card.Unit, v.card.AuditNumber)
	if v.later != nil {
		asks = fmt.Sprintf("Order %s, card %d, %s: does the card have its value at the issuer (audit number %s)?", v.order.Name,
			v.card.Unit, v.later.Says(), v.card.AuditNumber)
	}
	return asks + " [issued/not-issued/skip]"
}

func (r *resolver) askForEach(cards []verdict) ([]verdict, error) {
	var out []verdict
	for _, v := range cards {
		answer, end, err := cli.Ask(r.cmd, r.in, v.question())
		switch {
		case err != nil:
			return nil, err
		case answer == "issued" || answer == "not-issued":
			v.issued = answer == "issued"
			out = append(out, v)
		case answer == "" && end:
			return nil, cli.Usagef("stdin is not interactive; pass --issued or --not-issued")
		case answer != "skip":
			return nil, cli.ErrDeclined
		}
	}
	if len(out) == 0 {
		return nil, cli.ErrDeclined
	}
	return out, nil
}

// waitForRerun is the interval at which rerun checks whether another rerun has finished.
const waitForRerun = 2 * time.Second

// rerun reruns the orders, once no other rerun is under way.
func (r *resolver) rerun(ctx context.Context, orders []string, names map[string]string) error {
	in := workflows.RerunOrdersInput{
		Orders: orders, Force: true, Reason: fmt.Sprintf("%s (by %s)", r.reason, cli.Whoami()),
	}
	for told := false; ; told = true {
		rerun, err := r.operator.RerunOrders(ctx, in)
		if busy, ok := errors.AsType[*recovery.RerunUnderWayError](err); ok {
			if !told {
				_, _ = fmt.Fprintf(r.cmd.ErrOrStderr(), "your answer is recorded; waiting: %v\n", busy)
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("your answer is recorded, but the orders have not been run again yet; run: "+
					buildinfo.Program+" orders retry --force: %w", ctx.Err())
			case <-time.After(waitForRerun):
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("your answer is recorded, but the orders have not been run again yet: %w", err)
		}
		result, err := rerun.Wait(ctx)
		if err != nil {
			return err
		}
		return printRerun(r.cmd.OutOrStdout(), r.flags, result, names)
	}
}
