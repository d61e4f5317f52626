package giftcard_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// These audit numbers are pinned forever. The issuer identifies cards by them: if one of them changed, every order that
// is rerun after the upgrade would be issued a second time. If this test fails, the code is wrong, not the test.
func TestAuditNumberNeverChanges(t *testing.T) {
	t.Parallel()
	const shop = "example.myshopify.com"
	tests := []struct {
		prefix, shop, order, line string
		unit                      int
		want                      string
	}{
		{"", shop, "450789469", "466157049", 1, "450789469-4OPVJJIZ5K7K"},
		{"", shop, "450789469", "466157049", 2, "450789469-N4MZOLDBD3KI"},
		{"", shop, "450789469", "466157050", 1, "450789469-HSL4LLX7VYYK"},
		{"", shop, "450789470", "466157049", 1, "450789470-SUBDWP3UYYMS"},
		{"", "other.myshopify.com", "450789469", "466157049", 1, "450789469-6JOMKNDMXZQA"},
		{"GB-", shop, "450789469", "466157049", 1, "GB-450789469-4OPVJJIZ5K7K"},
		{
			"2026/", shop, "18446744073709551615", "18446744073709551615", 1000,
			"2026/18446744073709551615-F5DTCXI2GNQM",
		},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, giftcard.AuditNumber(tt.prefix, tt.shop, tt.order, tt.line, tt.unit))
	}
}

func TestAuditNumberForm(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		prefix := rapid.StringMatching(`[A-Za-z0-9-]{0,20}`).Draw(t, "prefix")
		order, line := numbers.Draw(t, "order"), numbers.Draw(t, "line")
		audit := giftcard.AuditNumber(prefix, shops.Draw(t, "shop"), order, line, rapid.IntRange(1, 1000).Draw(t, "unit"))
		require.True(t, strings.HasPrefix(audit, prefix+order+"-"), audit)
		require.Regexp(t, `^[A-Za-z0-9-]+-[A-Z2-7]{12}$`, audit)
		require.LessOrEqual(t, len(audit), 53)
	})
}

func TestCardUnits(t *testing.T) {
	t.Parallel()
	a := giftcard.Line{ID: "1", SKU: "GIFT-50", Units: 2, Price: "50.0", Currency: "USD"}
	b := giftcard.Line{ID: "2", SKU: "GIFT-25", Units: 1, Price: "25.0", Currency: "USD"}
	order := giftcard.Order{Shop: "example.myshopify.com", ID: "7", Name: "#1001", Lines: []giftcard.Line{a, b}}
	audit := func(line string, unit int) string { return giftcard.AuditNumber("GB-", order.Shop, "7", line, unit) }

	units, err := order.CardUnits("GB-")
	require.NoError(t, err)
	require.Equal(t, []giftcard.Unit{
		{Number: 1, Line: a, AuditNumber: audit("1", 1)},
		{Number: 2, Line: a, AuditNumber: audit("1", 2)},
		{Number: 3, Line: b, AuditNumber: audit("2", 1)},
	}, units)
}

func TestCardUnitsBounds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		lines []int
		want  bool
	}{
		{nil, false},
		{[]int{0}, false},
		{[]int{1}, true},
		{[]int{giftcard.MaxUnits}, true},
		{[]int{giftcard.MaxUnits + 1}, false},
		{[]int{giftcard.MaxUnits - 1, 1}, true},
		{[]int{giftcard.MaxUnits - 1, 1, 1}, false},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.lines), func(t *testing.T) {
			t.Parallel()
			order := giftcard.Order{Name: "#1001"}
			for i, n := range tt.lines {
				order.Lines = append(order.Lines, giftcard.Line{ID: fmt.Sprint(i), Units: n})
			}
			units, err := order.CardUnits("")
			if tt.want {
				require.NoError(t, err)
				require.Len(t, units, order.Units())
				return
			}
			require.Empty(t, units)
			var refused *giftcard.Error
			require.ErrorAs(t, err, &refused)
			require.Equal(t, giftcard.InvalidRequest, refused.Kind)
			want := fmt.Sprintf("order #1001 has %d gift cards; 1 to 1000 can be issued", order.Units())
			if len(tt.lines) == 0 {
				want = "order #1001 was read without its lines because it is too large"
			}
			require.EqualError(t, err, want)
		})
	}
}

// No two cards share an audit number, whatever the orders and shops: the issuer would take the second for the first,
// and a customer would get no card.
func TestCardUnitsAreNumberedUniquely(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		type identity struct{ shop, order string }
		seen := map[string]string{}
		orders := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) giftcard.Order {
			return giftcard.Order{
				Shop: shops.Draw(t, "shop"), ID: numbers.Draw(t, "id"),
				Lines: rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) giftcard.Line {
					return giftcard.Line{ID: numbers.Draw(t, "line"), Units: rapid.IntRange(1, 12).Draw(t, "units")}
				}), 1, 4, func(l giftcard.Line) string { return l.ID }).Draw(t, "lines"),
			}
		}), 1, 6, func(o giftcard.Order) identity { return identity{o.Shop, o.ID} }).Draw(t, "orders")

		for _, o := range orders {
			units, err := o.CardUnits("")
			require.NoError(t, err)
			require.Len(t, units, o.Units())
			again, err := o.CardUnits("")
			require.NoError(t, err)
			require.Equal(t, units, again)
			for i, u := range units {
				require.Equal(t, i+1, u.Number)
				name := fmt.Sprintf("%s/%s/%d", o.Shop, o.ID, u.Number)
				require.Empty(t, seen[u.AuditNumber], "%s is of %s, too", u.AuditNumber, name)
				seen[u.AuditNumber] = name
			}
		}
	})
}

var (
	// Short ranges beside long ones, so that numbers and shops repeat.
	numbers = rapid.OneOf(rapid.StringMatching(`[1-9][0-9]?`), rapid.StringMatching(`[1-9][0-9]{12,19}`))
	shops   = rapid.SampledFrom([]string{"a.myshopify.com", "b.myshopify.com", "a-1.myshopify.com"})
)
