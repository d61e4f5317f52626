package orders

import (
	"context"
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/internal/executions"
)

// Fixed is a correction of cards of an order that is on record. It says nothing of the recipient.
type Fixed struct {
	// Cards are the numbers of the corrected cards, and Changes names what was corrected.
	Cards   []int     `json:"cards"`
	Changes []string  `json:"changes"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	Note    string    `json:"note"`
}

// fixed returns the corrections with which the newest run of an order was started. An input that cannot be read has
// none: where the order stands is worth showing without it.
func (o *Orders) fixed(ctx context.Context, order executions.Order) []Fixed {
	if order.State == executions.Left || order.State == executions.Settled {
		return nil
	}
	in, err := o.OrderInput(ctx, order.WorkflowID, order.RunID)
	if err != nil || len(in.Fixes) == 0 {
		return nil
	}
	units, err := in.Units()
	if err != nil {
		return nil
	}
	out := make([]Fixed, 0, len(in.Fixes))
	for _, f := range in.Fixes {
		fixed := Fixed{Changes: f.Changes(), By: f.By, At: f.At, Note: f.Note}
		for _, u := range units {
			if slices.Contains(f.AuditNumbers, u.AuditNumber) {
				fixed.Cards = append(fixed.Cards, u.Number)
			}
		}
		out = append(out, fixed)
	}
	return out
}
