package telling

import (
	"math/rand/v2"
	"time"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

// returns is how often a product that sells well returns in a minute of the laboratory: more than 100 times in an hour of its time.
const returns = 130

// products returns the products that sell out and return.
func products(random *rand.Rand, length time.Duration) []Product {
	const percent = 100
	page := func(sku string) shopifytest.Variant {
		return shopifytest.Variant{
			SKU: sku, Title: "Product " + sku, Price: "19.00", URL: "https://shop.example.com/products/" + sku,
			Image: "https://cdn.example.com/" + sku + ".jpg", Description: "A product that sells out.", Tracked: true, Stock: 5,
		}
	}
	often := Product{Variant: page("OFTEN"), Stays: true, Notices: true}
	n := max(1, int(returns*length/time.Minute))
	for i := range n {
		often.Returns = append(often.Returns, length*4/percent+length*90/percent*time.Duration(i)/time.Duration(n))
	}
	out := []Product{often}
	for _, of := range []struct {
		sku     string
		change  func(*shopifytest.Variant)
		stays   bool
		notices bool
	}{
		{"ONCE-1", nil, true, true},
		{"ONCE-2", nil, true, true},
		{"ONCE-3", nil, true, true},
		{"GONE-1", nil, false, false},
		{"GONE-2", nil, false, false},
		{"GONE-3", nil, false, false},
		{"HIDDEN", func(v *shopifytest.Variant) { v.URL = "" }, true, false},
		{"BLANK", func(v *shopifytest.Variant) { v.Image = "" }, true, false},
	} {
		p := Product{Variant: page(of.sku), Stays: of.stays, Notices: of.notices}
		if of.change != nil {
			of.change(&p.Variant)
		}
		// Several times, as nothing but webhooks tells of it, and some of them are lost.
		at := between(random, length*5/percent, length*60/percent)
		for i := range time.Duration(4) {
			p.Returns = append(p.Returns, at+i*length*3/percent)
		}
		out = append(out, p)
	}
	return out
}
