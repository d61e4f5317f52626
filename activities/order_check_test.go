package activities

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

// secondOfThree is the second card of paidOrder, of which three were ordered and two are left.
func secondOfThree() IssueCardInput {
	return IssueCardInput{
		AuditNumber: giftcard.AuditNumber("ACME-", "example.myshopify.com", "450789469", "466157049", 2),
		Price:       "50.0", Currency: "EUR",
	}
}

func TestChanged(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		order func(*shopify.Order)
		card  func(*IssueCardInput)
		want  string
	}{
		"as it was": {},
		"cancelled": {order: func(o *shopify.Order) { o.CancelledAt = o.CreatedAt }, want: "the order was cancelled"},
		"refunded": {
			order: func(o *shopify.Order) { o.FinancialStatus = "REFUNDED" }, want: "the order is no longer paid (REFUNDED)",
		},
		"money is owed again": {
			order: func(o *shopify.Order) { o.FinancialStatus = "PARTIALLY_PAID" },
			want:  "the order is no longer paid (PARTIALLY_PAID)",
		},
		"another card refunded": {order: func(o *shopify.Order) { o.FinancialStatus = "PARTIALLY_REFUNDED" }},
		"the card refunded": {
			order: func(o *shopify.Order) { o.LineItems[0].CurrentQuantity = 1 },
			want:  "the card was refunded or removed: 1 of 3 cards of its line remain",
		},
		"its line refunded": {
			order: func(o *shopify.Order) { o.LineItems[0].CurrentQuantity = 0 },
			want:  "the card was refunded or removed: 0 of 3 cards of its line remain",
		},
		"its line gone": {
			order: func(o *shopify.Order) { o.LineItems[0].ID = "gid://shopify/LineItem/1" },
			want:  "its line is no longer in the order",
		},
		"another price": {
			order: func(o *shopify.Order) { o.LineItems[0].UnitPrice.Amount = "25.0" },
			want:  "its price is now 25.0 EUR, and was 50.0 EUR",
		},
		"another currency": {
			order: func(o *shopify.Order) { o.LineItems[0].UnitPrice.CurrencyCode = "USD" },
			want:  "its price is now 50.0 USD, and was 50.0 EUR",
		},
		"money given back": {
			order: func(o *shopify.Order) { o.NetPayment = shopify.Money{Amount: "60.0", CurrencyCode: "EUR"} },
			card:  func(in *IssueCardInput) { in.PaidFor = []string{"GIFT-50"} },
			want:  "money was refunded: the net payment of 60.0 EUR does not cover the remaining gift cards",
		},
		"money given back, and issued all the same": {
			order: func(o *shopify.Order) { o.NetPayment = shopify.Money{Amount: "60.0", CurrencyCode: "EUR"} },
		},
		"the same price in other words": {order: func(o *shopify.Order) { o.LineItems[0].UnitPrice.Amount = "50.00" }},
		"another prefix": {card: func(in *IssueCardInput) {
			in.AuditNumber = giftcard.AuditNumber("", "example.myshopify.com", "450789469", "466157049", 2)
		}},
		"a card of another order": {
			card: func(in *IssueCardInput) {
				in.AuditNumber = giftcard.AuditNumber("", "example.myshopify.com", "1", "466157049", 2)
			},
			want: "its line is no longer in the order",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, in := paidOrder(), secondOfThree()
			if tt.order != nil {
				tt.order(&o)
			}
			if tt.card != nil {
				tt.card(&in)
			}
			why := changed(&o)
			if why == "" {
				var err error
				why, err = cardChanged("example.myshopify.com", &o, in, func() (map[string]bool, error) { return nil, nil })
				require.NoError(t, err)
			}
			require.Equal(t, tt.want, why)
		})
	}
	require.Contains(t, changed(nil), "Shopify no longer shows the order")
}

