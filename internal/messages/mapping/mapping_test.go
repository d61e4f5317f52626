package mapping_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/mapping"
	"github.com/giftbridge/giftbridge/internal/retail"
)

var placed = time.Unix(1423076008, 0).UTC()

func usd(cents int64) retail.Amount { return retail.Amount{Minor: cents, Currency: "USD"} }

func rules() mapping.Rules {
	return mapping.Rules{
		ShopURL: "https://shop.example.com", StrictAddress: true,
		Options: mapping.Options{Size: []string{"Size"}, Color: []string{"Color", "Colour"}, Gender: []string{"Gender"}},
	}
}

// order is the documentation's sample of a receipt, as a shop has it.
func order() retail.Order {
	sums := retail.Totals{Subtotal: usd(3000), Shipping: usd(500), Tax: usd(300), Total: usd(3800)}
	home := retail.Address{
		Name: "Matt Berman", Street1: "25 Taylor str", City: "San Francisco", Province: "CA", PostalCode: "94133", Country: "US",
	}
	return retail.Order{
		Number: "4501", Name: "#1001", ProcessedAt: placed, CreatedAt: placed, UpdatedAt: placed, Paid: true, Currency: "USD",
		Ordered: sums, Current: sums, Shipping: &home, Billing: &home, ShippingMethod: "USPS",
		Lines: []retail.Line{{
			ID: "100", Name: "Classic t-shirt wit Kitten", Quantity: 2, CurrentQuantity: 2, UnitPrice: usd(1500), DiscountedTotal: usd(3000),
			RequiresShipping: true, ImageURL: "https://cdn.example.com/cat.png", ProductURL: "https://shop.example.com/products/100",
			Vendor: "Awesome Comedy Show", Options: []retail.Option{{Name: "Size", Value: "L"}, {Name: "colour", Value: "White"}}, Grams: 1000,
		}},
		Payments:  []retail.Payment{{Gateway: "shopify_payments", Company: "Visa", LastDigits: "1234"}},
		StatusURL: "https://shop.example.com/orders/secret",
		Fulfillments: []retail.Fulfillment{{
			ID: "7", Status: retail.FulfillmentSucceeded, CreatedAt: placed.Add(time.Hour), RequiresShipping: true, Carrier: "UPS",
			Trackings:   []retail.Tracking{{Number: "1Z", URL: "https://www.ups.com/track?n=1Z"}},
			Items:       []retail.FulfilledItem{{Line: "100", Quantity: 2}},
			Origin:      &retail.Address{City: "Cleveland", Province: "OH", PostalCode: "44101", Country: "US"},
			Destination: &home,
		}},
	}
}

// field returns a field of a structure, such as "items.0.price"; nothing if it is not there.
func field(t *testing.T, v json.Marshaler, name string) string {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	var at any
	require.NoError(t, json.Unmarshal(data, &at))
	for part := range strings.SplitSeq(name, ".") {
		switch below := at.(type) {
		case map[string]any:
			at = below[part]
		case []any:
			var n int
			_, err := fmt.Sscan(part, &n)
			require.NoError(t, err)
			at = below[n]
		}
	}
	if at == nil {
		return ""
	}
	return fmt.Sprint(at)
}

// row is a case of a row of the mapping: a change of the sample, and fields afterwards, or why there is no structure.
type row[T any] struct {
	name   string
	change func(*T)
	want   map[string]string
	none   string
}

type is = map[string]string

type receiptInput struct {
	retail.Order
	mapping.Rules
}

