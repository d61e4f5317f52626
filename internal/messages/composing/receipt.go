package composing

import (
	"time"

	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/mapping"
	"github.com/giftbridge/giftbridge/internal/messages/texts"
	"github.com/giftbridge/giftbridge/internal/retail"
)

// receipt adds the receipt unless it was told, and reports whether it is told now: nothing is told before it.
func (c *composer) receipt() bool {
	if c.told.Receipt {
		return true
	}
	d := draft{
		kind: messages.KindReceipt, name: texts.Receipt, notAfter: placed(c.o).Add(receiptLife),
		tells: Tells{Receipt: true, Lines: map[string]int{}},
	}
	for _, refund := range c.o.Refunds {
		d.tells.Refunds = append(d.tells.Refunds, refund.ID)
	}
	switch silent := neverTold(c.o); {
	case silent != "":
		d.tells.Silent, d.why = silent, "No message is sent about such an order."
		c.plan.EndsAt = c.now
		c.add(d)
		return false
	case !c.o.Paid:
		c.plan.Waits = ReasonUnpaid
		return false
	}
	d.view.Total = mapping.Money(c.o.Current.Total)
	for _, line := range c.o.Lines {
		if line.CurrentQuantity > 0 {
			d.tells.Lines[line.ID] = line.CurrentQuantity
			d.view.Items = append(d.view.Items, texts.Item{Name: line.Name, Quantity: line.CurrentQuantity})
		}
	}
	if len(d.tells.Lines) == 0 {
		d.dropped, d.why = ReasonEmpty, "Nothing is left of the order."
		c.add(d)
		return true
	}
	if structure, err := mapping.Receipt(c.o, c.r.mapping()); err != nil {
		d.why = textOnly(err)
	} else {
		d.structure, d.typ, d.tells.Structured = structure, messages.TypeReceipt, true
		d.why = "The order was placed and paid."
	}
	c.add(d)
	return true
}

// neverTold returns why nothing is ever sent about an order; empty for others.
func neverTold(o retail.Order) Reason {
	switch {
	case o.Test:
		return ReasonTest
	case imported(o):
		return ReasonImported
	case !o.CancelledAt.IsZero():
		return ReasonCancelled
	}
	return ""
}

func imported(o retail.Order) bool {
	return !o.ProcessedAt.IsZero() && o.CreatedAt.Sub(o.ProcessedAt) > importAge
}

// placed returns when an order became one that has a receipt: when it was placed, or paid if that was later.
func placed(o retail.Order) time.Time {
	at := o.ProcessedAt
	if at.IsZero() {
		at = o.CreatedAt
	}
	return later(at, o.PaidAt)
}
