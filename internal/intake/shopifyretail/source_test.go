package shopifyretail_test

import (
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake/shopifyretail"
	"github.com/giftbridge/giftbridge/internal/retail"
	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

var (
	_ retail.Source = (*shopifyretail.Source)(nil)

	placed = time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
)

func setup(t *testing.T, opts shopifytest.Options) (*shopifytest.Server, *shopifyretail.Source) {
	t.Helper()
	shop := shopifytest.New(opts)
	web := httptest.NewServer(shop)
	t.Cleanup(web.Close)
	client, err := shopify.New(shopify.Options{
		BaseURL: web.URL, APIVersion: "2026-07", Token: shopify.StaticToken(shopifytest.AccessToken),
	})
	require.NoError(t, err)
	return shop, shopifyretail.New(client)
}

func number(id int64) string { return strconv.FormatInt(id, 10) }

func usd(minor int64) retail.Amount { return retail.Amount{Minor: minor, Currency: "USD"} }

// read adds an order to the shop and reads it.
func read(t *testing.T, o shopifytest.Order) *retail.Order {
	t.Helper()
	shop, source := setup(t, shopifytest.Options{})
	got, err := source.Order(t.Context(), number(shop.AddOrder(o).ID))
	require.NoError(t, err)
	return got
}

// Every field of an order is what the shop shows of it.
func TestEveryField(t *testing.T) {
	t.Parallel()
	shop, source := setup(t, shopifytest.Options{
		Now: func() time.Time { return placed.Add(time.Hour) },
		Variants: []shopifytest.Variant{{
			SKU: "SHIRT-L", Title: "T-shirt", Vendor: "Kittens", URL: "https://shop.example/products/shirt",
			Image: "https://cdn.example/shirt.png", Options: [3]shopifytest.Option{{Name: "Size", Value: "L"}, {Name: "Color", Value: "White"}},
		}},
	})
	home := &shopifytest.Address{
		Name: "Matt Berman", Address1: "25 Taylor St", Address2: "Flat 2", City: "San Francisco", Province: "CA", Zip: "94133",
		Country: "US", Phone: "415-555-0123",
	}
	o := shop.AddOrder(shopifytest.Order{
		ID: 5001, Name: "#1001", Test: true, Locale: "en", ProcessedAt: placed.Add(-time.Minute), CreatedAt: placed,
		UpdatedAt: placed, Phone: "+1 415 555 0123", ShippingMethod: "USPS", Shipping: "5.00", Tax: "3.00", Duties: "1.00",
		Tips: "2.00", ShippingAddress: home, BillingAddress: &shopifytest.Address{Name: "M. Berman", City: "Oakland", Country: "US"},
		Customer: &shopifytest.Customer{
			FirstName: "Matt", LastName: "Berman", DisplayName: "matt@example.com", Phone: "+14155550199", Consent: "SUBSCRIBED",
		},
		Payments: []shopifytest.Payment{
			{Gateway: "Shopify Payments", Company: "Visa", Number: "•••• •••• •••• 1234"}, {Gateway: "Gift card"}, {Gateway: "PayPal", Wallet: true},
		},
		Lines: []shopifytest.LineItem{
			{ID: 100, SKU: "SHIRT-L", Title: "T-shirt - L / White", Vendor: "Kittens", Quantity: 2, UnitPrice: "15.00", DiscountedPrice: "12.50", Grams: 150},
			{ID: 101, Title: "Tip", Quantity: 1, UnitPrice: "2.00", Digital: true},
		},
	})
	parcel, done := shop.Fulfil(o.ID, shopifytest.Fulfillment{
		ID: 7001, Company: "UPS", Trackings: []shopifytest.Tracking{{Number: "1Z1", URL: "https://ups.example/1Z1"}, {Number: "1Z2"}},
		Lines: []shopifytest.Units{{Line: 100, Quantity: 2}}, Origin: &shopifytest.Address{City: "Cleveland", Province: "OH", Zip: "44101", Country: "US"},
	})
	require.True(t, done)
	require.True(t, shop.Deliver(o.ID, parcel))
	require.True(t, shop.GiveBack(o.ID, shopifytest.Refund{ID: 8001, Lines: []shopifytest.Units{{Line: 100, Quantity: 1}}}))

	got, err := source.Order(t.Context(), "5001")
	require.NoError(t, err)
	require.Regexp(t, `^https://simulated\.myshopify\.com/1/orders/.*&utm_medium=sms$`, got.StatusURL)
	got.StatusURL = ""
	now := placed.Add(time.Hour)
	address := &retail.Address{
		Name: "Matt Berman", Street1: "25 Taylor St", Street2: "Flat 2", City: "San Francisco", Province: "CA", PostalCode: "94133",
		Country: "US", Phone: "415-555-0123",
	}
	require.Equal(t, &retail.Order{
		Number: "5001", Name: "#1001", Test: true, Locale: "en", ProcessedAt: placed.Add(-time.Minute), CreatedAt: placed,
		UpdatedAt: now, Paid: true, PaidAt: placed, Currency: "USD",
		Ordered: retail.Totals{Subtotal: usd(2500), Shipping: usd(500), Tax: usd(300), Tips: usd(200), Duties: usd(100), Total: usd(3600)},
		Current: retail.Totals{Subtotal: usd(1250), Shipping: usd(500), Tax: usd(150), Tips: usd(200), Duties: usd(50), Total: usd(2150)},
		Lines: []retail.Line{
			{
				ID: "100", Name: "T-shirt - L / White", Quantity: 2, CurrentQuantity: 1, UnitPrice: usd(1500), DiscountedTotal: usd(2500),
				RequiresShipping: true, ImageURL: "https://cdn.example/shirt.png", ProductURL: "https://shop.example/products/shirt",
				Vendor: "Kittens", Options: []retail.Option{{Name: "Size", Value: "L"}, {Name: "Color", Value: "White"}}, Grams: 150,
			},
			{ID: "101", Name: "Tip", Quantity: 1, CurrentQuantity: 1, UnitPrice: usd(200), DiscountedTotal: usd(200)},
		},
		Shipping: address, Billing: &retail.Address{Name: "M. Berman", City: "Oakland", Country: "US"},
		Customer: retail.Customer{Name: "Matt Berman", Phone: "+14155550199", TextsConsented: true},
		Phone:    "+1 415 555 0123", ShippingMethod: "USPS",
		Payments: []retail.Payment{
			{Gateway: "Shopify Payments", Company: "Visa", LastDigits: "1234"}, {Gateway: "Gift card"}, {Gateway: "PayPal"},
		},
		Fulfillments: []retail.Fulfillment{{
			ID: "7001", Status: retail.FulfillmentSucceeded, Shipment: "delivered", CreatedAt: now, UpdatedAt: now, DeliveredAt: now,
			RequiresShipping: true, Carrier: "UPS", Trackings: []retail.Tracking{{Number: "1Z1", URL: "https://ups.example/1Z1"}, {Number: "1Z2"}},
			Items:  []retail.FulfilledItem{{Line: "100", Quantity: 2}},
			Origin: &retail.Address{City: "Cleveland", Province: "OH", PostalCode: "44101", Country: "US"}, Destination: address,
		}},
		Refunds: []retail.Refund{{ID: "8001", CreatedAt: now, Total: usd(1250), Items: []retail.FulfilledItem{{Line: "100", Quantity: 1}}}},
	}, got)
}

// An order may have next to nothing: no customer, no addresses, no phone, products that were deleted.
func TestNothing(t *testing.T) {
	t.Parallel()
	got := read(t, shopifytest.Order{
		ID: 1, CreatedAt: placed, FinancialStatus: "PENDING",
		Lines: []shopifytest.LineItem{{ID: 2, SKU: "DELETED", Title: "Mug", Quantity: 1, UnitPrice: "5.00", Fulfilled: 1}},
	})
	got.StatusURL = ""
	made := got.Fulfillments[0]
	require.False(t, made.CreatedAt.IsZero())
	require.Nil(t, made.Origin)
	require.Nil(t, made.Destination)
	require.Empty(t, made.Carrier)
	require.Empty(t, made.Trackings)
	require.Empty(t, made.Shipment)
	got.Fulfillments = nil
	require.Equal(t, &retail.Order{
		Number: "1", Name: "#1001", ProcessedAt: placed, CreatedAt: placed, UpdatedAt: placed, Currency: "USD",
		Ordered: retail.Totals{Subtotal: usd(500), Shipping: usd(0), Tax: usd(0), Tips: usd(0), Duties: usd(0), Total: usd(500)},
		Current: retail.Totals{Subtotal: usd(500), Shipping: usd(0), Tax: usd(0), Tips: usd(0), Duties: usd(0), Total: usd(500)},
		Lines: []retail.Line{{
			ID: "2", Name: "Mug", Quantity: 1, CurrentQuantity: 1, UnitPrice: usd(500), DiscountedTotal: usd(500), RequiresShipping: true,
		}},
	}, got)
}

// All amounts are in the currency that the customer paid in, in its smallest unit.
func TestCurrencies(t *testing.T) {
	t.Parallel()
	for currency, c := range map[string]struct {
		rate        string
		unit, total int64
	}{
		"JPY": {"150.3", 752, 2*752 + 1503}, "KWD": {"0.3077", 1539, 2*1539 + 3077}, "EUR": {"0.9137", 457, 2*457 + 914},
	} {
		got := read(t, shopifytest.Order{
			PresentmentCurrency: currency, Rate: c.rate, Shipping: "10.00",
			Lines: []shopifytest.LineItem{{Quantity: 2, UnitPrice: "5.00"}},
		})
		require.Equal(t, currency, got.Currency)
		require.Equal(t, retail.Amount{Minor: c.unit, Currency: currency}, got.Lines[0].UnitPrice)
		require.Equal(t, retail.Amount{Minor: c.total, Currency: currency}, got.Ordered.Total)
		sum, err := retail.Sum(currency, got.Ordered.Subtotal, got.Ordered.Shipping)
		require.NoError(t, err)
		require.Equal(t, got.Ordered.Total, sum)
	}
}

// Taxes and duties may be in the prices already; what is in the subtotal is not beside it.
func TestIncluded(t *testing.T) {
	t.Parallel()
	got := read(t, shopifytest.Order{
		TaxesIncluded: true, DutiesIncluded: true, Tax: "2.00", Duties: "1.00", Shipping: "3.00",
		Lines: []shopifytest.LineItem{{Quantity: 1, UnitPrice: "20.00"}},
	})
	require.True(t, got.TaxesIncluded)
	require.Equal(t, retail.Totals{Subtotal: usd(2000), Shipping: usd(300), Tax: usd(200), Tips: usd(0), Duties: usd(0), Total: usd(2300)}, got.Ordered)
}

// A tip is gone with its line, and with the whole order.
func TestTips(t *testing.T) {
	t.Parallel()
	o := shopifytest.Order{Tips: "2.00", Lines: []shopifytest.LineItem{
		{SKU: "MUG", Vendor: "Mugs", Quantity: 1, UnitPrice: "5.00"}, {Title: "Tip", Quantity: 1, UnitPrice: "2.00"},
	}}
	require.Equal(t, usd(200), read(t, o).Current.Tips)
	o.Lines[1].Removed = 1
	require.Equal(t, usd(0), read(t, o).Current.Tips)
	require.Equal(t, usd(200), read(t, o).Ordered.Tips)
	o.Lines[1].Removed, o.FinancialStatus, o.Lines[0].Removed = 0, "REFUNDED", 1
	require.Equal(t, usd(0), read(t, o).Current.Tips)
}

// An order is paid once its payment was promised as a whole.
func TestPaid(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]bool{
		"AUTHORIZED": true, "EXPIRED": true, "PAID": true, "PARTIALLY_REFUNDED": true, "REFUNDED": true,
		"PENDING": false, "PARTIALLY_PAID": false, "VOIDED": true, // The simulated shop voids what was authorised.
	} {
		require.Equal(t, want, read(t, shopifytest.Order{FinancialStatus: status}).Paid, status)
	}
}

