package giftcard_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

func BenchmarkAuditNumber(b *testing.B) {
	b.ReportAllocs()
	var number string
	for b.Loop() {
		number = giftcard.AuditNumber("GB", "example.myshopify.com", "5000000000001", "14000000000001", 1)
	}
	require.Regexp(b, "^GB5000000000001-[A-Z2-7]{12}$", number)
}

// BenchmarkCardUnits measures the most common order, one card, and the largest order that is issued.
func BenchmarkCardUnits(b *testing.B) {
	for _, units := range []int{1, giftcard.MaxUnits} {
		b.Run("units="+strconv.Itoa(units), func(b *testing.B) {
			order := giftcard.Order{
				Shop: "example.myshopify.com", ID: "5000000000001",
				Lines: []giftcard.Line{{ID: "14000000000001", Units: units}},
			}
			b.ReportAllocs()
			for b.Loop() {
				got, err := order.CardUnits("GB")
				require.NoError(b, err)
				require.Len(b, got, units)
			}
		})
	}
}
