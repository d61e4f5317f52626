package messages_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/retail"
)

// structure is one of the four types.
type structure struct {
	file  string
	parse func([]byte) (json.Marshaler, error)
	// omitted are the fields of the sample that giftbridge does not send.
	omitted []string
}

func parsing[T json.Marshaler](parse func([]byte) (T, error)) func([]byte) (json.Marshaler, error) {
	return func(data []byte) (json.Marshaler, error) {
		v, err := parse(data)
		return v, err
	}
}

var structures = []structure{
	{"receipt.json", parsing(messages.ParseReceipt), []string{"cancellation_url", "items.metadata.fun"}},
	{"shipment.json", parsing(messages.ParseShipment), nil},
	{"update.json", parsing(messages.ParseUpdate), nil},
	{"notice.json", parsing(messages.ParseNotice), []string{"metadata.kitten", "metadata.funny"}},
}

func sample(t testing.TB, file string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", file))
	require.NoError(t, err)
	var out map[string]any
	require.NoError(t, json.Unmarshal(data, &out))
	return out
}

// edit changes a field of an object, such as "items.price", in each item of a list; nil removes it.
func edit(t testing.TB, object map[string]any, field string, value any) {
	t.Helper()
	name, rest, deeper := strings.Cut(field, ".")
	switch {
	case !deeper && value == nil:
		require.Contains(t, object, name)
		delete(object, name)
	case !deeper:
		object[name] = value
	default:
		switch below := object[name].(type) {
		case map[string]any:
			edit(t, below, rest, value)
		case []any:
			for _, item := range below {
				edit(t, item.(map[string]any), rest, value)
			}
		default:
			t.Fatalf("%s is neither an object nor a list", name)
		}
	}
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return data
}

// The documentation's samples are read and written as the same values, less the fields that the mapping omits. The sample of an
// update has a comma too many there.
func TestSamples(t *testing.T) {
	t.Parallel()
	for _, s := range structures {
		t.Run(s.file, func(t *testing.T) {
			t.Parallel()
			want := sample(t, s.file)
			v, err := s.parse(encode(t, want))
			require.NoError(t, err)
			for _, field := range s.omitted {
				edit(t, want, field, nil)
			}
			got := encode(t, v)
			require.JSONEq(t, string(encode(t, want)), string(got))
			again, err := s.parse(got)
			require.NoError(t, err)
			require.Equal(t, v, again)
		})
	}
}

// All numbers travel as strings.
func TestNumbersAreStrings(t *testing.T) {
	t.Parallel()
	var check func(t *testing.T, v any)
	check = func(t *testing.T, v any) {
		t.Helper()
		switch v := v.(type) {
		case map[string]any:
			for _, below := range v {
				check(t, below)
			}
		case []any:
			for _, below := range v {
				check(t, below)
			}
		default:
			require.IsType(t, "", v)
		}
	}
	for _, s := range structures {
		v, err := s.parse(encode(t, sample(t, s.file)))
		require.NoError(t, err)
		var out map[string]any
		require.NoError(t, json.Unmarshal(encode(t, v), &out))
		require.NotEmpty(t, out)
		check(t, out)
	}
}

// The documentation's table calls recipient_name receipt_name: it is read, and never written.
func TestReceiptNameSlip(t *testing.T) {
	t.Parallel()
	slip := sample(t, "receipt.json")
	edit(t, slip, "recipient_name", nil)
	_, err := messages.ParseReceipt(encode(t, slip))
	require.EqualError(t, err, "recipient_name is missing")
	slip["receipt_name"] = "Ada Lovelace"
	r, err := messages.ParseReceipt(encode(t, slip))
	require.NoError(t, err)
	require.Contains(t, string(encode(t, r)), `"recipient_name":"Ada Lovelace"`)
	require.NotContains(t, string(encode(t, r)), `receipt_name`)
	slip["recipient_name"] = "Grace Hopper"
	r, err = messages.ParseReceipt(encode(t, slip))
	require.NoError(t, err)
	require.Contains(t, string(encode(t, r)), `"recipient_name":"Grace Hopper"`)
}