func TestReceiptRows(t *testing.T) {
	t.Parallel()
	for _, c := range []row[receiptInput]{
		{name: "receipt_id is the order's number, not its name", want: is{"receipt_id": "4501"}},
		{name: "items.id is the line", want: is{"items.0.id": "100"}},
		{name: "items.name and quantity", want: is{"items.0.name": "Classic t-shirt wit Kitten", "items.0.quantity": "2"}},
		{name: "items.quantity is what is left", change: func(i *receiptInput) {
			i.Lines[0].CurrentQuantity = 1
		}, want: is{"items.0.quantity": "1"}},
		{name: "items: a line with zero left is left out", change: func(i *receiptInput) {
			i.Lines = append([]retail.Line{{ID: "99", Name: "Gone", Quantity: 1, UnitPrice: usd(1)}}, i.Lines...)
		}, want: is{"items.0.id": "100"}},
		{name: "items: none left", change: func(i *receiptInput) { i.Lines[0].CurrentQuantity = 0 }, none: "items is empty"},
		{name: "items: two lines of one product", change: func(i *receiptInput) {
			other := i.Lines[0]
			other.ID = "101"
			i.Lines = append(i.Lines, other)
		}, want: is{"items.0.id": "100", "items.1.id": "101"}},
		{name: "items: gift cards as they are", change: func(i *receiptInput) {
			i.Lines = append(i.Lines, retail.Line{ID: "8", Name: "Gift card", Quantity: 1, CurrentQuantity: 1, UnitPrice: usd(5000)})
		}, want: is{"items.1.name": "Gift card", "items.1.price": "50.00"}},
		{name: "items: 300 lines", change: func(i *receiptInput) {
			for n := range 299 {
				l := i.Lines[0]
				l.ID = fmt.Sprint(1000 + n)
				i.Lines = append(i.Lines, l)
			}
		}, want: is{"items.299.id": "1298"}},
		{name: "items.price is after discounts if that is exact", change: func(i *receiptInput) {
			i.Lines[0].DiscountedTotal = usd(2500)
		}, want: is{"items.0.price": "12.50"}},
		{name: "items.price is the original if the discount is not exact", change: func(i *receiptInput) {
			i.Lines[0].DiscountedTotal = usd(2501)
		}, want: is{"items.0.price": "15.00"}},
		{name: "items.price is the original if the discount is not known", change: func(i *receiptInput) {
			i.Lines[0].DiscountedTotal = retail.Amount{}
		}, want: is{"items.0.price": "15.00"}},
		{name: "items.price of a line that was reduced", change: func(i *receiptInput) {
			i.Lines[0].CurrentQuantity = 1
		}, want: is{"items.0.price": "15.00"}},
		{name: "items.price of a free item", change: func(i *receiptInput) {
			i.Lines[0].DiscountedTotal = usd(0)
		}, want: is{"items.0.price": "0.00"}},
		{name: "currency is the customer's, one per message", change: func(i *receiptInput) {
			for _, a := range []*retail.Amount{
				&i.Lines[0].UnitPrice, &i.Lines[0].DiscountedTotal, &i.Current.Subtotal, &i.Current.Shipping, &i.Current.Tax, &i.Current.Total,
			} {
				a.Currency = "EUR"
			}
			i.Currency = "EUR"
		}, want: is{"currency": "EUR", "items.0.currency": "EUR"}},
		{name: "currency: a line in another one", change: func(i *receiptInput) {
			i.Lines[0].DiscountedTotal.Currency = "EUR"
		}, none: "items.price is in another currency"},
		{name: "currency: a sum in another one", change: func(i *receiptInput) {
			i.Current.Tax.Currency = "EUR"
		}, none: "the numbers do not have one currency"},
		{name: "thumb_url", want: is{"items.0.thumb_url": "https://cdn.example.com/cat.png"}},
		{name: "thumb_url: no image", change: func(i *receiptInput) { i.Lines[0].ImageURL = "" }, want: is{"items.0.thumb_url": ""}},
		{name: "thumb_url: not of the web", change: func(i *receiptInput) { i.Lines[0].ImageURL = "data:image/png,x" }, want: is{"items.0.thumb_url": ""}},
		{name: "item_url", want: is{"items.0.item_url": "https://shop.example.com/products/100"}},
		{name: "item_url: letters beyond ASCII", change: func(i *receiptInput) {
			i.Lines[0].ProductURL = "https://shop.example.com/products/müsli"
		}, want: is{"items.0.item_url": "https://shop.example.com/products/m%C3%BCsli"}},
		{name: "item_url: deleted product, the order's page", change: func(i *receiptInput) {
			i.Lines[0].ProductURL = ""
		}, want: is{"items.0.item_url": "https://shop.example.com/orders/secret"}},
		{name: "item_url: neither, the shop", change: func(i *receiptInput) {
			i.Lines[0].ProductURL, i.StatusURL = "", ""
		}, want: is{"items.0.item_url": "https://shop.example.com"}},
		{name: "metadata", want: is{
			"items.0.metadata.brand": "Awesome Comedy Show", "items.0.metadata.size": "L", "items.0.metadata.color": "White", "items.0.metadata.gender": "",
		}},
		{name: "metadata: a numeric size, a gender", change: func(i *receiptInput) {
			i.Lines[0].Options = []retail.Option{{Name: "SIZE", Value: "2T"}, {Name: "Gender", Value: "Women"}, {Name: "Scent", Value: "Rose"}}
		}, want: is{"items.0.metadata.size": "Size 2T", "items.0.metadata.gender": "F", "items.0.metadata.color": ""}},
		{name: "metadata: a man's", change: func(i *receiptInput) {
			i.Lines[0].Options = []retail.Option{{Name: "Gender", Value: "male"}}
		}, want: is{"items.0.metadata.gender": "M"}},
		{name: "metadata: neutral", change: func(i *receiptInput) {
			i.Lines[0].Options = []retail.Option{{Name: "Gender", Value: "Unisex"}}
		}, want: is{"items.0.metadata.gender": ""}},
		{name: "timestamp is when the order was placed, not imported", change: func(i *receiptInput) {
			i.CreatedAt = placed.Add(time.Hour)
		}, want: is{"timestamp": "1423076008"}},
		{name: "account_holder_name and recipient_name", change: func(i *receiptInput) {
			billing := *i.Billing
			billing.Name = "Ada"
			i.Billing = &billing
		}, want: is{"account_holder_name": "Ada", "recipient_name": "Matt Berman", "receipt_name": ""}},
		{name: "account_holder_name: no billing address, the customer", change: func(i *receiptInput) {
			i.Billing, i.Customer.Name = nil, "Grace"
		}, want: is{"account_holder_name": "Grace", "recipient_name": "Matt Berman"}},
		{name: "recipient_name: none, the holder", change: func(i *receiptInput) {
			home := *i.Shipping
			home.Name = ""
			i.Shipping = &home
		}, want: is{"account_holder_name": "Matt Berman", "recipient_name": "Matt Berman"}},
		{name: "account_holder_name: guest with a recipient", change: func(i *receiptInput) { i.Billing = nil }, want: is{"account_holder_name": "Matt Berman"}},
		{name: "account_holder_name: guest without any", change: func(i *receiptInput) {
			home := *i.Shipping
			home.Name = ""
			i.Shipping, i.Billing = &home, nil
		}, none: "account_holder_name is missing"},
		{name: "structured_address", want: is{"structured_address.street_1": "25 Taylor str", "structured_address.country": "US"}},
		{name: "structured_address: only a billing address", change: func(i *receiptInput) {
			i.Shipping = nil
		}, want: is{"structured_address.city": "San Francisco"}},
		{name: "structured_address: none", change: func(i *receiptInput) {
			i.Shipping, i.Billing, i.Customer.Name = nil, nil, "Ada"
		}, none: "the order has no address"},
		{name: "state: three letters, strict", change: abroad("NSW", "2000", "AU", true), none: "state does not have two letters"},
		{name: "state: three letters, lenient", change: abroad("NSW", "2000", "AU", false), want: is{"structured_address.state": "", "structured_address.country": "AU"}},
		{name: "state: none, strict", change: abroad("", "10115", "DE", true), none: "state is missing"},
		{name: "state: none, lenient", change: abroad("", "10115", "DE", false), want: is{"structured_address.state": "", "structured_address.postal_code": "10115"}},
		{name: "postal_code: ZIP+4", change: abroad("CA", "94133-1234", "US", true), want: is{"structured_address.postal_code": "94133"}},
		{name: "postal_code: letters, strict", change: abroad("ON", "K1A 0B1", "CA", true), none: "postal_code does not have five digits"},
		{name: "postal_code: letters, lenient", change: abroad("ON", "K1A 0B1", "CA", false), want: is{"structured_address.state": "ON", "structured_address.postal_code": ""}},
		{name: "shipping_method", want: is{"shipping_method": "USPS"}},
		{name: "shipping_method: none", change: func(i *receiptInput) { i.ShippingMethod = "" }, want: is{"shipping_method": ""}},
		{name: "payment_method", want: is{"payment_method": "Visa 1234"}},
		{name: "payment_method: several", change: func(i *receiptInput) {
			i.Payments = append(i.Payments, retail.Payment{Gateway: "Gift card"})
		}, want: is{"payment_method": "Visa 1234 + Gift card"}},
		{name: "payment_method: gateway only", change: func(i *receiptInput) {
			i.Payments = []retail.Payment{{Gateway: "PayPal", Company: "Visa"}}
		}, want: is{"payment_method": "PayPal"}},
		{name: "payment_method: free order", change: func(i *receiptInput) {
			i.Payments, i.Current = nil, retail.Totals{Total: usd(0)}
		}, want: is{"payment_method": "None", "total_cost": "0.00", "subtotal": "0.00", "total_tax": "0.00", "shipping_cost": "0.00"}},
		{name: "payment_method: not known", change: func(i *receiptInput) { i.Payments = nil }, none: "payment_method is missing"},
		{name: "sums", want: is{"subtotal": "30.00", "shipping_cost": "5.00", "total_tax": "3.00", "total_cost": "38.00"}},
		{name: "sums: taxes included are taken out of the subtotal", change: func(i *receiptInput) {
			i.TaxesIncluded, i.Current.Total = true, usd(3500)
		}, want: is{"subtotal": "27.00", "shipping_cost": "5.00", "total_tax": "3.00", "total_cost": "35.00"}},
		{name: "sums: a discount shows in the subtotal", change: func(i *receiptInput) {
			i.Lines[0].DiscountedTotal, i.Current.Subtotal, i.Current.Total = usd(2501), usd(2501), usd(3301)
		}, want: is{"subtotal": "25.01", "total_cost": "33.01"}},
		{name: "sums: a tip", change: func(i *receiptInput) {
			i.Current.Tips, i.Current.Total = usd(100), usd(3900)
		}, none: "the numbers do not add up without the tip"},
		{name: "sums: duties", change: func(i *receiptInput) {
			i.Current.Duties, i.Current.Total = usd(100), usd(3900)
		}, none: "the numbers do not add up without the duties"},
		{name: "sums: less than shipping and tax", change: func(i *receiptInput) { i.Current.Total = usd(799) }, none: "shipping and tax are more than the total"},
		{name: "sums: no total", change: func(i *receiptInput) { i.Current = retail.Totals{} }, none: "the total is not known"},
		{name: "numbers: JPY has no decimals", change: in("JPY"), want: is{"total_cost": "3800", "items.0.price": "1500"}},
		{name: "numbers: KWD has three", change: in("KWD"), want: is{"total_cost": "3.800", "items.0.price": "1.500"}},
		{name: "order_url", want: is{"order_url": "https://shop.example.com/orders/secret"}},
		{name: "order_url: none", change: func(i *receiptInput) { i.StatusURL = "" }, want: is{"order_url": ""}},
		{name: "cancellation_url and status are omitted", want: is{"cancellation_url": "", "status": ""}},
		{name: "hostile names are printable", change: func(i *receiptInput) {
			i.Lines[0].Name, i.Lines[0].Vendor = "a\u202eb\x1b[31m\r\nc", "x\x00y"
		}, want: is{"items.0.name": "a\ufffdb [31m c", "items.0.metadata.brand": "x y"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := receiptInput{order(), rules()}
			if c.change != nil {
				c.change(&in)
			}
			r, err := mapping.Receipt(in.Order, in.Rules)
			requireRow(t, c.want, c.none, r, err)
		})
	}
}

