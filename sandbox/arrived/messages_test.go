package arrived_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/internal/sonar/sonartest/ledger"
	"github.com/giftbridge/giftbridge/sandbox/arrived"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

const (
	anna = "+14155550101"
	bert = "+14155550102"
)

func TestOnPhones(t *testing.T) {
	t.Parallel()
	order := func(name string, change func(*shopifytest.Order)) shopifytest.Order {
		o := shopifytest.Order{
			ID: int64(len(name)), Name: name, FinancialStatus: "PAID", Lines: []shopifytest.LineItem{{Quantity: 2, Removed: 1}},
		}
		change(&o)
		return o
	}
	paid := func(*shopifytest.Order) {}
	placed := []scenario.Placed{{ID: 5, Phone: anna}}
	got := []ledger.Delivery{{To: anna, Text: "Widgets: thanks for order #1001."}, {To: bert, Text: "Widgets: #1002."}, {Text: "Back"}}
	for name, tt := range map[string]struct {
		of   stack.Told
		want int
	}{
		"told":          {stack.Told{Order: order("#1001", paid)}, 0},
		"not told":      {stack.Told{Order: order("#1003", paid)}, 1},
		"somebody else": {stack.Told{Order: order("#1002", paid)}, 1},
		"another order": {stack.Told{Order: order("#1001", func(o *shopifytest.Order) { o.Name = "#100" })}, 1},
		"could not be":  {stack.Told{Order: order("#1003", paid), Failed: 1}, 0},
		"no number":     {stack.Told{Order: order("#1003", func(o *shopifytest.Order) { o.ID = 7 })}, 0},
		"not paid":      {stack.Told{Order: order("#1003", func(o *shopifytest.Order) { o.FinancialStatus = "PENDING" })}, 0},
		"a test":        {stack.Told{Order: order("#1003", func(o *shopifytest.Order) { o.Test = true })}, 0},
		"nothing left":  {stack.Told{Order: order("#1003", func(o *shopifytest.Order) { o.Lines[0].Removed = 2 })}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, problems := arrived.OnPhones(got, ledger.Totals{}, placed, []stack.Told{tt.of})
			require.Equal(t, tt.want, found.Missing)
			require.Len(t, problems, tt.want)
			require.Equal(t, []int{2, 2, 1}, []int{found.Sent, found.Phones, found.Notices})
		})
	}
	_, bad := arrived.OnPhones(got, ledger.Totals{Doubles: 1, SecondReceipts: 1, ShipmentsBeforeReceipt: 1, UpdatesBeforeReceipt: 2}, nil, nil)
	require.Equal(t, []string{"messages twice: 2", "messages before their receipt: 3"}, bad)
}
