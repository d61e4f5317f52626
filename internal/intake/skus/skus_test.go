package skus_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/intake/skus"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	good := skus.Variant{SKU: "GIFT-25", Product: "Gift card", Price: "25.00"}
	change := func(do func(*skus.Variant)) skus.Variant {
		v := good
		do(&v)
		return v
	}
	native := change(func(v *skus.Variant) { v.Native = true })
	archived := change(func(v *skus.Variant) { v.Unsold = "archived" })
	free := change(func(v *skus.Variant) { v.Price = "0.00" })
	lower := change(func(v *skus.Variant) { v.SKU = " gift-25" })
	sleeve := change(func(v *skus.Variant) { v.SKU, v.Native = "GIFT-25-SLEEVE", true })
	for name, tt := range map[string]struct {
		found []skus.Variant
		want  *skus.Finding
	}{
		"as it should be":              {[]skus.Variant{sleeve, good}, nil},
		"beside an archived one":       {[]skus.Variant{archived, good}, nil},
		"gone":                         {nil, &skus.Finding{SKU: "GIFT-25", Flaw: skus.Missing}},
		"only a longer SKU":            {[]skus.Variant{sleeve}, &skus.Finding{SKU: "GIFT-25", Flaw: skus.Missing}},
		"another spelling":             {[]skus.Variant{lower}, &skus.Finding{SKU: "GIFT-25", Flaw: skus.Respelled, Product: "Gift card", Detail: " gift-25"}},
		"another spelling beside it":   {[]skus.Variant{lower, good}, nil},
		"native":                       {[]skus.Variant{good, native}, &skus.Finding{SKU: "GIFT-25", Flaw: skus.Native, Product: "Gift card"}},
		"archived":                     {[]skus.Variant{archived}, &skus.Finding{SKU: "GIFT-25", Flaw: skus.Unsold, Product: "Gift card", Detail: "archived"}},
		"without a price":              {[]skus.Variant{free}, &skus.Finding{SKU: "GIFT-25", Flaw: skus.Priceless, Product: "Gift card"}},
		"one of several without one":   {[]skus.Variant{free, good}, &skus.Finding{SKU: "GIFT-25", Flaw: skus.Priceless, Product: "Gift card"}},
		"archived, and free elsewhere": {[]skus.Variant{archived, free}, &skus.Finding{SKU: "GIFT-25", Flaw: skus.Priceless, Product: "Gift card"}},
	} {
		require.Equal(t, tt.want, skus.Judge("GIFT-25", skus.Variants{List: tt.found}), name)
	}
	require.Nil(t, skus.Judge("GIFT-25", skus.Variants{List: []skus.Variant{sleeve}, More: true}),
		"it may be among those that were not read")
	require.NotNil(t, skus.Judge("GIFT-25", skus.Variants{List: []skus.Variant{native}, More: true}))
}

// Each finding says which SKU it is about, and has a cure of its own.
func TestFindingsSayWhatToDo(t *testing.T) {
	t.Parallel()
	cures := map[string]bool{}
	inShop := map[string]bool{}
	for _, flaw := range append(skus.Flaws, "unknown") {
		f := skus.Finding{SKU: "GIFT-25", Flaw: flaw, Product: "Gift card", Detail: "archived"}
		require.Contains(t, f.Says(), "GIFT-25", flaw)
		require.False(t, cures[f.Cure()], flaw)
		cures[f.Cure()] = true
		require.False(t, inShop[f.ShopCure()], flaw)
		inShop[f.ShopCure()] = true
		require.NotContains(t, f.ShopCure(), "GIFT_CARD_SKUS", "a shop manager has no configuration")
	}
}