func requireRow(t *testing.T, want is, none string, v json.Marshaler, err error) {
	t.Helper()
	if none != "" {
		require.ErrorContains(t, err, none)
		return
	}
	require.NoError(t, err)
	for name, value := range want {
		require.Equal(t, value, field(t, v, name), name)
	}
}

func abroad(province, zip, country string, strict bool) func(*receiptInput) {
	return func(i *receiptInput) {
		home := *i.Shipping
		home.Province, home.PostalCode, home.Country = province, zip, country
		i.Shipping, i.StrictAddress = &home, strict
	}
}

func in(currency string) func(*receiptInput) {
	return func(i *receiptInput) {
		for _, a := range []*retail.Amount{
			&i.Lines[0].UnitPrice, &i.Lines[0].DiscountedTotal, &i.Current.Subtotal, &i.Current.Shipping, &i.Current.Tax, &i.Current.Total,
		} {
			a.Currency = currency
		}
		i.Currency = currency
	}
}

type shipmentInput struct {
	retail.Order
	retail.Fulfillment
	mapping.Rules
	carrier string
}

func TestShipmentRows(t *testing.T) {
	t.Parallel()
	from := retail.Address{City: "Reno", Province: "NV", PostalCode: "89501", Country: "US"}
	for _, c := range []row[shipmentInput]{
		{name: "receipt_id", want: is{"receipt_id": "4501"}},
		{name: "carrier", want: is{"carrier": "UPS"}},
		{name: "carrier: others as they are", change: func(i *shipmentInput) { i.carrier = "DHL Express" }, want: is{"carrier": "DHL Express"}},
		{name: "carrier: none", change: func(i *shipmentInput) { i.carrier = "" }, none: "carrier is missing"},
		{name: "tracking_number and url", want: is{"tracking_number": "1Z", "carrier_tracking_url": "https://www.ups.com/track?n=1Z"}},
		{name: "tracking_number: none for UPS", change: func(i *shipmentInput) { i.Trackings = []retail.Tracking{{}} }, none: "tracking_number is missing"},
		{name: "tracking_number: none for DHL", change: func(i *shipmentInput) {
			i.Trackings, i.carrier = []retail.Tracking{{}}, "DHL"
		}, want: is{"tracking_number": ""}},
		{name: "carrier_tracking_url: http and https only", change: func(i *shipmentInput) {
			i.Trackings[0].URL = "javascript:alert(1)"
		}, want: is{"carrier_tracking_url": ""}},
		{name: "items are those of this shipment", change: func(i *shipmentInput) { i.Items[0].Quantity = 1 }, want: is{"items.0.id": "100", "items.0.quantity": "1"}},
		{name: "items: a line in two parts", change: func(i *shipmentInput) {
			i.Items = []retail.FulfilledItem{{Line: "100", Quantity: 1}, {Line: "100", Quantity: 1}, {Line: "7", Quantity: 0}}
		}, want: is{"items.0.quantity": "2"}},
		{name: "items: none", change: func(i *shipmentInput) { i.Items = nil }, none: "items is empty"},
		{name: "ship_date", want: is{"ship_date": "1423079608"}},
		{name: "origin needs no street", want: is{"origin.street_1": "", "origin.city": "Cleveland"}},
		{name: "origin: none, as configured", change: func(i *shipmentInput) { i.Origin, i.ShipFrom = nil, &from }, want: is{"origin.city": "Reno"}},
		{name: "origin: incomplete, as configured", change: func(i *shipmentInput) {
			i.Origin, i.ShipFrom = &retail.Address{Country: "US"}, &from
		}, want: is{"origin.city": "Reno"}},
		{name: "origin: incomplete", change: func(i *shipmentInput) {
			i.Origin = &retail.Address{Province: "OH", PostalCode: "44101", Country: "US"}
		}, none: "city is missing"},
		{name: "origin: none", change: func(i *shipmentInput) { i.Origin = nil }, none: "the origin is not known"},
		{name: "destination", want: is{"destination.street_1": "25 Taylor str"}},
		{name: "destination: none", change: func(i *shipmentInput) { i.Destination = nil }, none: "the destination is not known"},
		{name: "destination: too foreign", change: func(i *shipmentInput) {
			i.Destination = &retail.Address{Street1: "1 George St", City: "Sydney", Province: "NSW", PostalCode: "2000", Country: "AU"}
		}, none: "state does not have two letters"},
		{name: "weight in pounds", want: is{"weight": "4.41", "weight_unit": "LBS"}},
		{name: "weight in kilograms", change: func(i *shipmentInput) {
			i.Destination = &retail.Address{Street1: "1 Rue", City: "Paris", PostalCode: "75001", Country: "FR"}
			i.StrictAddress = false
		}, want: is{"weight": "2", "weight_unit": "KGS", "destination.state": ""}},
		{name: "weight: a trifle", change: func(i *shipmentInput) { i.Lines[0].Grams, i.Items[0].Quantity = 1, 1 }, want: is{"weight": "0.01"}},
		{name: "weight: of two lines", change: func(i *shipmentInput) {
			i.Lines = append(i.Lines, retail.Line{ID: "x", Grams: 500}, retail.Line{ID: "y"})
			i.Items = append(i.Items, retail.FulfilledItem{Line: "x", Quantity: 1}, retail.FulfilledItem{Line: "y", Quantity: 1})
		}, want: is{"weight": "5.51", "weight_unit": "LBS"}},
		{name: "weight: not known", change: func(i *shipmentInput) { i.Lines[0].Grams = 0 }, want: is{"weight": "", "weight_unit": ""}},
		{name: "weight: nonsense", change: func(i *shipmentInput) { i.Lines[0].Grams = 1 << 40 }, want: is{"weight": "", "weight_unit": ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := order()
			in := shipmentInput{o, o.Fulfillments[0], rules(), "UPS"}
			if c.change != nil {
				c.change(&in)
			}
			s, err := mapping.Shipment(in.Order, in.Fulfillment, in.carrier, in.Trackings[0], in.Rules)
			requireRow(t, c.want, c.none, s, err)
		})
	}
}