// Each rule of the documentation's tables: a sample with one fault is refused, with the name of the field and without its value.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file, field string
		value       any
		want        string
	}{
		{"receipt.json", "receipt_id", nil, "receipt_id is missing"},
		{"receipt.json", "receipt_id", "  ", "receipt_id is missing"},
		{"receipt.json", "receipt_id", 7, "receipt_id is not of its type"},
		{"receipt.json", "items", []any{}, "items is empty"},
		{"receipt.json", "timestamp", nil, "timestamp is not a time in seconds since 1970"},
		{"receipt.json", "timestamp", "0", "timestamp is not a time in seconds since 1970"},
		{"receipt.json", "timestamp", "2026-11-29", "timestamp is not a time in seconds since 1970"},
		{"receipt.json", "timestamp", "1423076008000", "timestamp is not a time in seconds since 1970"},
		{"receipt.json", "account_holder_name", nil, "account_holder_name is missing"},
		{"receipt.json", "recipient_name", "", "recipient_name is missing"},
		{"receipt.json", "payment_method", nil, "payment_method is missing"},
		{"receipt.json", "currency", "usd", "subtotal is not an amount of its currency"},
		{"receipt.json", "currency", "EUR", "items.price is in another currency"},
		{"receipt.json", "subtotal", "29.99", "total_cost is not the sum of its parts"},
		{"receipt.json", "total_tax", "3", ""},
		{"receipt.json", "total_tax", "-3.00", "total_tax is below zero"},
		{"receipt.json", "total_cost", nil, "total_cost is not an amount of its currency"},
		{"receipt.json", "shipping_cost", "free", "shipping_cost is not an amount of its currency"},
		{"receipt.json", "order_url", nil, ""},
		{"receipt.json", "order_url", "javascript:alert(1)", "order_url is not an http or https address"},
		{"receipt.json", "shipping_method", nil, ""},
		{"receipt.json", "structured_address.street_1", nil, "structured_address.street_1 is missing"},
		{"receipt.json", "structured_address.city", "", "structured_address.city is missing"},
		{"receipt.json", "structured_address.state", "NSW", "structured_address.state does not have two letters"},
		{"receipt.json", "structured_address.state", "", ""},
		{"receipt.json", "structured_address.postal_code", "94133-1234", "structured_address.postal_code does not have five digits"},
		{"receipt.json", "structured_address.country", "USA", "structured_address.country is not a code of two letters"},
		{"receipt.json", "items.id", nil, "items.id is missing"},
		{"receipt.json", "items.name", nil, "items.name is missing"},
		{"receipt.json", "items.price", "15.001", "items.price is not an amount of its currency"},
		{"receipt.json", "items.item_url", nil, "items.item_url is not an http or https address"},
		{"receipt.json", "items.item_url", "http://", "items.item_url is not an http or https address"},
		{"receipt.json", "items.thumb_url", nil, ""},
		{"receipt.json", "items.thumb_url", "ftp://example.com/a.png", "items.thumb_url is not an http or https address"},
		{"receipt.json", "items.quantity", nil, ""},
		{"receipt.json", "items.quantity", "0", "items.quantity is out of range"},
		{"receipt.json", "items.quantity", "1.5", "items.quantity is not a whole number"},
		{"receipt.json", "items.metadata", nil, ""},
		{"receipt.json", "items.metadata.size", "4", `items.metadata.size is a number without "Size"`},
		{"receipt.json", "items.metadata.size", "Size 4", ""},
		{"receipt.json", "items.metadata.gender", "female", "items.metadata.gender is not M, F or empty"},
		{"receipt.json", "items.metadata.gender", "F", ""},
		{"shipment.json", "receipt_id", nil, "receipt_id is missing"},
		{"shipment.json", "carrier", nil, "carrier is missing"},
		{"shipment.json", "carrier", "ups", "carrier is not written as the service writes it"},
		{"shipment.json", "carrier", "DHL Express", ""},
		{"shipment.json", "tracking_number", nil, "tracking_number is missing, which UPS and USPS need"},
		{"shipment.json", "carrier_tracking_url", nil, ""},
		{"shipment.json", "carrier_tracking_url", "www.ups.com", "carrier_tracking_url is not an http or https address"},
		{"shipment.json", "items", []any{}, "items is empty"},
		{"shipment.json", "items.id", "", "items.id is missing"},
		{"shipment.json", "items.quantity", nil, "items.quantity is not a whole number"},
		{"shipment.json", "items.quantity", "-1", "items.quantity is out of range"},
		{"shipment.json", "ship_date", "", "ship_date is not a time in seconds since 1970"},
		{"shipment.json", "origin.street_1", nil, ""},
		{"shipment.json", "origin.city", nil, "origin.city is missing"},
		{"shipment.json", "origin.country", nil, "origin.country is not a code of two letters"},
		{"shipment.json", "destination.street_1", "", "destination.street_1 is missing"},
		{"shipment.json", "weight", "heavy", "weight is not a number with at most three decimals"},
		{"shipment.json", "weight", "4.5001", "weight is not a number with at most three decimals"},
		{"shipment.json", "weight", "0", "weight is not above zero"},
		{"shipment.json", "weight_unit", "lbs", "weight_unit is not one of LBS and KGS"},
		{"shipment.json", "weight_unit", "KGS", ""},
		{"update.json", "receipt_id", nil, "receipt_id is missing"},
		{"update.json", "update_id", nil, ""},
		{"update.json", "update_type", "add_item", "update_type is not one of cancel_item and update_quantity"},
		{"update.json", "items", []any{}, "items is empty"},
		{"update.json", "items.id", "", "items.id is missing"},
		{"update.json", "items.quantity", "1", ""},
		{"update.json", "items.quantity", "0", "items.quantity is out of range"},
		{"update.json", "timestamp", nil, "timestamp is not a time in seconds since 1970"},
		{"update.json", "updated_total", "27.01", "updated_total is not the sum of its parts"},
		{"update.json", "updated_total", nil, ""},
		{"update.json", "updated_total_tax", "x", "updated_total_tax is not an amount of its currency"},
		{"notice.json", "notification_id", nil, "notification_id is missing"},
		{"notice.json", "name", nil, "name is missing"},
		{"notice.json", "url", nil, "url is not an http or https address"},
		{"notice.json", "thumb_url", nil, "thumb_url is not an http or https address"},
		{"notice.json", "category", "airline", "category is not retail_item"},
		{"notice.json", "price", "x", "price is not an amount of its currency"},
		{"notice.json", "desc", nil, ""},
		{"notice.json", "metadata.gender", "M", "metadata.gender is not a field of a notice"},
	} {
		for _, s := range structures {
			if s.file != c.file {
				continue
			}
			data := sample(t, c.file)
			edit(t, data, c.field, c.value)
			v, err := s.parse(encode(t, data))
			if c.want == "" {
				require.NoError(t, err, c.field)
				require.NotEmpty(t, encode(t, v))
				continue
			}
			require.EqualError(t, err, c.want, c.field)
			var f *messages.FieldError
			require.ErrorAs(t, err, &f)
		}
	}
}

