package mapping

import (
	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/retail"
)

// Update returns the structure of a change, or what keeps it from having one. It fills in what the order costs now, always all four
// numbers: those that are left out would stay what they were, and no longer add up.
func Update(o retail.Order, f messages.UpdateFields) (messages.Update, error) {
	sums, err := figuresOf(o.Current, o.Currency)
	if err != nil {
		return messages.Update{}, err
	}
	f.Currency = o.Currency
	f.Subtotal, f.Shipping, f.Tax, f.Total = sums.subtotal, sums.shipping, sums.tax, sums.total
	return messages.NewUpdate(f)
}
