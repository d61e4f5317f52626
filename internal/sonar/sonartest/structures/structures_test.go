package structures_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/sonar/sonartest/structures"
)

// sample returns a published sample, as valid JSON.
func sample(t testing.TB, typ string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + typ + ".json")
	require.NoError(t, err)
	return string(b)
}

func problems(t testing.TB, r structures.Rules, typ, raw string) []string {
	t.Helper()
	data, err := structures.Parse(raw)
	require.NoError(t, err)
	return r.Problems(typ, data)
}

func TestPublishedSamplesAreFine(t *testing.T) {
	t.Parallel()
	for _, typ := range structures.Types {
		for _, lenient := range []bool{false, true} {
			require.Empty(t, problems(t, structures.Rules{LenientAddresses: lenient}, typ, sample(t, typ)), typ)
		}
	}
	require.Equal(t, []string{"type is invalid"}, problems(t, structures.Rules{}, "retail_returns", "{}"))
}

// requiredFields are the rows of the published tables with a Y, and recipient_name for receipt_name.
var requiredFields = map[string][]string{
	structures.Receipt: {
		"receipt_id", "items", "timestamp", "account_holder_name", "recipient_name", "structured_address", "payment_method",
		"subtotal", "shipping_cost", "total_tax", "total_cost", "currency",
		"items[0].id", "items[0].name", "items[0].currency", "items[0].price", "items[0].item_url",
		"structured_address.street_1", "structured_address.city", "structured_address.state",
		"structured_address.postal_code", "structured_address.country",
	},
	structures.Shipment: {
		"receipt_id", "carrier", "tracking_number", "items", "ship_date", "origin", "destination",
		"items[0].id", "items[0].quantity", "origin.city", "origin.state", "origin.postal_code", "origin.country",
		"destination.street_1", "destination.city", "destination.state", "destination.postal_code", "destination.country",
	},
	structures.Update: {"receipt_id", "update_type", "items", "timestamp", "items[0].id"},
	structures.Notice: {"notification_id", "name", "url", "thumb_url", "category"},
}

// object returns the object that holds a field, with the field's own name.
func object(root map[string]any, path string) (holder map[string]any, name string) {
	parts := strings.Split(path, ".")
	for _, part := range parts[:len(parts)-1] {
		if list, ok := strings.CutSuffix(part, "[0]"); ok {
			root = root[list].([]any)[0].(map[string]any)
		} else {
			root = root[part].(map[string]any)
		}
	}
	return root, parts[len(parts)-1]
}

func paths(prefix string, node map[string]any) []string {
	var out []string
	for name, value := range node {
		out = append(out, prefix+name)
		switch v := value.(type) {
		case map[string]any:
			out = append(out, paths(prefix+name+".", v)...)
		case []any:
			out = append(out, paths(prefix+name+"[0].", v[0].(map[string]any))...)
		}
	}
	return out
}

// changed returns a sample with one field changed; nil removes it.
func changed(t testing.TB, typ, path string, value any) string {
	t.Helper()
	root := map[string]any{}
	require.NoError(t, json.Unmarshal([]byte(sample(t, typ)), &root))
	holder, name := object(root, path)
	if value == nil {
		delete(holder, name)
	} else {
		holder[name] = value
	}
	b, err := json.Marshal(root)
	require.NoError(t, err)
	return string(b)
}