// Of the remaining units of a line, the existing cards come first.
func TestCardsThatAreLeft(t *testing.T) {
	t.Parallel()
	card := func(unit int) string {
		return giftcard.AuditNumber("ACME-", "example.myshopify.com", "450789469", "466157049", unit)
	}
	for _, tt := range []struct {
		left    int
		issued  []int
		allowed []int // Of the cards that were not issued.
	}{
		{left: 3, allowed: []int{1, 2, 3}},
		{left: 2, allowed: []int{1, 2}},
		{left: 2, issued: []int{3}, allowed: []int{1}},
		{left: 2, issued: []int{1}, allowed: []int{2}},
		{left: 2, issued: []int{1, 3}},
		{left: 1, issued: []int{2}},
		{left: 0},
	} {
		t.Run(fmt.Sprint(tt.left, tt.issued), func(t *testing.T) {
			t.Parallel()
			o, in := paidOrder(), secondOfThree()
			o.LineItems[0].CurrentQuantity = tt.left
			issued := map[string]bool{}
			for _, unit := range tt.issued {
				issued[card(unit)] = true
			}
			var allowed []int
			for unit := 1; unit <= 3; unit++ {
				in.AuditNumber = card(unit)
				why, err := cardChanged("example.myshopify.com", &o, in, func() (map[string]bool, error) { return issued, nil })
				require.NoError(t, err)
				if why == "" && !issued[card(unit)] {
					allowed = append(allowed, unit)
				}
			}
			require.Equal(t, tt.allowed, allowed)
		})
	}
	o := paidOrder()
	o.LineItems[0].CurrentQuantity = 1
	_, err := cardChanged("example.myshopify.com", &o, secondOfThree(), func() (map[string]bool, error) {
		return nil, errors.New("frontend is away")
	})
	require.ErrorContains(t, err, "frontend is away")
}

func TestOrderOf(t *testing.T) {
	t.Parallel()
	shop, number, ok := orderOf("gift-card-order/example.myshopify.com/450789469")
	require.True(t, ok)
	require.Equal(t, []string{"example.myshopify.com", "450789469"}, []string{shop, number})
	for _, other := range []string{
		"", "gift-card-order/", "gift-card-order/shop", "gift-card-order//1", "gift-card-order/shop/", "poll-orders/shop/1",
		"gift-card-order/shop/1/2",
	} {
		_, _, ok := orderOf(other)
		require.False(t, ok, other)
	}
}

// An order is read once in five minutes, however many of its cards ask, and whether or not the order exists.
func TestOrderReader(t *testing.T) {
	t.Parallel()
	shop := shopifytest.New(shopifytest.Options{})
	web := httptest.NewServer(shop)
	t.Cleanup(web.Close)
	client, err := shopify.New(shopify.Options{
		BaseURL: web.URL, APIVersion: "2026-07", Token: shopify.StaticToken(shopifytest.AccessToken),
	})
	require.NoError(t, err)
	o := shop.AddOrder(shopifytest.Order{Lines: []shopifytest.LineItem{{SKU: "GIFT-50", Quantity: 1}}})
	now := time.Now()
	reader := NewOrderReader(client, 0)
	reader.now = func() time.Time { return now }
	reads := func() int { return shop.Stats().Requests["nodes"] }
	ask := func(number string) *shopify.Order {
		t.Helper()
		order, err := reader.get(t.Context(), number)
		require.NoError(t, err)
		return order
	}
	known := ask(strconv.FormatInt(o.ID, 10))
	require.Equal(t, "PAID", known.FinancialStatus)
	require.Equal(t, 1, reads())

	require.True(t, shop.UpdateOrder(o.ID, func(o *shopifytest.Order) { o.FinancialStatus = "REFUNDED" }))
	now = now.Add(goodFor - time.Second)
	var all errgroup.Group
	for range 10 {
		all.Go(func() error {
			_, err := reader.get(t.Context(), strconv.FormatInt(o.ID, 10))
			return err
		})
	}
	require.NoError(t, all.Wait())
	require.Equal(t, 1, reads())
	now = now.Add(time.Second)
	require.Equal(t, "REFUNDED", ask(strconv.FormatInt(o.ID, 10)).FinancialStatus)
	require.Equal(t, 2, reads())

	require.Nil(t, ask("42"))
	require.Nil(t, ask("42"))
	require.Equal(t, 3, reads())

	// Orders requested while a query is under way are read together.
	var many errgroup.Group
	for range 100 {
		placed := shop.AddOrder(shopifytest.Order{})
		many.Go(func() error {
			found, err := reader.get(t.Context(), strconv.FormatInt(placed.ID, 10))
			if err == nil && found.LegacyID != strconv.FormatInt(placed.ID, 10) {
				return errors.New("got another order")
			}
			return err
		})
	}
	require.NoError(t, many.Wait())
	require.Less(t, reads(), 3+100)

	web.Close()
	_, err = reader.get(t.Context(), "43")
	require.Error(t, err)
	kind, _ := classify(err)
	require.Equal(t, giftcard.Unavailable, kind)
	require.False(t, mayHaveIssued(err), "it is not the issuer that did not answer")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = reader.get(ctx, "44")
	require.Error(t, err)
}
