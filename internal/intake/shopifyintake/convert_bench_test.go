package shopifyintake

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/shopify"
)

// BenchmarkSelectPage applies the rules to a page of 250 candidates: every other one is a gift-card order, the others
// also contain a mug.
func BenchmarkSelectPage(b *testing.B) {
	const size = 250
	page := make([]shopify.Order, size)
	for i := range page {
		page[i] = paidOrder()
		if i%2 == 1 {
			page[i].LineItems = append(page[i].LineItems, shopify.LineItem{
				ID: "gid://shopify/LineItem/466157050", SKU: "MUG", Quantity: 1, CurrentQuantity: 1,
			})
		}
	}
	rules := giftcard.Rules{SKUs: []string{"GIFT-25", "GIFT-50", "GIFT-100"}}
	b.ReportAllocs()
	for b.Loop() {
		cards := 0
		for i := range page {
			if _, reason := rules.Select(converted(page[i])); reason == "" {
				cards++
			}
		}
		require.Equal(b, size/2, cards)
	}
}
