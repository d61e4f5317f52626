package intake_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
)

// paidOrder is an order of three cards, of which two are left.
func paidOrder() *intake.Order {
	return &intake.Order{
		Candidate: giftcard.Candidate{
			Order: giftcard.Order{ID: "450789469", Lines: []giftcard.Line{{
				ID: "466157049", SKU: "GIFT-50", Units: 2, Price: "50.0", Currency: "EUR",
			}}},
			Lines: []giftcard.LineFacts{{Ordered: 3}},
			Paid:  true,
		},
		Payment: "PAID",
	}
}

// secondOfThree is the second card of paidOrder, of which three were ordered and two are left.
func secondOfThree() intake.Card {
	return intake.Card{
		AuditNumber: giftcard.AuditNumber("ACME-", "example.myshopify.com", "450789469", "466157049", 2),
		Price:       "50.0", Currency: "EUR",
	}
}

func TestChanged(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		order func(*intake.Order)
		card  func(*intake.Card)
		want  string
	}{
		"as it was": {},
		"cancelled": {order: func(o *intake.Order) { o.Cancelled = true }, want: "the order was cancelled"},
		"refunded": {
			order: func(o *intake.Order) { o.Payment, o.Paid = "REFUNDED", false }, want: "the order is no longer paid (REFUNDED)",
		},
		"money is owed again": {
			order: func(o *intake.Order) { o.Payment, o.Paid = "PARTIALLY_PAID", false },
			want:  "the order is no longer paid (PARTIALLY_PAID)",
		},
		"another card refunded": {order: func(o *intake.Order) { o.Payment = "PARTIALLY_REFUNDED" }},
		"the card refunded": {
			order: func(o *intake.Order) { o.Order.Lines[0].Units = 1 },
			want:  "the card was refunded or removed: 1 of 3 cards of its line remain",
		},
		"its line refunded": {
			order: func(o *intake.Order) { o.Order.Lines[0].Units = 0 },
			want:  "the card was refunded or removed: 0 of 3 cards of its line remain",
		},
		"its line gone": {
			order: func(o *intake.Order) { o.Order.Lines[0].ID = "1" },
			want:  "its line is no longer in the order",
		},
		"another price": {
			order: func(o *intake.Order) { o.Order.Lines[0].Price = "25.0" },
			want:  "its price is now 25.0 EUR, and was 50.0 EUR",
		},
		"another currency": {
			order: func(o *intake.Order) { o.Order.Lines[0].Currency = "USD" },
			want:  "its price is now 50.0 USD, and was 50.0 EUR",
		},
		"money given back": {
			order: func(o *intake.Order) { o.NetPayment = giftcard.Amount{Number: "60.0", Currency: "EUR"} },
			card:  func(in *intake.Card) { in.PaidFor = []string{"GIFT-50"} },
			want:  "money was refunded: the net payment of 60.0 EUR does not cover the remaining gift cards",
		},
		"money given back, and issued all the same": {
			order: func(o *intake.Order) { o.NetPayment = giftcard.Amount{Number: "60.0", Currency: "EUR"} },
		},
		"the same price in other words": {order: func(o *intake.Order) { o.Order.Lines[0].Price = "50.00" }},
		"another prefix": {card: func(in *intake.Card) {
			in.AuditNumber = giftcard.AuditNumber("", "example.myshopify.com", "450789469", "466157049", 2)
		}},
		"money was given back": {
			order: func(o *intake.Order) {
				o.Lines[0].Cost = giftcard.Amount{Number: "50.0", Currency: "EUR"}
				o.NetPayment = giftcard.Amount{Number: "99.0", Currency: "EUR"}
			},
			card: func(card *intake.Card) { card.PaidFor = []string{"GIFT-50"} },
			want: "money was refunded: the net payment of 99.0 EUR does not cover the remaining gift cards",
		},
		"the net payment covers the rest": {
			order: func(o *intake.Order) {
				o.Lines[0].Cost = giftcard.Amount{Number: "50.0", Currency: "EUR"}
				o.NetPayment = giftcard.Amount{Number: "100.0", Currency: "EUR"}
			},
			card: func(card *intake.Card) { card.PaidFor = []string{"GIFT-50"} },
		},
		"a card of another order": {
			card: func(in *intake.Card) {
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
				tt.order(o)
			}
			if tt.card != nil {
				tt.card(&in)
			}
			why := intake.Changed(o)
			if why == "" {
				var err error
				why, err = intake.CardChanged("example.myshopify.com", o, in, func([]string) (intake.Requested, error) { return intake.Requested{}, nil })
				require.NoError(t, err)
			}
			require.Equal(t, tt.want, why)
		})
	}
	require.Contains(t, intake.Changed(nil), "Shopify no longer shows the order")
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
		open    []int
		allowed []int // Of the cards that were not issued.
		waiting []int
	}{
		{left: 3, allowed: []int{1, 2, 3}},
		{left: 2, allowed: []int{1, 2}},
		{left: 2, issued: []int{3}, allowed: []int{1}},
		{left: 2, issued: []int{1}, allowed: []int{2}},
		{left: 2, issued: []int{1, 3}},
		{left: 1, issued: []int{2}},
		{left: 0},
		// What may still be issued counts, but does not count as issued.
		{left: 3, open: []int{1, 2, 3}, allowed: []int{1, 2, 3}},
		{left: 2, open: []int{1}, allowed: []int{1, 2}},
		{left: 2, open: []int{3}, allowed: []int{1}, waiting: []int{2}},
		{left: 2, open: []int{1, 2, 3}, waiting: []int{1, 2}},
		{left: 1, open: []int{2}, waiting: []int{1}},
		{left: 1, issued: []int{3}, open: []int{2, 3}},
		{left: 0, open: []int{1, 2, 3}},
	} {
		t.Run(fmt.Sprint(tt.left, tt.issued, tt.open), func(t *testing.T) {
			t.Parallel()
			o, in := paidOrder(), secondOfThree()
			o.Order.Lines[0].Units = tt.left
			cards := intake.Requested{Issued: map[string]bool{}, Open: map[string]bool{}}
			for _, unit := range tt.issued {
				cards.Issued[card(unit)] = true
			}
			for _, unit := range tt.open {
				cards.Open[card(unit)] = true
			}
			var allowed, waiting []int
			for unit := 1; unit <= 3; unit++ {
				in.AuditNumber = card(unit)
				why, err := intake.CardChanged("example.myshopify.com", o, in, func([]string) (intake.Requested, error) { return cards, nil })
				switch kind, _ := giftcard.KindOf(err); {
				case err != nil:
					require.Equal(t, giftcard.Unavailable, kind)
					waiting = append(waiting, unit)
				case why == "" && !cards.Issued[card(unit)]:
					allowed = append(allowed, unit)
				}
			}
			require.Equal(t, tt.allowed, allowed)
			require.Equal(t, tt.waiting, waiting)
		})
	}
	o := paidOrder()
	o.Order.Lines[0].Units = 1
	_, err := intake.CardChanged("example.myshopify.com", o, secondOfThree(), func([]string) (intake.Requested, error) {
		return intake.Requested{}, errors.New("frontend is away")
	})
	require.ErrorContains(t, err, "frontend is away")
}

func TestSettled(t *testing.T) {
	t.Parallel()
	require.False(t, intake.Settled(nil), "a person has to look at it")
	require.False(t, intake.Settled(paidOrder()))
	cancelled, refunded := paidOrder(), paidOrder()
	cancelled.Cancelled = true
	refunded.Order.Lines[0].Units = 0
	require.True(t, intake.Settled(cancelled))
	require.True(t, intake.Settled(refunded))
}