// Each field of each sample: it may be left out unless the tables require it, and no number, object or null stands for a text.
func TestEachField(t *testing.T) {
	t.Parallel()
	for _, typ := range structures.Types {
		root := map[string]any{}
		require.NoError(t, json.Unmarshal([]byte(sample(t, typ)), &root))
		all := paths("", root)
		for _, path := range requiredFields[typ] {
			require.Contains(t, all, path, "the sample of %s has each required field", typ)
		}
		for _, path := range all {
			var want []string
			if slices.Contains(requiredFields[typ], path) {
				want = []string{path + " is missing"}
			}
			require.Equal(t, want, problems(t, structures.Rules{}, typ, changed(t, typ, path, nil)), "%s without %s", typ, path)
			for _, value := range []any{7, true, []any{}, json.RawMessage("null")} {
				require.NotEmpty(t, problems(t, structures.Rules{}, typ, changed(t, typ, path, value)), "%s with %v as %s", typ, value, path)
			}
		}
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	const ok = ""
	for _, tt := range []struct {
		typ, path, value, want string
	}{
		{structures.Receipt, "receipt_name", "Matt", "receipt_name is invalid"},
		{structures.Receipt, "Subtotal", "30.00", "unknown_field is invalid"},
		{structures.Receipt, "4155550123", "x", "unknown_field is invalid"},
		{structures.Receipt, "receipt_id", "", "receipt_id is invalid"},
		{structures.Receipt, "shipping_method", "", ok},
		{structures.Receipt, "status", "PREPARED_SHIP", ok},
		{structures.Receipt, "status", "", ok},
		{structures.Receipt, "status", "shipped", "status is invalid"},
		{structures.Receipt, "timestamp", "2015-02-04T18:53:28Z", "timestamp is invalid"},
		{structures.Receipt, "timestamp", "1423076008000", "timestamp is invalid"},
		{structures.Receipt, "subtotal", "3000", ok},   // JPY
		{structures.Receipt, "subtotal", "30.000", ok}, // KWD
		{structures.Receipt, "subtotal", "-30.00", "subtotal is invalid"},
		{structures.Receipt, "subtotal", "30,00", "subtotal is invalid"},
		{structures.Receipt, "subtotal", "$30.00", "subtotal is invalid"},
		{structures.Receipt, "currency", "usd", "currency is invalid"},
		{structures.Receipt, "order_url", "javascript:alert(1)", "order_url is invalid"},
		{structures.Receipt, "order_url", "https://me@example.com", "order_url is invalid"},
		{structures.Receipt, "order_url", "/orders/1", "order_url is invalid"},
		{structures.Receipt, "order_url", "", "order_url is invalid"},
		{structures.Receipt, "items[0].quantity", "0", "items[0].quantity is invalid"},
		{structures.Receipt, "items[0].quantity", "1.5", "items[0].quantity is invalid"},
		{structures.Receipt, "items[0].item_url", "", "items[0].item_url is invalid"},
		{structures.Receipt, "items[0].metadata.gender", "F", ok},
		{structures.Receipt, "items[0].metadata.gender", "", ok},
		{structures.Receipt, "items[0].metadata.gender", "female", "items[0].metadata.gender is invalid"},
		{structures.Receipt, "items[0].metadata.size", "4", "items[0].metadata.size is invalid"},
		{structures.Receipt, "items[0].metadata.size", "2T", "items[0].metadata.size is invalid"},
		{structures.Receipt, "items[0].metadata.size", "Size 2T", ok},
		{structures.Receipt, "items[0].metadata.anything", "", ok},
		{structures.Receipt, "structured_address.state", "NSW", "structured_address.state is invalid"},
		{structures.Receipt, "structured_address.state", "ca", "structured_address.state is invalid"},
		{structures.Receipt, "structured_address.state", "", "structured_address.state is invalid"},
		{structures.Receipt, "structured_address.postal_code", "94133-1234", "structured_address.postal_code is invalid"},
		{structures.Receipt, "structured_address.country", "USA", "structured_address.country is invalid"},
		{structures.Receipt, "structured_address.street_1", "", "structured_address.street_1 is invalid"},
		{structures.Receipt, "structured_address.street_2", "", ok},
		{structures.Shipment, "origin.street_1", "", ok},
		{structures.Shipment, "destination.street_1", "", "destination.street_1 is invalid"},
		{structures.Shipment, "carrier", "FedEx", ok},
		{structures.Shipment, "carrier", "DHL Express", ok},
		{structures.Shipment, "carrier", "ups", "carrier is invalid"},
		{structures.Shipment, "carrier", "Fedex", "carrier is invalid"},
		{structures.Shipment, "carrier", "", "carrier is invalid"},
		{structures.Shipment, "tracking_number", "", "tracking_number is missing"},
		{structures.Shipment, "items[0].quantity", "0", "items[0].quantity is invalid"},
		{structures.Shipment, "weight", "heavy", "weight is invalid"},
		{structures.Shipment, "weight_unit", "KGS", ok},
		{structures.Shipment, "weight_unit", "lbs", "weight_unit is invalid"},
		{structures.Update, "update_type", "cancel_item", ok},
		{structures.Update, "update_type", "add_item", "update_type is invalid"},
		{structures.Update, "update_id", "", ok},
		{structures.Update, "items[0].quantity", "0", ok},
		{structures.Update, "items[0].quantity", "-1", "items[0].quantity is invalid"},
		{structures.Update, "updated_total", "27", ok},
		{structures.Update, "updated_total", "", "updated_total is invalid"},
		{structures.Notice, "category", "retail", "category is invalid"},
		{structures.Notice, "desc", "", ok},
		{structures.Notice, "price", "35", ok},
	} {
		got := problems(t, structures.Rules{}, tt.typ, changed(t, tt.typ, tt.path, tt.value))
		require.Equal(t, tt.want, strings.Join(got, ", "), "%s %s = %q", tt.typ, tt.path, tt.value)
	}
}

func TestLenientAddresses(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"structured_address.state", "structured_address.postal_code"} {
		for _, value := range []string{"", "NSW", "SW1A 1AA"} {
			require.Empty(t, problems(t, structures.Rules{LenientAddresses: true}, structures.Receipt,
				changed(t, structures.Receipt, path, value)))
		}
		require.Equal(t, []string{path + " is missing"}, problems(t, structures.Rules{LenientAddresses: true}, structures.Receipt,
			changed(t, structures.Receipt, path, nil)))
	}
}

