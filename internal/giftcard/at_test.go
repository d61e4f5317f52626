package giftcard_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// With a greatest age, orders count from later on as time goes by. Without one, the rules stay the same.
func TestRulesAt(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	aging := giftcard.Rules{CreatedFrom: from, MaxAge: 24 * time.Hour}
	require.Equal(t, from, aging.At(from).CreatedFrom)
	require.Equal(t, from.Add(time.Hour), aging.At(from.Add(25*time.Hour)).CreatedFrom)
	require.Equal(t, from, giftcard.Rules{CreatedFrom: from}.At(from.Add(25*time.Hour)).CreatedFrom)
}

// Only an order with a SKU of the rules is not rejected for having no gift card.
func TestHasCard(t *testing.T) {
	t.Parallel()
	rules := giftcard.Rules{SKUs: []string{"GIFT-50"}}
	require.True(t, rules.HasCard("PEN", "GIFT-50"))
	require.False(t, rules.HasCard("gift-50", "GIFT-500", ""))
	require.False(t, rules.HasCard())
}