func TestUpdateRows(t *testing.T) {
	t.Parallel()
	for _, c := range []row[retail.Order]{
		{name: "updated_*: all four, of what is left", change: func(o *retail.Order) {
			o.Current = retail.Totals{Subtotal: usd(1500), Shipping: usd(500), Tax: usd(150), Total: usd(2150)}
		}, want: is{
			"updated_sub_total": "15.00", "updated_shipping_cost": "5.00", "updated_total_tax": "1.50", "updated_total": "21.50",
			"currency": "USD", "update_id": "9", "update_type": "update_quantity", "items.0.quantity": "1", "timestamp": "1423076008",
		}},
		{name: "updated_*: nothing left", change: func(o *retail.Order) {
			o.Current = retail.Totals{Total: usd(0)}
		}, want: is{"updated_sub_total": "0.00", "updated_total": "0.00", "updated_shipping_cost": "0.00", "updated_total_tax": "0.00"}},
		{name: "updated_*: a tip", change: func(o *retail.Order) { o.Current.Tips = usd(1) }, none: "without the tip"},
		{name: "updated_*: taxes included", change: func(o *retail.Order) {
			o.TaxesIncluded, o.Current.Total = true, usd(3500)
		}, want: is{"updated_sub_total": "27.00", "updated_total": "35.00"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := order()
			c.change(&o)
			u, err := mapping.Update(o, messages.UpdateFields{
				ID: o.Number, UpdateID: "9", Type: messages.UpdateQuantity, Items: []messages.Changed{{ID: "100", Quantity: new(1)}}, At: placed,
			})
			requireRow(t, c.want, c.none, u, err)
		})
	}
}