// What was promised when the order was placed is the first payment, and what is still awaited is none.
func TestPaidAt(t *testing.T) {
	t.Parallel()
	later := placed.Add(time.Hour)
	require.Equal(t, placed, read(t, shopifytest.Order{CreatedAt: placed, PaidAt: later}).PaidAt)
	require.Zero(t, read(t, shopifytest.Order{CreatedAt: placed, FinancialStatus: "PENDING"}).PaidAt)
}

// Where a parcel was sent from is what is stated for taxes, else the location, if the app may read it.
func TestOrigin(t *testing.T) {
	t.Parallel()
	parcel := shopifytest.Fulfillment{Location: &shopifytest.Address{City: "Austin", Country: "US"}}
	for scope, want := range map[string]*retail.Address{
		"read_locations": {City: "Austin", Country: "US"}, "write_locations": {City: "Austin", Country: "US"}, "read_themes": nil,
	} {
		shop, source := setup(t, shopifytest.Options{Scopes: []string{"read_orders", "read_customers", "read_products", scope}})
		o := shop.AddOrder(shopifytest.Order{Lines: []shopifytest.LineItem{{Quantity: 1}}})
		shop.Fulfil(o.ID, parcel)
		got, err := source.Order(t.Context(), number(o.ID))
		require.NoError(t, err)
		require.Equal(t, want, got.Fulfillments[0].Origin, scope)
	}
}