func TestCancelledItemsHaveNoneLeft(t *testing.T) {
	t.Parallel()
	data := sample(t, "update.json")
	edit(t, data, "update_type", "cancel_item")
	edit(t, data, "items.quantity", "2")
	_, err := messages.ParseUpdate(encode(t, data))
	require.EqualError(t, err, "items.quantity is not zero though the item is cancelled")
	edit(t, data, "items.quantity", "0")
	_, err = messages.ParseUpdate(encode(t, data))
	require.NoError(t, err)
}

func TestLinesAreThereOnce(t *testing.T) {
	t.Parallel()
	for _, s := range structures[:3] {
		data := sample(t, s.file)
		items := data["items"].([]any)
		data["items"] = append(items, items[0])
		_, err := s.parse(encode(t, data))
		require.EqualError(t, err, "items.id is there twice", s.file)
	}
}

// Values that no constructor made cannot be sent.
func TestZeroValues(t *testing.T) {
	t.Parallel()
	for _, v := range []json.Marshaler{messages.Receipt{}, messages.Shipment{}, messages.Update{}, messages.Notice{}} {
		_, err := json.Marshal(v)
		require.ErrorContains(t, err, "was not built by its constructor")
	}
	for _, s := range structures {
		for _, data := range []string{"", "null", "[]", "{}", `"x"`, "{} {}"} {
			_, err := s.parse([]byte(data))
			require.Error(t, err, data)
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	us := retail.Address{Street1: "25 Taylor St", City: "San Francisco", Province: "CA", PostalCode: "94133", Country: "US"}
	with := func(change func(*retail.Address)) retail.Address {
		a := us
		change(&a)
		return a
	}
	for name, c := range map[string]struct {
		address         retail.Address
		strict          string // The error, or nothing.
		state, zip      string // What is sent, by both rules or by the lenient one.
		lenient, origin string // The errors by the lenient rule, and of an origin.
	}{
		"as the table wants it":    {address: us, state: "CA", zip: "94133"},
		"in small letters":         {address: with(func(a *retail.Address) { a.Province, a.Country = "ca", "us" }), state: "CA", zip: "94133"},
		"ZIP+4":                    {address: with(func(a *retail.Address) { a.PostalCode = "94133-1234" }), state: "CA", zip: "94133"},
		"ZIP+4 with a blank":       {address: with(func(a *retail.Address) { a.PostalCode = "94133 1234" }), state: "CA", zip: "94133"},
		"nine digits without dash": {address: with(func(a *retail.Address) { a.PostalCode = "941331234" }), strict: "postal_code does not have five digits", origin: "postal_code does not have five digits", state: "CA"},
		"no postal code":           {address: with(func(a *retail.Address) { a.PostalCode = "" }), strict: "postal_code is missing", origin: "postal_code is missing", state: "CA"},
		"Australia": {
			address: with(func(a *retail.Address) { a.Province, a.PostalCode, a.Country = "NSW", "2000", "AU" }),
			strict:  "state does not have two letters", origin: "state does not have two letters",
		},
		"Japan": {
			address: with(func(a *retail.Address) { a.Province, a.PostalCode, a.Country = "JP-13", "100-0001", "JP" }),
			strict:  "state does not have two letters", origin: "state does not have two letters",
		},
		"Great Britain": {
			address: with(func(a *retail.Address) { a.Province, a.PostalCode, a.Country = "", "SW1A 1AA", "GB" }),
			strict:  "state is missing", origin: "state is missing",
		},
		"Germany, five digits and no state": {
			address: with(func(a *retail.Address) { a.Province, a.PostalCode, a.Country = "", "10115", "DE" }),
			strict:  "state is missing", origin: "state is missing", zip: "10115",
		},
		"no street": {address: with(func(a *retail.Address) { a.Street1 = "" }), strict: "street_1 is missing", lenient: "street_1 is missing"},
		"no city":   {address: with(func(a *retail.Address) { a.City = " " }), strict: "city is missing", lenient: "city is missing", origin: "city is missing"},
		"no country": {
			address: with(func(a *retail.Address) { a.Country = "" }), strict: "country is not a code of two letters",
			lenient: "country is not a code of two letters", origin: "country is not a code of two letters",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireError := func(want string, err error) {
				if want == "" {
					require.NoError(t, err)
					return
				}
				require.EqualError(t, err, want)
			}
			_, err := messages.NewAddress(c.address, messages.Strict)
			requireError(c.strict, err)
			_, err = messages.NewOrigin(c.address, messages.Strict)
			requireError(c.origin, err)
			a, err := messages.NewAddress(c.address, messages.Lenient)
			requireError(c.lenient, err)
			if c.lenient != "" {
				return
			}
			s, err := messages.NewShipment(messages.ShipmentFields{
				ID: "1", Carrier: "DHL", Items: []messages.Part{{ID: "1", Quantity: 1}}, At: time.Unix(1, 0), Origin: a, Destination: a,
			})
			require.NoError(t, err)
			var out struct {
				Destination struct {
					State string
					ZIP   string `json:"postal_code"`
				}
			}
			require.NoError(t, json.Unmarshal(encode(t, s), &out))
			require.Equal(t, c.state, out.Destination.State)
			require.Equal(t, c.zip, out.Destination.ZIP)
		})
	}
}

func TestCarriers(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"ups": "UPS", "UPS": "UPS", "fedex": "FedEx", "Usps": "USPS", "DHL Express": "DHL Express", "": ""} {
		require.Equal(t, want, messages.Carrier(name))
		require.Equal(t, want == "UPS" || want == "USPS", messages.NeedsTracking(name), name)
	}
}

