package intake_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/intake"
)

func TestJudgeSKU(t *testing.T) {
	t.Parallel()
	good := intake.Variant{SKU: "GIFT-25", Product: "Gift card", Price: "25.00"}
	change := func(do func(*intake.Variant)) intake.Variant {
		v := good
		do(&v)
		return v
	}
	native := change(func(v *intake.Variant) { v.Native = true })
	archived := change(func(v *intake.Variant) { v.Unsold = "archived" })
	free := change(func(v *intake.Variant) { v.Price = "0.00" })
	lower := change(func(v *intake.Variant) { v.SKU = " gift-25" })
	sleeve := change(func(v *intake.Variant) { v.SKU, v.Native = "GIFT-25-SLEEVE", true })
	for name, tt := range map[string]struct {
		found []intake.Variant
		want  *intake.Finding
	}{
		"as it should be":              {[]intake.Variant{sleeve, good}, nil},
		"beside an archived one":       {[]intake.Variant{archived, good}, nil},
		"gone":                         {nil, &intake.Finding{SKU: "GIFT-25", Flaw: intake.Missing}},
		"only a longer SKU":            {[]intake.Variant{sleeve}, &intake.Finding{SKU: "GIFT-25", Flaw: intake.Missing}},
		"another spelling":             {[]intake.Variant{lower}, &intake.Finding{SKU: "GIFT-25", Flaw: intake.Respelled, Product: "Gift card", Detail: " gift-25"}},
		"another spelling beside it":   {[]intake.Variant{lower, good}, nil},
		"native":                       {[]intake.Variant{good, native}, &intake.Finding{SKU: "GIFT-25", Flaw: intake.Native, Product: "Gift card"}},
		"archived":                     {[]intake.Variant{archived}, &intake.Finding{SKU: "GIFT-25", Flaw: intake.Unsold, Product: "Gift card", Detail: "archived"}},
		"without a price":              {[]intake.Variant{free}, &intake.Finding{SKU: "GIFT-25", Flaw: intake.Priceless, Product: "Gift card"}},
		"one of several without one":   {[]intake.Variant{free, good}, &intake.Finding{SKU: "GIFT-25", Flaw: intake.Priceless, Product: "Gift card"}},
		"archived, and free elsewhere": {[]intake.Variant{archived, free}, &intake.Finding{SKU: "GIFT-25", Flaw: intake.Priceless, Product: "Gift card"}},
	} {
		require.Equal(t, tt.want, intake.JudgeSKU("GIFT-25", intake.Variants{List: tt.found}), name)
	}
	require.Nil(t, intake.JudgeSKU("GIFT-25", intake.Variants{List: []intake.Variant{sleeve}, More: true}),
		"it may be among those that were not read")
	require.NotNil(t, intake.JudgeSKU("GIFT-25", intake.Variants{List: []intake.Variant{native}, More: true}))
}

// Each finding says which SKU it is about, and has a cure of its own.
func TestFindingsSayWhatToDo(t *testing.T) {
	t.Parallel()
	cures := map[string]bool{}
	for _, flaw := range append(intake.Flaws, "unknown") {
		f := intake.Finding{SKU: "GIFT-25", Flaw: flaw, Product: "Gift card", Detail: "archived"}
		require.Contains(t, f.Says(), "GIFT-25", flaw)
		require.False(t, cures[f.Cure()], flaw)
		cures[f.Cure()] = true
	}
}
