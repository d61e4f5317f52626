package digest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// ChangedOrder is an order that was cancelled or refunded after its cards were issued, and that needs somebody.
type ChangedOrder struct {
	// Name is what people call the order.
	Name    string `json:"name"`
	OrderID string `json:"order_id"`
	// Cancelled reports whether the whole order was cancelled, and not single units refunded.
	Cancelled bool `json:"cancelled,omitempty"`
	// Existing is the number of cards that existed, and Owed how many of them are owed.
	Existing int `json:"existing,omitempty"`
	Owed     int `json:"owed"`
	// Worth is what the cards that are not owed were worth when they were issued.
	Worth
	// Units are the numbers of these cards, and AuditNumbers their audit numbers.
	Units        []int    `json:"units,omitempty"`
	AuditNumbers []string `json:"audit_numbers,omitempty"`
	// Kept says of some of these cards why giftbridge has not cancelled them.
	Kept []string `json:"kept,omitempty"`
	// Undone are the numbers of the cards that giftbridge has cancelled.
	Undone []int `json:"undone,omitempty"`
	// At is when the order was compared with its cards.
	At time.Time `json:"at"`
	// New reports whether that was in the window.
	New bool `json:"new,omitempty"`
	// Kind and Message say why the cards could not be compared or cancelled; empty if that did not fail.
	Kind    giftcard.Kind `json:"kind,omitempty"`
	Message string        `json:"message,omitempty"`
	// ShopLink leads to the order in Shopify's admin, and Link to the run in the Web UI.
	ShopLink string `json:"shop_link,omitempty"`
	Link     string `json:"link,omitempty"`
}

// CountFailedChanges returns the number of changed orders whose change could not be acted on.
func (r Report) CountFailedChanges() int {
	n := 0
	for _, o := range r.Changed {
		if o.Kind != "" {
			n++
		}
	}
	return n
}

// ChangedReason explains orders whose cards are no longer owed.
type ChangedReason struct{ State, Title, Says string }

// CardsTooMany and ChangeFailed explain them.
var (
	CardsTooMany = ChangedReason{
		"cards_too_many", "Cards of cancelled or refunded orders",
		"Units of these orders were cancelled, refunded or removed after their cards were issued, so more cards exist than are " +
			"owed. Look up what is left on them, and cancel them; what was spent is a matter between you and the customer.",
	}
	ChangeFailed = ChangedReason{
		"change_failed", "Cards of cancelled or refunded orders that could not be cancelled",
		"Units of these orders were cancelled, refunded or removed after their cards were issued. giftbridge tried to find out " +
			"which cards are no longer owed, or to cancel them, and failed. Each card is still worth its balance.",
	}
)

// Why returns the explanation of a changed order.
func (o ChangedOrder) Why() ChangedReason {
	if o.Kind != "" {
		return ChangeFailed
	}
	return CardsTooMany
}

// Says says what is known of the order's cards, in one line.
func (o ChangedOrder) Says() string {
	var parts []string
	what := "units were refunded or removed"
	if o.Cancelled {
		what = "the order was cancelled"
	}
	if len(o.Units) > 0 {
		parts = append(parts, fmt.Sprintf("%s; of %s, %d owed; too many: %s", what, count(o.Existing), o.Owed, numbers(o.Units)))
	}
	if len(o.Undone) > 0 {
		parts = append(parts, "cancelled: "+numbers(o.Undone))
	}
	parts = append(parts, o.Kept...)
	if o.Message != "" {
		parts = append(parts, o.Message)
	}
	return strings.Join(parts, "; ")
}

func count(cards int) string {
	if cards == 1 {
		return "1 card"
	}
	return strconv.Itoa(cards) + " cards"
}

// maxNumbers is the number of cards that a line names.
const maxNumbers = 20

// numbers formats the numbers of cards: "card 3", "cards 2, 3".
func numbers(units []int) string {
	words := make([]string, 0, maxNumbers)
	for _, u := range units[:min(len(units), maxNumbers)] {
		words = append(words, strconv.Itoa(u))
	}
	out := "card " + strings.Join(words, ", ")
	if len(units) > 1 {
		out = "cards " + strings.Join(words, ", ")
	}
	if more := len(units) - maxNumbers; more > 0 {
		out += fmt.Sprintf(" and %d more", more)
	}
	return out
}
