package reporting

import (
	"context"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/disputed"
	"github.com/giftbridge/giftbridge/internal/executions"
)

// maxDisputed bounds the disputes of a report.
const maxDisputed = 500

// addDisputed adds the disputes on record that nobody has settled. Their state may have changed since.
func (r *reporter) addDisputed(ctx context.Context) error {
	open, err := disputed.Open(ctx, r.Reader)
	for _, d := range open[:min(len(open), maxDisputed)] {
		order := executions.Order{Name: d.Name, ID: d.ID, Shop: d.Shop}
		r.Disputed = append(r.Disputed, digest.DisputedOrder{
			Name: d.Name, OrderID: d.ID, Dispute: d.Dispute, Kind: d.Kind, Status: d.Status, Since: d.Since,
			New: !d.Since.Before(r.Window.From), Link: r.shopLink(order),
		})
	}
	return err
}