// A scope that was withdrawn fails one read, and the next one does without it.
func TestScopeIsWithdrawn(t *testing.T) {
	t.Parallel()
	scopes := []string{"read_orders", "read_customers", "read_products"}
	shop, source := setup(t, shopifytest.Options{Scopes: append(scopes, "read_locations")})
	o := shop.AddOrder(shopifytest.Order{Lines: []shopifytest.LineItem{{Quantity: 1, Fulfilled: 1}}})
	_, err := source.Order(t.Context(), number(o.ID))
	require.NoError(t, err)
	shop.SetScopes(scopes...)
	_, err = source.Order(t.Context(), number(o.ID))
	kind, _ := giftcard.KindOf(err)
	require.Equal(t, giftcard.Unauthorized, kind)
	_, err = source.Order(t.Context(), number(o.ID))
	require.NoError(t, err)
}

// A parcel of thirty trackings has them all. One that was taken back says so, and its units can be sent again.
func TestParcels(t *testing.T) {
	t.Parallel()
	shop, source := setup(t, shopifytest.Options{})
	o := shop.AddOrder(shopifytest.Order{
		ShippingAddress: &shopifytest.Address{City: "Austin"},
		Lines:           []shopifytest.LineItem{{Quantity: 3}, {Quantity: 1, Digital: true}},
	})
	many := shopifytest.Fulfillment{Lines: []shopifytest.Units{{Line: o.Lines[0].ID, Quantity: 1}}}
	for i := range 30 {
		many.Trackings = append(many.Trackings, shopifytest.Tracking{Number: strconv.Itoa(i), URL: "javascript:alert(1)"})
	}
	first, done := shop.Fulfil(o.ID, many)
	require.True(t, done)
	_, done = shop.Fulfil(o.ID, shopifytest.Fulfillment{Lines: []shopifytest.Units{{Line: o.Lines[1].ID, Quantity: 1}}})
	require.True(t, done)
	require.True(t, shop.ChangeFulfillment(o.ID, first, func(f *shopifytest.Fulfillment) { f.Status = "CANCELLED" }))
	got, err := source.Order(t.Context(), number(o.ID))
	require.NoError(t, err)
	require.Len(t, got.Fulfillments, 2)
	require.Equal(t, retail.FulfillmentCancelled, got.Fulfillments[0].Status)
	require.Len(t, got.Fulfillments[0].Trackings, 30)
	require.Equal(t, retail.Tracking{Number: "29"}, got.Fulfillments[0].Trackings[29], "not an address of the web")
	require.False(t, got.Fulfillments[1].RequiresShipping)
	require.Nil(t, got.Fulfillments[1].Destination)
	_, done = shop.Fulfil(o.ID, shopifytest.Fulfillment{Lines: []shopifytest.Units{{Line: o.Lines[0].ID, Quantity: 3}}})
	require.True(t, done)
}

