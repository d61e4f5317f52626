package words

import (
	"maps"
	"slices"
	"strings"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// maxCurrencies is the number of currencies that a sum names.
const maxCurrencies = 5

// Sum adds up orders. Its zero value is ready to use. Different currencies are separate sums.
type Sum struct {
	// Orders is the number of orders.
	Orders int
	cards  int
	money  map[string]giftcard.Money
	// unknown counts the orders of which the value is not known.
	unknown int
}

// Add adds an order.
func (s *Sum) Add(w digest.Worth) {
	s.Orders++
	s.cards += max(w.Cards, 0)
	if s.money == nil {
		s.money = map[string]giftcard.Money{}
	}
	value, err := giftcard.ParseMoney(w.Amount, w.Currency)
	if err == nil {
		value, err = s.money[value.Currency].Add(value, 1)
	}
	if err != nil {
		s.unknown++
		return
	}
	s.money[value.Currency] = value
}

// AddUnknown adds n orders of which neither cards nor value are known.
func (s *Sum) AddUnknown(n int) {
	s.Orders += n
	s.unknown += n
}

// Value returns the sums of money, such as "975.00 USD and 20.00 EUR", or the empty string if no value is known.
func (s Sum) Value() string {
	codes := slices.Sorted(maps.Keys(s.money))
	parts := make([]string, 0, len(codes))
	for _, c := range codes[:min(len(codes), maxCurrencies)] {
		parts = append(parts, grouped(s.money[c]))
	}
	if n := len(codes) - maxCurrencies; n > 0 {
		parts = append(parts, Number(n)+Plural(n, " more currency", " more currencies"))
	}
	return Enumerate(parts)
}

// String returns everything, such as "12 orders, 18 cards, 975.00 USD".
func (s Sum) String() string {
	parts := []string{Count(s.Orders, "order")}
	if s.cards > 0 {
		parts = append(parts, Count(s.cards, "card"))
	}
	value := s.Value()
	if value != "" {
		parts = append(parts, value)
	}
	out := strings.Join(parts, ", ")
	if value != "" && s.unknown > 0 {
		out += " (without " + Count(s.unknown, "order") + " of unknown value)"
	}
	return out
}

// Worth returns the cards and their value, such as "2 cards, 75.00 USD", as far as they are known.
func Worth(w digest.Worth) string {
	var parts []string
	if w.Cards > 0 {
		parts = append(parts, Count(w.Cards, "card"))
	}
	if w.Amount != "" {
		parts = append(parts, Amount(w.Amount, w.Currency))
	}
	return strings.Join(parts, ", ")
}

// Amount formats an amount of money. An invalid one is returned as it is, harmless to display.
func Amount(s, currency string) string {
	if m, err := giftcard.ParseMoney(s, currency); err == nil {
		return grouped(m)
	}
	return Name(s) + " " + Name(currency)
}

// grouped formats money with groups of thousands: "65,450.00 USD".
func grouped(m giftcard.Money) string {
	whole, cents, _ := strings.Cut(m.Amount(), ".")
	return groups(whole) + "." + cents + " " + m.Currency
}

// Merge adds what another sum has added up.
func (s *Sum) Merge(more Sum) {
	s.Orders += more.Orders
	s.cards += more.cards
	s.unknown += more.unknown
	for code, value := range more.money {
		if s.money == nil {
			s.money = map[string]giftcard.Money{}
		}
		if total, err := s.money[code].Add(value, 1); err == nil {
			s.money[code] = total
		} else {
			s.unknown += more.Orders
		}
	}
}
