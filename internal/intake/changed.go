package intake

import (
	"fmt"
	"slices"
	"strings"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/printable"
)

// Changed returns why no card of an order is owed any longer, or the empty string if cards are owed.
func Changed(o *Order) string {
	switch {
	case o == nil:
		return "Shopify no longer shows the order: it was deleted, or is older than the app may read"
	case o.Cancelled:
		return "the order was cancelled"
	case !o.Paid:
		return fmt.Sprintf("the order is no longer paid (%s)", o.Payment)
	}
	return ""
}

// Card is a card of an order as it was when the order was taken in.
type Card struct {
	AuditNumber     string
	Price, Currency string
	// PaidFor holds the SKUs of the order's cards, if the card is owed only while the net payment covers the remaining
	// ones.
	PaidFor []string
	// HoldRisky is set if the card is owed only while the shop's platform does not doubt the order.
	HoldRisky bool
}

// Requested holds audit numbers of an order's cards.
type Requested struct {
	// Issued are the cards that exist, or of which only a person can say whether they exist.
	Issued map[string]bool
	// Open are the cards that are being requested now, or will be requested again because it is not known whether they
	// exist.
	Open map[string]bool
}

// CardChanged returns why a card of a shop's order is no longer owed, or the empty string if it is owed. It returns an
// Unavailable error while that depends on what becomes of other cards. It calls requested, which returns what is known of
// the cards with the given audit numbers, or of more, only if the result depends on them.
func CardChanged(
	shop string, o *Order, card Card, requested func(auditNumbers []string) (Requested, error),
) (string, error) {
	if len(card.PaidFor) > 0 && o.Underpaid(card.PaidFor) {
		return fmt.Sprintf("money was refunded: the net payment of %s does not cover the remaining gift cards",
			priceOf(o.NetPayment.Number, o.NetPayment.Currency)), nil
	}
	if card.HoldRisky && o.Risk != giftcard.RiskAccepted {
		return "Shopify now recommends to cancel the order or to investigate it (RISK=hold)", nil
	}
	line, n := lineOf(shop, o, card.AuditNumber)
	if n == 0 {
		return "its line is no longer in the order", nil
	}
	if !samePrice(line.Line, card) {
		return fmt.Sprintf("its price is now %s, and was %s %s", priceOf(line.Price, line.Currency), card.Price,
			card.Currency), nil
	}
	if line.Units >= line.ordered {
		return "", nil
	}
	// Shopify does not say which units of a line were refunded. The remaining units are taken to be the existing cards
	// first, then the others in their order.
	prefix := strings.TrimSuffix(card.AuditNumber, auditNumber(shop, o, line, n))
	var others []string
	for unit := n + 1; unit <= min(line.ordered, giftcard.MaxUnits); unit++ {
		others = append(others, prefix+auditNumber(shop, o, line, unit))
	}
	cards, err := requested(others)
	if err != nil {
		return "", err
	}
	place, open := n, 0
	for _, other := range others {
		switch {
		case cards.Issued[other]:
			place++
		case cards.Open[other]:
			open++
		}
	}
	switch {
	case place > line.Units:
		return fmt.Sprintf("the card was refunded or removed: %d of %d cards of its line remain",
			max(0, line.Units), line.ordered), nil
	case place+open > line.Units: // The last card waits for none, so all of them come to an end.
		return "", giftcard.Errorf(giftcard.Unavailable,
			"%d of %d cards of the line remain, and it is not yet known whether other cards of it exist", line.Units, line.ordered)
	}
	return "", nil
}

// orderedLine is a line with the number of units that were ordered.
type orderedLine struct {
	giftcard.Line
	ordered int
}

// lineOf returns the line that an audit number belongs to, and the unit within that line, counted from 1; the unit is 0
// if no line matches. The prefix of the audit number is the one that was configured when the order was taken in; the
// rest identifies line and unit.
func lineOf(shop string, o *Order, audit string) (orderedLine, int) {
	for i, l := range o.Order.Lines {
		line := orderedLine{l, o.Lines[i].Ordered}
		for n := 1; n <= min(line.ordered, giftcard.MaxUnits); n++ {
			if strings.HasSuffix(audit, auditNumber(shop, o, line, n)) {
				return line, n
			}
		}
	}
	return orderedLine{}, 0
}

// auditNumber returns the audit number of a unit of a line, without the prefix.
func auditNumber(shop string, o *Order, l orderedLine, unit int) string {
	return giftcard.AuditNumber("", shop, o.Order.ID, l.ID, unit)
}

func samePrice(now giftcard.Line, card Card) bool {
	a, err := giftcard.ParseMoney(now.Price, now.Currency)
	if err != nil {
		return false
	}
	b, err := giftcard.ParseMoney(card.Price, card.Currency)
	return err == nil && a == b
}

// priceOf formats a price for display. The shop's text may be anything.
func priceOf(amount, currency string) string {
	return printable.Line(amount, MaxValue) + " " + printable.Line(currency, MaxValue)
}

// Settled reports whether nothing of an order is owed any longer. An order that the shop does not show is not settled:
// a person has to look at it.
func Settled(o *Order) bool {
	if o == nil {
		return false
	}
	return o.Cancelled || !slices.ContainsFunc(o.Order.Lines, func(l giftcard.Line) bool { return l.Units > 0 })
}