// A refund of money alone has no items.
func TestRefunds(t *testing.T) {
	t.Parallel()
	shop, source := setup(t, shopifytest.Options{})
	o := shop.AddOrder(shopifytest.Order{Lines: []shopifytest.LineItem{{Quantity: 2, UnitPrice: "5.00"}}})
	require.True(t, shop.GiveBack(o.ID, shopifytest.Refund{Amount: "1.25"}))
	require.True(t, shop.UpdateOrder(o.ID, func(o *shopifytest.Order) { o.Lines[0].Removed = 2 }))
	got, err := source.Order(t.Context(), number(o.ID))
	require.NoError(t, err)
	require.Len(t, got.Refunds, 2)
	require.Equal(t, usd(125), got.Refunds[0].Total)
	require.Empty(t, got.Refunds[0].Items)
	require.Equal(t, usd(1000), got.Refunds[1].Total)
	require.Equal(t, []retail.FulfilledItem{{Line: number(o.Lines[0].ID), Quantity: 2}}, got.Refunds[1].Items)
	require.Zero(t, got.Lines[0].CurrentQuantity)
}

// What the shop does not show is ErrNotFound, other failures are not, and all have kinds.
func TestFailures(t *testing.T) {
	t.Parallel()
	shop, source := setup(t, shopifytest.Options{})
	_, err := source.Order(t.Context(), "42")
	require.ErrorIs(t, err, retail.ErrNotFound)
	_, err = source.Variant(t.Context(), "42")
	require.ErrorIs(t, err, retail.ErrNotFound)
	kind, _ := giftcard.KindOf(err)
	require.Equal(t, giftcard.Unavailable, kind)

	shop.Deny("Order.phone")
	o := shop.AddOrder(shopifytest.Order{Currency: "JPY", Lines: []shopifytest.LineItem{{Quantity: 1, UnitPrice: "5.00"}}})
	_, err = source.Order(t.Context(), number(o.ID))
	kind, _ = giftcard.KindOf(err)
	require.Equal(t, giftcard.Unauthorized, kind)
	require.NotErrorIs(t, err, retail.ErrNotFound)
	shop.Deny()
	shop.PutVariant(shopifytest.Variant{SKU: "MUG", Price: "five"})
	_, err = source.Variant(t.Context(), number(shopifytest.Variant{SKU: "MUG"}.ID()))
	kind, _ = giftcard.KindOf(err)
	require.Equal(t, giftcard.UnexpectedResponse, kind)

	_, offline := setup(t, shopifytest.Options{AccessToken: "another"})
	for _, fail := range []func() error{
		func() error { _, err := offline.Order(t.Context(), "1"); return err },
		func() error { _, err := offline.Variant(t.Context(), "1"); return err },
		func() error { _, err := offline.Updated(t.Context(), placed, placed.Add(time.Hour), ""); return err },
	} {
		kind, _ = giftcard.KindOf(fail())
		require.Equal(t, giftcard.Unauthorized, kind)
	}
}