func TestWebURL(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"http://example.com": true, "https://example.com/a?b=c#d": true, "https://example.com:8443/": true,
		"": false, "example.com": false, "//example.com": false, "ftp://example.com": false, "javascript:alert(1)": false, "https://": false,
		"https://a:b@example.com": false, "https://example.com/a b": false, "https://example.com/\n": false, "https://example.com/é": false,
		"https://:80": false,
	} {
		require.Equal(t, want, messages.WebURL(s), s)
	}
}

// A receipt is built only if its numbers add up, in one currency, whatever they are.
func TestReceiptSums(t *testing.T) {
	t.Parallel()
	home, err := messages.NewAddress(retail.Address{
		Street1: "25 Taylor St", City: "San Francisco", Province: "CA", PostalCode: "94133", Country: "US",
	}, messages.Strict)
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		currency := rapid.SampledFrom([]string{"USD", "JPY", "KWD"}).Draw(t, "currency")
		amount := func(name string) retail.Amount {
			return retail.Amount{Minor: rapid.OneOf(rapid.Int64Range(-5, 100), rapid.Int64()).Draw(t, name), Currency: currency}
		}
		f := messages.ReceiptFields{
			ID: "1", At: time.Unix(1423076008, 0).UTC(), Holder: "Ada", Recipient: "Grace", PaymentMethod: "None", Address: home,
			Items:    []messages.Item{{ID: "1", Name: "Mug", Price: retail.Amount{Minor: 1, Currency: currency}, URL: "https://example.com", Quantity: 1}},
			Subtotal: amount("subtotal"), Shipping: amount("shipping"), Tax: amount("tax"), Total: amount("total"),
		}
		if rapid.Bool().Draw(t, "adds up") {
			if sum, err := retail.Sum(currency, f.Subtotal, f.Shipping, f.Tax); err == nil {
				f.Total = sum
			}
		}
		sum, err := retail.Sum(currency, f.Subtotal, f.Shipping, f.Tax)
		holds := err == nil && sum == f.Total && min(f.Subtotal.Minor, f.Shipping.Minor, f.Tax.Minor) >= 0
		r, err := messages.NewReceipt(f)
		require.Equal(t, holds, err == nil, "%v", err)
		u, uerr := messages.NewUpdate(messages.UpdateFields{
			ID: "1", Type: messages.CancelItem, Items: []messages.Changed{{ID: "1"}}, At: f.At, Currency: currency,
			Subtotal: f.Subtotal, Shipping: f.Shipping, Tax: f.Tax, Total: f.Total,
		})
		require.Equal(t, holds, uerr == nil, "%v", uerr)
		if err == nil && f.Total.Minor < 1e14 {
			data, err := json.Marshal(r)
			require.NoError(t, err)
			again, err := messages.ParseReceipt(data)
			require.NoError(t, err)
			require.Equal(t, r, again)
			data, err = json.Marshal(u)
			require.NoError(t, err)
			update, err := messages.ParseUpdate(data)
			require.NoError(t, err)
			require.Equal(t, u, update)
		}
	})
}

func TestWeights(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{4500: "4.5", 1: "0.001", 1000: "1", 120: "0.12", 10000: "10", math.MaxInt32: "2147483.647"} {
		require.Equal(t, want, messages.Weight{Thousandths: n, Unit: messages.Pounds}.Number())
	}
}

// fuzz checks that what a parser takes is written as what it reads as the same, and that errors repeat nothing of it.
func fuzz(f *testing.F, s structure) {
	f.Add(encode(f, sample(f, s.file)))
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := s.parse(data)
		if err != nil {
			var fault *messages.FieldError
			require.True(t, errors.As(err, &fault) || err.Error() == "the structure is not one JSON object", err)
			return
		}
		again, err := s.parse(encode(t, v))
		require.NoError(t, err)
		require.Equal(t, v, again)
	})
}

func FuzzParseReceipt(f *testing.F)  { fuzz(f, structures[0]) }
func FuzzParseShipment(f *testing.F) { fuzz(f, structures[1]) }
func FuzzParseUpdate(f *testing.F)   { fuzz(f, structures[2]) }
func FuzzParseNotice(f *testing.F)   { fuzz(f, structures[3]) }
