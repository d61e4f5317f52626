package intake_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/rest"
)

// changedOrder is an order of two lines of gift cards and a pen.
func changedOrder(cancelled bool, first, second, pens int) *intake.Order {
	return &intake.Order{Candidate: giftcard.Candidate{
		Cancelled: cancelled, Paid: true,
		Order: giftcard.Order{ID: "5001", Name: "#1001", Lines: []giftcard.Line{
			{ID: "11", SKU: "GIFT-25", Units: first}, {ID: "12", SKU: "GIFT-50", Units: second}, {ID: "13", SKU: "PEN", Units: pens},
		}},
		Lines: []giftcard.LineFacts{{Ordered: 3}, {Ordered: 2}, {Ordered: 1}},
	}}
}

var giftSKUs = []string{"GIFT-25", "GIFT-50"}

// The hash of a change is part of a workflow ID, so it is the same in every release.
func TestChange(t *testing.T) {
	t.Parallel()
	hashes := map[string]string{}
	for name, tt := range map[string]struct {
		order *intake.Order
		none  bool
		left  int
		hash  string
	}{
		"as ordered":    {changedOrder(false, 3, 2, 1), true, 5, ""},
		"a pen":         {changedOrder(false, 3, 2, 0), true, 5, ""},
		"one refunded":  {changedOrder(false, 2, 2, 1), false, 4, "DNSV76HJNCA6"},
		"two refunded":  {changedOrder(false, 1, 2, 1), false, 3, ""},
		"another line":  {changedOrder(false, 3, 1, 1), false, 4, ""},
		"both lines":    {changedOrder(false, 2, 1, 1), false, 3, ""},
		"cancelled":     {changedOrder(true, 3, 2, 1), false, 0, ""},
		"and refunded":  {changedOrder(true, 0, 0, 0), false, 0, ""},
		"more was sold": {changedOrder(false, 4, 2, 1), true, 6, ""},
	} {
		c := intake.ChangeOf("shop", tt.order, giftSKUs)
		require.Equal(t, tt.none, c.None(), name)
		require.Equal(t, tt.left, c.Left, name)
		require.Equal(t, []string{"shop", "5001", "#1001"}, []string{c.Shop, c.Order, c.Name})
		if !tt.none {
			require.Empty(t, hashes[c.Hash()], name)
			hashes[c.Hash()] = name
		}
		if tt.hash != "" {
			require.Equal(t, tt.hash, c.Hash())
		}
	}
	require.Len(t, hashes, 6)
}

func TestCardsByLine(t *testing.T) {
	t.Parallel()
	audit := func(line string, unit int) string { return giftcard.AuditNumber("X-", "shop", "5001", line, unit) }
	cards := []string{audit("12", 1), audit("11", 3), audit("11", 1), "X-5001-FOREIGNFOREI"}
	got := intake.CardsByLine("shop", changedOrder(false, 1, 2, 1), cards)
	require.Equal(t, []intake.LineCards{
		{Line: "11", Left: 1, AuditNumbers: []string{audit("11", 1), audit("11", 3)}},
		{Line: "12", Left: 2, AuditNumbers: []string{audit("12", 1)}},
		{AuditNumbers: []string{"X-5001-FOREIGNFOREI"}},
	}, got)
	require.Equal(t, []int{1, 0, 1}, []int{got[0].TooMany(), got[1].TooMany(), got[2].TooMany()})
	got = intake.CardsByLine("shop", changedOrder(true, 3, 2, 1), cards[:3])
	require.Equal(t, []int{2, 1}, []int{got[0].TooMany(), got[1].TooMany()}, "nothing of a cancelled order is owed")
}

// records is a fake of what Temporal knows of orders.
type records struct {
	issued  map[string]int
	started []string
	hashes  []string
	cancel  bool
}

func (r *records) Issued(_ context.Context, shop string, _ []string) (map[string]int, error) {
	if shop != "shop" {
		return nil, errors.New("another shop")
	}
	return r.issued, nil
}

func (r *records) StartChanges(_ context.Context, changes []intake.Change, cancel bool) (int, error) {
	for _, c := range changes {
		r.started = append(r.started, c.Order)
		r.hashes = append(r.hashes, c.Hash())
	}
	r.cancel = cancel
	return len(changes), nil
}

// readable is a source of some orders.
type readable struct {
	intake.Source
	orders map[string]intake.Lookup
	read   []string
}

func (r *readable) ReadAll(_ context.Context, numbers []string) (map[string]intake.Lookup, error) {
	r.read = append(r.read, numbers...)
	return r.orders, nil
}

// Only orders with cards are read, and only those that owe fewer cards than exist are started. One that cannot be read does
// not stop the others.
func TestChangeCheck(t *testing.T) {
	t.Parallel()
	numbered := func(number string, o *intake.Order) intake.Lookup {
		o.Order.ID = number
		return intake.Lookup{Order: o}
	}
	shop := &readable{orders: map[string]intake.Lookup{
		"2": numbered("2", changedOrder(false, 3, 2, 1)),
		"3": numbered("3", changedOrder(false, 1, 2, 1)),
		"4": numbered("4", changedOrder(false, 1, 2, 1)), // Taken in after the refund.
		"5": numbered("5", changedOrder(true, 3, 2, 1)),
		"6": {Err: intake.ErrNotFound},
		"7": {Err: errors.New("away")},
	}}
	known := &records{issued: map[string]int{"2": 5, "3": 5, "4": 3, "5": 5, "6": 1, "7": 1}}
	check := intake.ChangeCheck{Source: shop, Orders: known}
	out, err := check.Check(t.Context(), intake.ChangeRules{Shop: "shop", SKUs: giftSKUs, Cancel: true},
		[]string{"1", "2", "3", "4", "5", "6", "7"})
	require.ErrorContains(t, err, "order 7: away")
	require.Equal(t, []string{"2", "3", "4", "5", "6", "7"}, shop.read)
	require.Equal(t, []string{"3", "5"}, known.started)
	require.Equal(t, intake.Checked{Started: 2}, out)
	require.True(t, known.cancel)
}

// An order that is too large to be read is started as a change, one and the same each time, so that people learn of it.
func TestChangeCheckOfAnOrderThatIsTooLarge(t *testing.T) {
	t.Parallel()
	shop := &readable{orders: map[string]intake.Lookup{"8": {Err: &rest.Error{Err: &rest.TooLargeError{}}}}}
	known := &records{issued: map[string]int{"8": 1}}
	check := intake.ChangeCheck{Source: shop, Orders: known}
	for range 2 {
		out, err := check.Check(t.Context(), intake.ChangeRules{Shop: "shop", SKUs: giftSKUs}, []string{"8"})
		require.NoError(t, err)
		require.Equal(t, intake.Checked{Started: 1, TooLarge: []string{"8"}}, out)
	}
	require.Equal(t, []string{"8", "8"}, known.started)
	require.Equal(t, known.hashes[0], known.hashes[1])
}