// A page of changes.
func TestUpdated(t *testing.T) {
	t.Parallel()
	shop, source := setup(t, shopifytest.Options{})
	o := shop.AddOrder(shopifytest.Order{UpdatedAt: placed, Name: "#7\x1b[31m"})
	shop.AddOrder(shopifytest.Order{UpdatedAt: placed.Add(time.Hour)})
	page, err := source.Updated(t.Context(), placed, placed.Add(time.Hour), "")
	require.NoError(t, err)
	require.Equal(t, retail.Page{Orders: []retail.Changed{{Number: number(o.ID), Name: page.Orders[0].Name, UpdatedAt: placed}}}, page)
	require.NotContains(t, page.Orders[0].Name, "\x1b")
}

// Every field of a variant, and what is not there.
func TestVariant(t *testing.T) {
	t.Parallel()
	shirt := shopifytest.Variant{
		SKU: "SHIRT", Title: "T-shirt", Vendor: "Kittens", Description: "Soft.\n Warm.", URL: "https://shop.example/products/shirt",
		ProductImage: "https://cdn.example/product.png", Price: "35.00", Tracked: true, Stock: 3,
		Options: [3]shopifytest.Option{{Name: "Size", Value: "L"}}, Handle: "shirt",
	}
	small := shirt
	small.SKU, small.Price, small.Options[0].Value = "SHIRT-S", "9.50", "S"
	shop, source := setup(t, shopifytest.Options{
		Currency: "EUR", Variants: []shopifytest.Variant{shirt, small, {SKU: "CUP", Title: "Cup", Price: "1.00"}},
	})
	get := func(v shopifytest.Variant) *retail.Variant {
		got, err := source.Variant(t.Context(), number(v.ID()))
		require.NoError(t, err)
		return got
	}
	want := &retail.Variant{
		Number: number(shirt.ID()), Product: number(shirt.ProductID()), Title: "T-shirt - L", URL: "https://shop.example/products/shirt",
		Description: "Soft. Warm.", ImageURL: "https://cdn.example/product.png", Price: retail.Amount{Minor: 3500, Currency: "EUR"},
		Vendor: "Kittens", Options: []retail.Option{{Name: "Size", Value: "L"}}, ForSale: true, Sellable: 3,
		ProductTitle: "T-shirt", ProductImageURL: "https://cdn.example/product.png", LowestPrice: retail.Amount{Minor: 950, Currency: "EUR"},
	}
	require.Equal(t, want, get(shirt))
	require.True(t, shop.SetStock("SHIRT", 0))
	require.False(t, get(shirt).ForSale)
	require.Zero(t, get(shirt).Sellable)
	shirt.Image, shirt.Status = "https://cdn.example/variant.png", "DRAFT"
	shop.PutVariant(shirt)
	require.Equal(t, "https://cdn.example/variant.png", get(shirt).ImageURL)
	require.Equal(t, "https://cdn.example/product.png", get(shirt).ProductImageURL)
	require.False(t, get(shirt).ForSale, "a draft")
	require.Empty(t, get(shirt).URL, "a draft")
	cup := get(shopifytest.Variant{SKU: "CUP"})
	require.Equal(t, "Cup", cup.Title)
	require.Empty(t, cup.Options)
	require.Empty(t, cup.ImageURL)
	require.Empty(t, cup.URL)
}
