package arrived

import (
	"fmt"
	"slices"
	"strings"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/internal/sonar/sonartest/ledger"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// Messages counts the messages that customers got.
type Messages struct {
	// Sent is the number of messages on phones. Phones is the number of these, and Notices that of the messages to everybody who asked
	// for a product.
	Sent    int `json:"messages_sent"`
	Phones  int `json:"messages_phones"`
	Notices int `json:"messages_notices"`
	// Twice counts messages that a customer got again, Early those about an order before its receipt, and Missing the orders of which
	// the customer heard nothing, though giftbridge does not say that a message could not be sent.
	Twice   int `json:"messages_twice"`
	Early   int `json:"messages_early"`
	Missing int `json:"messages_missing"`
	// Unsent is the number of messages that could not be sent, as giftbridge says.
	Unsent int `json:"messages_unsent"`
}

// OnPhones compares what customers got with their orders. It does not use the code under test. If not all orders have settled, it is
// not known what is missing. The problems are in words.
func OnPhones(
	got []ledger.Delivery, totals ledger.Totals, placed []scenario.Placed, of []stack.Told,
) (t Messages, problems []string) {
	t = Messages{
		Twice: totals.Doubles + totals.SecondReceipts, Early: totals.ShipmentsBeforeReceipt + totals.UpdatesBeforeReceipt,
	}
	phones := map[string]bool{}
	for _, d := range got {
		if d.To == "" {
			t.Notices++
			continue
		}
		t.Sent++
		phones[d.To] = true
	}
	t.Phones = len(phones)
	numbers := map[int64]string{}
	for _, p := range placed {
		numbers[p.ID] = p.Phone
	}
	for _, o := range of {
		t.Unsent += o.Failed
		number := numbers[o.Order.ID]
		heard := slices.ContainsFunc(got, func(d ledger.Delivery) bool { return d.To == number && names(d.Text, o.Order.Name) })
		if number != "" && owed(o.Order) && !heard && o.Failed == 0 {
			t.Missing++
			problems = append(problems, fmt.Sprintf("messages missing: nobody was told of order %s", o.Order.Name))
		}
	}
	if t.Twice > 0 {
		problems = append(problems, fmt.Sprintf("messages twice: %d", t.Twice))
	}
	if t.Early > 0 {
		problems = append(problems, fmt.Sprintf("messages before their receipt: %d", t.Early))
	}
	return t, problems
}

// names reports whether a text names an order: "#100" is not named by "#1001".
func names(text, order string) bool {
	words := strings.FieldsFunc(text, func(r rune) bool { return r != '#' && (r < '0' || r > '9') })
	return slices.Contains(words, order)
}

// owed reports whether there must be a message about an order: it was paid, and something of it is left. An order that was cancelled
// may have been cancelled before anybody could be told of it.
func owed(o shopifytest.Order) bool {
	left := slices.ContainsFunc(o.Lines, func(l shopifytest.LineItem) bool { return l.Quantity > l.Removed })
	return !o.Test && o.CancelledAt.IsZero() && o.Paid() && left
}
