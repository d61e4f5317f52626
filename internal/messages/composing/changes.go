package composing

import (
	"slices"
	"strconv"
	"time"

	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/mapping"
	"github.com/giftbridge/giftbridge/internal/messages/texts"
	"github.com/giftbridge/giftbridge/internal/retail"
)

// changed is a line whose quantity differs from what was told.
type changed struct {
	id, name string
	quantity int
}

// changes adds messages about items that were cancelled, have another quantity or were added, and of money that was given back without items.
func (c *composer) changes() {
	var gone, other, added []changed
	cancelled := !c.o.CancelledAt.IsZero()
	for _, l := range c.o.Lines {
		now := changed{l.ID, l.Name, max(0, l.CurrentQuantity)}
		if cancelled {
			now.quantity = 0
		}
		was, known := c.told.Lines[l.ID]
		switch {
		case known && now.quantity == was, !known && now.quantity == 0:
		case !known:
			added = append(added, now)
		case now.quantity == 0:
			gone = append(gone, now)
		default:
			other = append(other, now)
		}
	}
	c.updates(gone, other, cancelled)
	if len(added) > 0 {
		d := c.change("added", texts.Added, added)
		d.why, d.notAfter = "A text alone: there is no type of update for added items.", c.o.UpdatedAt.Add(newsLife)
		for _, l := range added {
			d.tells.Added = append(d.tells.Added, l.id)
		}
		c.add(d)
	}
	c.moneyBack()
}

// change returns the draft that tells of lines, without its reason.
func (c *composer) change(what string, name texts.Name, lines []changed) draft {
	d := draft{
		kind: messages.KindUpdate, content: []string{what, strconv.Itoa(c.told.Changes)}, name: name,
		view: texts.View{Total: mapping.Money(c.o.Current.Total)}, tells: Tells{Lines: map[string]int{}, Changes: 1},
	}
	for _, l := range lines {
		d.content = append(d.content, l.id, strconv.Itoa(l.quantity))
		d.view.Items = append(d.view.Items, texts.Item{Name: l.name, Quantity: l.quantity})
		d.tells.Lines[l.id] = l.quantity
	}
	return d
}

// updates adds messages about lines that are on the receipt: one message for those that are gone, and one for those with another quantity.
func (c *composer) updates(gone, other []changed, cancelled bool) {
	all := slices.Concat(gone, other)
	if len(all) == 0 {
		return
	}
	id, at := "", c.o.UpdatedAt
	refund := c.refundOf(all)
	switch {
	case cancelled:
		id, at = "cancel", c.o.CancelledAt
	case refund != nil:
		id, at = refund.ID, refund.CreatedAt
	}
	for _, part := range []struct {
		lines []changed
		typ   messages.UpdateType
	}{{gone, messages.CancelItem}, {other, messages.UpdateQuantity}} {
		if len(part.lines) == 0 {
			continue
		}
		d := c.change(string(part.typ), texts.Changed, part.lines)
		d.notAfter, d.why = at.Add(newsLife), "Quantities differ from what was told."
		for _, r := range c.o.Refunds {
			if cancelled || len(r.Items) > 0 {
				d.tells.Refunds = append(d.tells.Refunds, r.ID)
			}
		}
		if cancelled {
			d.name, d.why = texts.Cancelled, "The order was cancelled."
		}
		own := id
		switch {
		case own == "":
			own = key(c.o.Number, messages.KindUpdate, d.content...)
		case len(gone) > 0 && len(other) > 0:
			own += "-" + string(part.typ)
		}
		if structure, err := c.updateOf(own, part.typ, part.lines, at); err != nil {
			d.why = textOnly(err)
		} else {
			d.structure, d.typ = structure, messages.TypeUpdate
		}
		c.add(d)
	}
}

// refundOf returns the newest refund that was not told and is of these lines; nil if there is none.
func (c *composer) refundOf(lines []changed) *retail.Refund {
	var found *retail.Refund
	for i, r := range c.o.Refunds {
		if slices.Contains(c.told.Refunds, r.ID) || len(r.Items) == 0 || found != nil && r.CreatedAt.Before(found.CreatedAt) {
			continue
		}
		of := map[string]bool{}
		for _, item := range r.Items {
			of[item.Line] = true
		}
		if len(of) == len(lines) && !slices.ContainsFunc(lines, func(l changed) bool { return !of[l.id] }) {
			found = &c.o.Refunds[i]
		}
	}
	return found
}

// updateOf returns the structure of changed lines, or why they are told as a text.
func (c *composer) updateOf(id string, typ messages.UpdateType, lines []changed, at time.Time) (messages.Update, error) {
	if !c.told.Structured {
		return messages.Update{}, errNoReceipt
	}
	var items []messages.Changed
	for _, l := range lines {
		if slices.Contains(c.told.Added, l.id) {
			return messages.Update{}, errNotOnReceipt
		}
		items = append(items, messages.Changed{ID: l.id, Quantity: &l.quantity})
	}
	return mapping.Update(c.o, messages.UpdateFields{ID: c.o.Number, UpdateID: id, Type: typ, Items: items, At: at})
}

// moneyBack adds a message about refunds without items.
func (c *composer) moneyBack() {
	d := draft{
		kind: messages.KindUpdate, content: []string{"refunded"}, name: texts.Refunded,
		why: "A text alone: there is no type of update for money that was given back without items.",
	}
	var newest time.Time
	sum := retail.Amount{Currency: c.o.Currency}
	for _, r := range c.o.Refunds {
		if slices.Contains(c.told.Refunds, r.ID) || len(r.Items) > 0 || r.Total.Minor <= 0 {
			continue
		}
		more, err := retail.Sum(c.o.Currency, sum, r.Total)
		if err != nil { // All money of an order has one currency.
			continue
		}
		sum, newest = more, later(newest, r.CreatedAt)
		d.tells.Refunds = append(d.tells.Refunds, r.ID)
	}
	if len(d.tells.Refunds) == 0 {
		return
	}
	d.content, d.notAfter, d.view.Amount = append(d.content, d.tells.Refunds...), newest.Add(newsLife), mapping.Money(sum)
	c.add(d)
}
