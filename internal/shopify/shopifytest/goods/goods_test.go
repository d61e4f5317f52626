package goods_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/goods"
)

// Only the transition counts: what was in stock before, or is new, is not restocked.
func TestRestocked(t *testing.T) {
	t.Parallel()
	out, in := goods.Variant{SKU: "A", Tracked: true}, goods.Variant{SKU: "A", Tracked: true, Stock: 1}
	untracked := goods.Variant{SKU: "A"}
	for name, c := range map[string]struct {
		before, after []goods.Variant
		want          int
	}{
		"restocked": {[]goods.Variant{out}, []goods.Variant{in}, 1}, "no longer counted": {[]goods.Variant{out}, []goods.Variant{untracked}, 1},
		"sold out": {[]goods.Variant{in}, []goods.Variant{out}, 0}, "more": {[]goods.Variant{in}, []goods.Variant{in}, 0},
		"new": {nil, []goods.Variant{in}, 0}, "gone": {[]goods.Variant{out}, nil, 0}, "still out": {[]goods.Variant{out}, []goods.Variant{out}, 0},
	} {
		require.Len(t, goods.Restocked(c.before, c.after), c.want, name)
	}
}