type noticeInput struct {
	retail.Variant
	mapping.Rules
}

func TestNoticeRows(t *testing.T) {
	t.Parallel()
	for _, c := range []row[noticeInput]{
		{name: "notification_id: product", change: func(i *noticeInput) { i.NotifyBy = mapping.NotifyByProduct }, want: is{"notification_id": "5"}},
		{name: "notification_id: variant", change: func(i *noticeInput) { i.NotifyBy = mapping.NotifyByVariant }, want: is{"notification_id": "55"}},
		{name: "name, url, desc", want: is{"name": "Mug", "url": "https://shop.example.com/products/mug", "desc": "Holds tea."}},
		{name: "desc: at most 200 characters", change: func(i *noticeInput) {
			i.Description = strings.Repeat("tea ", 100)
		}, want: is{"desc": strings.Repeat("tea ", 49) + "tea…"}},
		{name: "thumb_url", want: is{"thumb_url": "https://cdn.example.com/mug.png"}},
		{name: "thumb_url: the configured one", change: func(i *noticeInput) {
			i.ImageURL, i.Image = "", "https://shop.example.com/logo.png"
		}, want: is{"thumb_url": "https://shop.example.com/logo.png"}},
		{name: "thumb_url: none", change: func(i *noticeInput) { i.ImageURL = "" }, none: "thumb_url is not"},
		{name: "category", want: is{"category": "retail_item"}},
		{name: "currency, price", want: is{"currency": "USD", "price": "12.00"}},
		{name: "a product: name, price, thumb_url, metadata", change: func(i *noticeInput) { i.NotifyBy = mapping.NotifyByProduct }, want: is{
			"name": "Mugs", "price": "9.00", "thumb_url": "https://cdn.example.com/mugs.png", "metadata.brand": "Potters", "metadata.size": "",
		}},
		{name: "a product: thumb_url: of a variant", change: func(i *noticeInput) {
			i.NotifyBy, i.ProductImageURL = mapping.NotifyByProduct, ""
		}, want: is{"thumb_url": "https://cdn.example.com/mug.png"}},
		{name: "metadata", want: is{"metadata.brand": "Potters", "metadata.size": "Size 12", "metadata.gender": ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := noticeInput{retail.Variant{
				Number: "55", Product: "5", Title: "Mug", URL: "https://shop.example.com/products/mug", Description: "Holds tea.",
				ImageURL: "https://cdn.example.com/mug.png", Price: usd(1200), Vendor: "Potters", ForSale: true, Sellable: 3,
				ProductTitle: "Mugs", ProductImageURL: "https://cdn.example.com/mugs.png", LowestPrice: usd(900),
				Options: []retail.Option{{Name: "Size", Value: "12"}, {Name: "Gender", Value: "men"}},
			}, rules()}
			in.NotifyBy = mapping.NotifyByVariant
			if c.change != nil {
				c.change(&in)
			}
			n, err := mapping.Notice(in.Variant, in.Rules)
			requireRow(t, c.want, c.none, n, err)
		})
	}
}

