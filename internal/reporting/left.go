package reporting

import (
	"cmp"
	"context"
	"errors"
	"slices"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

// addLeft adds the orders that were left to people in the window and still are. The order names that polls return are
// of orders without a workflow of their own: workers of earlier releases did not start one for them.
func (r *reporter) addLeft(ctx context.Context) error {
	ofType := "WorkflowType = " + executions.Quote(workflows.LeftOrderType)
	named := map[string]bool{}
	inWindow := ofType + " AND StartTime >= " + executions.QuoteTime(r.Window.From) +
		" AND StartTime < " + executions.QuoteTime(r.Window.To)
	err := r.ScanNewest(ctx, inWindow, func(newest *workflowpb.WorkflowExecutionInfo) (bool, error) {
		order := r.Order(newest)
		named[order.Name] = true
		if order.State != executions.Left {
			return true, nil // It was released or settled.
		}
		left, err := r.leftOrder(newest)
		r.Left = append(r.Left, left)
		return true, err
	})
	if err != nil {
		return err
	}
	slices.SortFunc(r.Left, func(a, b digest.LeftOrder) int { return cmp.Compare(a.OrderID, b.OrderID) })
	for _, names := range []*[]string{&r.Mixed, &r.Native} {
		for _, name := range *names {
			if !named[name] {
				id, err := r.FindOrder(ctx, name)
				if _, unknown := errors.AsType[*executions.NotFoundError](err); err != nil && !unknown {
					return err
				}
				named[name] = id != ""
			}
		}
		*names = slices.DeleteFunc(*names, func(name string) bool { return named[name] })
	}
	for _, o := range r.Left {
		switch o.Reason {
		case giftcard.NativeGiftCard:
			r.NativeTotal++
		case giftcard.MixedOrder:
			r.MixedTotal++
		default:
		}
	}
	r.MixedTotal += len(r.Mixed)
	r.NativeTotal += len(r.Native)
	before := ofType + " AND StartTime < " + executions.QuoteTime(r.Window.From)
	return r.ScanNewest(ctx, before, func(newest *workflowpb.WorkflowExecutionInfo) (bool, error) {
		if r.Order(newest).State == executions.Left && newest.GetStartTime().AsTime().Before(r.Window.From) {
			r.LeftBefore++
		}
		return true, nil
	})
}

// leftOrder returns an order that is left to people, from the memo of its run.
func (o *Reporting) leftOrder(info *workflowpb.WorkflowExecutionInfo) (digest.LeftOrder, error) {
	order := o.Order(info)
	memo, err := o.OrderMemo(info)
	return digest.LeftOrder{
		Name: order.Name, OrderID: order.ID, Reason: memo.Reason, Cards: memo.Cards, Amount: memo.Amount, Currency: memo.Currency,
		Link: o.shopLink(order), Run: digest.Run{WorkflowID: order.WorkflowID, RunID: order.RunID},
	}, err
}
