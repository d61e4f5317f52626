package intake

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// Change is how an order, as the shop shows it, falls short of what was ordered. Money that was refunded without units is
// no change.
type Change struct {
	// Shop is the shop in the order's identity, Order the shop's number of the order, and Name what people call it.
	Shop, Order, Name string
	// Cancelled reports whether the whole order was cancelled.
	Cancelled bool
	// Reduced is the number of units that were refunded or removed, by the number of their line. It has the lines of gift
	// cards that lost units.
	Reduced map[string]int
	// Left is the number of gift cards that are still owed.
	Left int
	// UpdatedAt is when the order last changed, as it was read.
	UpdatedAt time.Time
}

// ChangeOf returns the change of an order. skus are the SKUs of gift cards.
func ChangeOf(shop string, o *Order, skus []string) Change {
	c := Change{
		Shop: shop, Order: o.Order.ID, Name: o.Order.Name, Cancelled: o.Cancelled, Reduced: map[string]int{}, UpdatedAt: o.UpdatedAt,
	}
	for i, l := range o.Order.Lines {
		if !slices.Contains(skus, l.SKU) {
			continue
		}
		if i < len(o.Lines) && o.Lines[i].Ordered > l.Units {
			c.Reduced[l.ID] = o.Lines[i].Ordered - l.Units
		}
		if !c.Cancelled {
			c.Left += max(0, l.Units)
		}
	}
	return c
}

// unread returns the change of an order that is too large to be read. Nothing is known of it but its number, so that there is
// one such change of an order, whatever becomes of it.
func unread(shop, number string) Change {
	return Change{Shop: shop, Order: number, Name: number, Reduced: map[string]int{"unread": 1}}
}

// None reports whether the order owes all gift cards that were ordered.
func (c Change) None() bool { return !c.Cancelled && len(c.Reduced) == 0 }

// Hash identifies the change among all changes of its order. It must give the same result in every release: the ID of the
// workflow that acts on the change contains it, so that a change is acted on once.
func (c Change) Hash() string {
	parts := []string{fmt.Sprintf("cancelled=%t", c.Cancelled)}
	for _, line := range slices.Sorted(maps.Keys(c.Reduced)) {
		parts = append(parts, fmt.Sprintf("%s=%d", line, c.Reduced[line]))
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "/")))
	return base32.StdEncoding.EncodeToString(sum[:])[:hashLength]
}

// hashLength is the number of characters of a hash: 60 bits tell the changes of one order apart.
const hashLength = 12

// LineCards are the cards of one line that exist.
type LineCards struct {
	// Line is the shop's number of the line; empty for cards whose line is no longer in the order.
	Line string
	// Left is how many cards of the line are owed.
	Left int
	// AuditNumbers are those of its cards, by their unit within the line.
	AuditNumbers []string
}

// TooMany returns how many of the cards are no longer owed.
func (l LineCards) TooMany() int { return max(0, len(l.AuditNumbers)-l.Left) }

// CardsByLine distributes the cards of an order that exist over its lines, in the order of the lines.
func CardsByLine(shop string, o *Order, auditNumbers []string) []LineCards {
	left := slices.Clone(auditNumbers)
	var out []LineCards
	for i, l := range o.Order.Lines {
		line := orderedLine{Line: l}
		if i < len(o.Lines) {
			line.ordered = o.Lines[i].Ordered
		}
		cards := LineCards{Line: l.ID}
		if !o.Cancelled {
			cards.Left = max(0, l.Units)
		}
		for n := 1; n <= min(max(line.ordered, l.Units), giftcard.MaxUnits); n++ {
			number := auditNumber(shop, o, line, n)
			at := slices.IndexFunc(left, func(audit string) bool { return strings.HasSuffix(audit, number) })
			if at >= 0 {
				cards.AuditNumbers = append(cards.AuditNumbers, left[at])
				left = slices.Delete(left, at, at+1)
			}
		}
		if len(cards.AuditNumbers) > 0 {
			out = append(out, cards)
		}
	}
	if len(left) > 0 {
		out = append(out, LineCards{AuditNumbers: left})
	}
	return out
}