// Whatever the sums of an order are: a receipt shows the order's total, and its numbers add up.
func TestReceiptsAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		o := order()
		amount := func(name string) retail.Amount { return usd(rapid.Int64Range(-2, 5000).Draw(rt, name)) }
		o.TaxesIncluded = rapid.Bool().Draw(rt, "included")
		o.Current = retail.Totals{Subtotal: amount("subtotal"), Shipping: amount("shipping"), Tax: amount("tax"), Total: amount("total")}
		if rapid.IntRange(0, 9).Draw(rt, "tipped") == 0 {
			o.Current.Tips = usd(1)
		}
		r, err := mapping.Receipt(o, rules())
		if err != nil {
			return
		}
		var sum, total retail.Amount
		for _, name := range []string{"subtotal", "shipping_cost", "total_tax"} {
			a, err := retail.ParseAmount(field(t, r, name), "USD")
			require.NoError(rt, err)
			require.GreaterOrEqual(rt, a.Minor, int64(0))
			sum.Minor += a.Minor
		}
		total, err = retail.ParseAmount(field(t, r, "total_cost"), "USD")
		require.NoError(rt, err)
		require.Equal(rt, o.Current.Total, total)
		require.Equal(rt, sum.Minor, total.Minor)
		require.Zero(rt, o.Current.Tips.Minor)
	})
}

func TestMoney(t *testing.T) {
	t.Parallel()
	require.Equal(t, "38.00 USD", mapping.Money(usd(3800)))
	require.Equal(t, "1000 JPY", mapping.Money(retail.Amount{Minor: 1000, Currency: "JPY"}))
	require.Empty(t, mapping.Money(retail.Amount{}))
}
