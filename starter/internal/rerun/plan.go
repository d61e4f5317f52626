package rerun

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/words"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/workflows"
)

// plan is what a rerun is expected to do.
type plan struct {
	RunAgain  []executions.Order `json:"run_again"`
	LeftAlone []executions.Order `json:"left_alone"`
}

// planRerun finds the orders that a rerun is about, and adds those that are named to its input.
func planRerun(
	ctx context.Context, o *operator.Operator, named []string, kind string, in *workflows.RerunOrdersInput,
) (plan, error) {
	if len(named) == 0 {
		failed, err := o.ListOrders(ctx, orders.OrderFilter{State: executions.Failed, Kind: kind})
		if err != nil {
			return plan{}, err
		}
		return planOf(failed, func(f executions.Order) bool {
			// Of the other orders, those that were terminated are rerun only by name.
			return f.Curable || in.Force && slices.Contains(giftcard.Kinds, giftcard.Kind(f.Failure.Kind))
		}), nil
	}
	var found []executions.Order
	for _, name := range named {
		id, err := o.FindOrder(ctx, name)
		if err != nil {
			return plan{}, err
		}
		if slices.Contains(in.Orders, id) {
			continue
		}
		order, err := o.Look(ctx, id)
		if err != nil {
			return plan{}, err
		}
		in.Orders, found = append(in.Orders, id), append(found, order)
	}
	return planOf(found, func(f executions.Order) bool {
		return f.Failure != nil && (f.Curable || in.Force) && (kind == "" || f.Failure.Kind == kind)
	}), nil
}

func planOf(list []executions.Order, again func(executions.Order) bool) plan {
	p := plan{RunAgain: []executions.Order{}, LeftAlone: []executions.Order{}}
	for _, order := range list {
		if again(order) {
			p.RunAgain = append(p.RunAgain, order)
		} else {
			p.LeftAlone = append(p.LeftAlone, order)
		}
	}
	return p
}

// names returns the names of the orders by workflow ID.
func (p plan) names() map[string]string {
	out := map[string]string{}
	for _, o := range slices.Concat(p.RunAgain, p.LeftAlone) {
		out[o.WorkflowID] = o.Name
	}
	return out
}

// print prints a line for each kind of failure, with the number of orders and the value of their cards.
func (p plan) print(w io.Writer) error {
	return cli.Table(w, func(row func(...any)) {
		sum := func(list []executions.Order, will string) {
			var kinds []string
			sums := map[string]*words.Sum{}
			for _, o := range list {
				kind := string(o.State)
				if o.Failure != nil {
					kind = o.Failure.Kind
				}
				if sums[kind] == nil {
					kinds, sums[kind] = append(kinds, kind), &words.Sum{}
				}
				sums[kind].Add(digest.Worth{Cards: o.Cards, Amount: o.Amount, Currency: o.Currency})
			}
			slices.Sort(kinds)
			for _, kind := range kinds {
				row(kind, sums[kind].String(), will)
			}
		}
		sum(p.RunAgain, "run again")
		sum(p.LeftAlone, "left alone")
	})
}

// question asks for a confirmation of the plan.
func (p plan) question(named int) string {
	if named > 0 { // Whether a named order is run again is decided when it is.
		return fmt.Sprintf("Run %s again?", orderCount(named))
	}
	return fmt.Sprintf("Run %s again?", orderCount(len(p.RunAgain)))
}
