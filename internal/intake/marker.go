package intake

import "context"

// The ways in which an order can say, in the shop's admin, that its cards exist. They are in the histories of orders.
const (
	// ByNote adds a line to the order's note.
	ByNote = "note"
	// ByTag adds a tag to the order.
	ByTag = "tag"
	// ByFulfilment fulfils the lines of the cards, and notifies nobody.
	ByFulfilment = "fulfil"
)

// Marker marks orders whose cards exist, for the shop's staff. Its errors have a kind; see [giftcard.KindOf].
type Marker interface {
	// Mark marks an order, by the shop's number. It changes nothing else about the order. A second mark like the first
	// changes nothing at all, so that a mark whose answer was lost can be repeated.
	Mark(ctx context.Context, number string, m Mark) error
}

// Mark says that cards of an order exist.
type Mark struct {
	// By is [ByNote], [ByTag] or [ByFulfilment].
	By string
	// Units holds the number of cards of each line, by the shop's number of the line.
	Units map[string]int
}

// Cards returns the number of cards.
func (m Mark) Cards() int {
	n := 0
	for _, units := range m.Units {
		n += units
	}
	return n
}