// Another carrier than UPS and USPS needs no tracking number.
func TestTrackingNumbers(t *testing.T) {
	t.Parallel()
	for carrier, want := range map[string][]string{
		"UPS": {"tracking_number is missing"}, "USPS": {"tracking_number is missing"}, "FedEx": nil, "DHL": nil,
	} {
		data, err := structures.Parse(changed(t, structures.Shipment, "tracking_number", nil))
		require.NoError(t, err)
		data["carrier"] = carrier
		require.Equal(t, want, structures.Rules{}.Problems(structures.Shipment, data), carrier)
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	for items, want := range map[string]string{
		`[]`:                        "items is invalid",
		`{}`:                        "items is invalid",
		`["100"]`:                   "items[0] is invalid",
		`[{"id":"1"},{"name":"x"}]`: "items[1].id is missing, items[1].name is invalid",
	} {
		got := problems(t, structures.Rules{}, structures.Update, changed(t, structures.Update, "items", json.RawMessage(items)))
		require.Equal(t, want, strings.Join(got, ", "), items)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"", "null", "[]", `"a"`, "{", `{"a":1}{}`, `{"a":"b"`, `{"a":"b","a":"c"}`, `{"x":[{"a":1,"a":2}]}`,
		`{"items":[{"id":"100",}]}`, strings.Repeat("[", 1<<20), // The published sample of an update has such a comma.
	} {
		_, err := structures.Parse(raw)
		require.Error(t, err, raw[:min(len(raw), 40)])
	}
	data, err := structures.Parse(`{"a":"b","c":7}`)
	require.NoError(t, err)
	require.Equal(t, []string{"b", "", ""}, []string{data.Text("a"), data.Text("c"), data.Text("d")})
	require.Empty(t, structures.Data(nil).Text("a"))
}

var wording = regexp.MustCompile(`^[\w.\[\]]+ is (missing|invalid)$`)

func FuzzProblems(f *testing.F) {
	for _, typ := range structures.Types {
		f.Add(typ, sample(f, typ))
	}
	f.Fuzz(func(t *testing.T, typ, raw string) {
		data, err := structures.Parse(raw)
		if err != nil {
			return
		}
		require.True(t, json.Valid([]byte(raw)))
		strict := structures.Rules{}.Problems(typ, data)
		for _, p := range strict {
			require.Regexp(t, wording, p)
		}
		require.True(t, slices.IsSorted(strict))
		if len(strict) == 0 {
			require.Empty(t, structures.Rules{LenientAddresses: true}.Problems(typ, data), "lenient accepts what strict accepts")
			for _, path := range requiredFields[typ] {
				if !strings.ContainsAny(path, ".[") && path != "tracking_number" { // The carrier decides about that one.
					require.NotEmpty(t, data[path])
				}
			}
		}
	})
}
