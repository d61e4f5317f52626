package reporting

import (
	"context"
	"fmt"

	"github.com/giftbridge/giftbridge/internal/changed"
	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

// addChanged adds the orders that were cancelled or refunded after their cards were issued, and that need somebody.
func (r *reporter) addChanged(ctx context.Context) error {
	open, err := r.Open(ctx)
	for _, o := range open {
		r.Report.Changed = append(r.Report.Changed, r.changedOrder(o))
	}
	return err
}

func (r *reporter) changedOrder(o changed.Outcome) digest.ChangedOrder {
	out := digest.ChangedOrder{
		Name: o.Name, OrderID: o.Order, At: o.ClosedAt, New: r.isNew(o.ClosedAt), Link: o.Link,
		ShopLink: r.shopLink(executions.Order{Shop: o.Shop, ID: o.Order}),
	}
	if o.Failure != nil {
		out.Kind, out.Message = giftcard.Kind(o.Failure.Kind), o.Failure.Message
	}
	if o.Result == nil {
		return out
	}
	out.Cancelled, out.Existing, out.Owed, out.Undone = o.Result.OrderCancelled, o.Result.Existing, o.Result.Left, o.Result.Cancelled
	var sum giftcard.Money
	valued := true
	for _, card := range o.Result.TooMany {
		out.Units = append(out.Units, card.Unit)
		out.AuditNumbers = append(out.AuditNumbers, card.AuditNumber)
		if kept := whyKept(card); kept != "" {
			out.Kept = append(out.Kept, kept)
		}
		value, err := giftcard.ParseMoney(card.Amount, card.Currency)
		if err == nil {
			sum, err = sum.Add(value, 1)
		}
		valued = valued && err == nil
	}
	if out.Cards = len(out.Units); valued && out.Cards > 0 {
		out.Amount, out.Currency = sum.Amount(), sum.Currency
	}
	return out
}

// whyKept says why a card was not cancelled automatically; empty if it was only to be reported.
func whyKept(c workflows.CardTooMany) string {
	card := fmt.Sprintf("card %d ", c.Unit)
	switch c.Why {
	case workflows.CardSpent:
		return card + "was spent, " + c.Balance + " " + c.Currency + " are left"
	case workflows.CardEmptied:
		return card + "is empty, and it is not known whether its value was taken back or somebody spent it; ask the issuer"
	case workflows.CardWithoutLine:
		return card + "was not cancelled, because the shop does not show its line"
	case workflows.CardWithoutReference:
		return card + "cannot be cancelled, because the issuer did not return its code; look up audit number " + c.AuditNumber
	case workflows.CardNotCancellable:
		return card + "cannot be cancelled, because the issuer does not cancel cards"
	case workflows.CardBusy:
		return card + "was not cancelled, because another cancellation under its number goes on"
	case workflows.CancellationFailed:
		return card + "was not cancelled"
	default:
		return ""
	}
}
