package reporting

import (
	"cmp"
	"context"
	"slices"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/disputed"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/workflows"
)

// maxDisputed bounds the disputes of a report.
const maxDisputed = 500

// addDisputed adds the disputes on record, whose state may have changed since.
func (r *reporter) addDisputed(ctx context.Context) error {
	query := "WorkflowType = " + executions.Quote(workflows.DisputedOrderType)
	err := r.Scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		d, err := disputed.ReadDispute(r.Reader, info)
		if err != nil {
			return false, err
		}
		since := info.GetStartTime().AsTime()
		order := executions.Order{Name: d.Name, ID: d.ID, Shop: d.Shop}
		r.Disputed = append(r.Disputed, digest.DisputedOrder{
			Name: d.Name, OrderID: d.ID, Dispute: d.Dispute, Kind: d.Kind, Status: d.Status, Since: since,
			New: !since.Before(r.Window.From), Link: r.shopLink(order),
		})
		return len(r.Disputed) < maxDisputed, nil
	})
	slices.SortFunc(r.Disputed, func(a, b digest.DisputedOrder) int {
		return cmp.Or(b.Since.Compare(a.Since), cmp.Compare(a.Dispute, b.Dispute))
	})
	return err
}
