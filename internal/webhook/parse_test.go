package webhook_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/webhook"
)

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "bodies", name+".json"))
	require.NoError(t, err)
	return body
}

func moment(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	require.NoError(t, err)
	return at
}

// Bodies of the oldest and the newest version of the API, with all that may be null or rounded in them.
func TestParse(t *testing.T) {
	t.Parallel()
	old, renewed := moment(t, "2019-03-06T19:33:46Z"), moment(t, "2026-07-01T00:00:00Z")
	for _, tt := range []struct {
		topic, body string
		want        webhook.Notice
	}{
		{webhook.OrdersCreate, "orders-create-2019", webhook.Notice{
			Order: "820982911946154508", Name: "#9999", CreatedAt: old, UpdatedAt: old,
			SKUs: []string{"IPOD2008PINK", "IPOD2008PINK"}, LinesKnown: true,
		}},
		{webhook.OrdersPaid, "orders-create-2026-04", webhook.Notice{
			Order: "820982911946154508", Name: "#9999", CreatedAt: old, UpdatedAt: old, SKUs: []string{"GIFT-50"}, LinesKnown: true,
		}},
		{webhook.OrdersCancelled, "orders-create-2026-04", webhook.Notice{
			Order: "820982911946154508", Name: "#9999", CreatedAt: old, UpdatedAt: old, SKUs: []string{"GIFT-50"}, LinesKnown: true,
		}},
		{webhook.OrdersUpdated, "orders-updated-reduced", webhook.Notice{
			Order: "450789469", UpdatedAt: moment(t, "2026-07-01T14:00:00Z"), SKUs: []string{"GIFT-25"}, LinesKnown: true,
		}},
		{webhook.OrdersEdited, "orders-edited-2026-04", webhook.Notice{Order: "820982911946154508"}},
		{webhook.RefundsCreate, "refunds-create-2026-04", webhook.Notice{Order: "820982911946154508"}},
		{webhook.RefundsCreate, "refunds-create-adjustment", webhook.Notice{Order: "820982911946154508"}},
		{webhook.DisputesCreate, "disputes-create-2026-04", webhook.Notice{Order: "820982911946154508"}},
		{webhook.DisputesCreate, "disputes-create-no-order", webhook.Notice{}},
		{webhook.ProductsCreate, "products-create-2019", webhook.Notice{Product: "788032119674292922"}},
		{webhook.ProductsUpdate, "products-update-2026-04", webhook.Notice{Product: "788032119674292922", UpdatedAt: renewed}},
		{webhook.ProductsDelete, "products-delete-2026-04", webhook.Notice{Product: "788032119674292922"}},
		{webhook.FulfillmentsCreate, "fulfillments-create-2019", webhook.Notice{
			Order: "820982911946154508", Fulfillment: "123456", CreatedAt: old, UpdatedAt: old,
		}},
		{webhook.FulfillmentsUpdate, "fulfillments-update-reduced", webhook.Notice{
			Order: "450789469", Fulfillment: "255858046", UpdatedAt: moment(t, "2026-07-01T14:00:00Z"),
		}},
		{webhook.VariantsInStock, "variants-in-stock-2026-04", webhook.Notice{
			Product: "788032119674292922", Variant: "642667041472713922", CreatedAt: renewed, UpdatedAt: renewed,
		}},
		{webhook.AppUninstalled, "app-uninstalled-2026-04", webhook.Notice{}},
	} {
		t.Run(tt.topic+" "+tt.body, func(t *testing.T) {
			t.Parallel()
			tt.want.Topic = tt.topic
			got, err := webhook.Parse(tt.topic, fixture(t, tt.body))
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

// A topic is not signed, so a body with another topic than its own must be noticed. The topics of whole orders have the
// same bodies, and so do those of whole products.
func TestParseRefusesBodiesOfOtherTopics(t *testing.T) {
	t.Parallel()
	orders := []string{webhook.OrdersCreate, webhook.OrdersPaid, webhook.OrdersUpdated, webhook.OrdersCancelled}
	products := []string{webhook.ProductsCreate, webhook.ProductsUpdate}
	parcels := []string{webhook.FulfillmentsCreate, webhook.FulfillmentsUpdate}
	fits := map[string][]string{
		"fulfillments-create-2019":    parcels,
		"fulfillments-update-reduced": parcels,
		"variants-in-stock-2026-04":   {webhook.VariantsInStock},
		"orders-create-2019":          orders,
		"orders-create-2026-04":       orders,
		"orders-updated-reduced":      orders,
		"orders-edited-2026-04":       {webhook.OrdersEdited},
		"refunds-create-2026-04":      {webhook.RefundsCreate},
		"refunds-create-adjustment":   {webhook.RefundsCreate},
		"disputes-create-2026-04":     {webhook.DisputesCreate},
		"disputes-create-no-order":    {webhook.DisputesCreate},
		"products-create-2019":        products,
		"products-update-2026-04":     products,
		"products-delete-2026-04":     {webhook.ProductsDelete},
		"app-uninstalled-2026-04":     {webhook.AppUninstalled},
	}
	for body, topics := range fits {
		for _, topic := range webhook.Topics() {
			_, err := webhook.Parse(topic, fixture(t, body))
			require.Equal(t, slices.Contains(topics, topic), err == nil, "%s as %s: %v", body, topic, err)
		}
	}
}

func TestParseReadsNumbers(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"id": 9223372036854775807, "updated_at": null}`:                                    "9223372036854775807",
		`{"id": 450, "admin_graphql_api_id": null, "line_items": []}`:                        "450",
		`{"id": 1e3, "admin_graphql_api_id": "gid://shopify/Order/12", "line_items": []}`:    "12",
		`{"admin_graphql_api_id": "gid://shopify/Order/12?x=1", "line_items": []}`:           "12",
		`{"id": 9223372036854775808, "line_items": []}`:                                      "",
		`{"id": 1e3, "line_items": []}`:                                                      "",
		`{"id": 1.5, "line_items": []}`:                                                      "",
		`{"id": -1, "line_items": []}`:                                                       "",
		`{"id": 0, "line_items": []}`:                                                        "",
		`{"id": "450", "line_items": []}`:                                                    "",
		`{"id": null, "line_items": []}`:                                                     "",
		`{"line_items": []}`:                                                                 "",
		`{"id": 450}`:                                                                        "",
		`{"id": 1, "admin_graphql_api_id": "gid://shopify/Product/12", "line_items": []}`:    "",
		`{"id": 1, "admin_graphql_api_id": "gid://shopify/Order/12/../3", "line_items": []}`: "",
		`{"id": 1, "admin_graphql_api_id": 12, "line_items": []}`:                            "",
		`[{"id": 1, "line_items": []}]`:                                                      "",
		`null`:                                                                               "",
		``:                                                                                   "",
		`{"id": 1, "line_items": []} {}`:                                                     "",
		`{"id": 1, "line_items": []`:                                                         "",
	} {
		n, err := webhook.Parse(webhook.OrdersUpdated, []byte(body))
		require.Equal(t, want != "", err == nil, "%s: %v", body, err)
		require.Equal(t, want, n.Order, body)
	}
	_, err := webhook.Parse("orders/fulfilled", fixture(t, "orders-create-2019"))
	require.Error(t, err)
}

// A fulfilment needs its order, and something that only fulfilments have; a variant needs its product.
func TestParseRefusesIncompleteParts(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"id": 1, "order_id": 2, "admin_graphql_api_id": "gid://shopify/Fulfillment/3"}`: webhook.FulfillmentsUpdate,
		`{"id": 1, "order_id": 2, "tracking_number": null}`:                               webhook.FulfillmentsUpdate,
		`{"id": 1, "order_id": 2, "line_items": []}`:                                      webhook.FulfillmentsUpdate,
		`{"id": 1, "order_id": null, "line_items": []}`:                                   "",
		`{"id": 1, "order_id": 2, "tracking_number": "1Z", "refund_line_items": []}`:      "",
		`{"order_id": 2, "tracking_number": "1Z"}`:                                        "",
		`{"id": 1, "product_id": 2}`:                                                      webhook.VariantsInStock,
		`{"id": 1, "product_id": null}`:                                                   "",
		`{"id": 1, "product_id": 2, "variants": []}`:                                      "",
		`{"id": 1, "product_id": 2, "admin_graphql_api_id": "gid://shopify/Product/3"}`:   "",
		`{"product_id": 2}`: "",
	} {
		for _, topic := range []string{webhook.FulfillmentsUpdate, webhook.VariantsInStock} {
			_, err := webhook.Parse(topic, []byte(body))
			require.Equal(t, topic == want, err == nil, "%s as %s: %v", body, topic, err)
		}
	}
	_, err := webhook.Parse(webhook.FulfillmentsCreate, []byte(`{"id": 1, "order_id": 2}`))
	require.Error(t, err, "it may be a refund")
}

// Only an order whose lines are all known may be screened by them.
func TestParseKnowsLines(t *testing.T) {
	t.Parallel()
	for lines, known := range map[string]bool{
		`[]`: true, `[{"sku": "A"}]`: true, `[{"sku": null}, {"sku": ""}]`: true,
		`[{"sku": "A"}, {}]`: false, `[{"sku": 7}]`: false, `null`: false, `{}`: false, `[7]`: false,
	} {
		n, err := webhook.Parse(webhook.OrdersUpdated, []byte(`{"id": 1, "updated_at": "no time", "line_items": `+lines+`}`))
		require.NoError(t, err, lines)
		require.Equal(t, known, n.LinesKnown, lines)
		require.Equal(t, known && strings.Contains(lines, "A"), len(n.SKUs) == 1, lines)
		require.True(t, n.UpdatedAt.IsZero())
	}
}

func FuzzParse(f *testing.F) {
	entries, err := os.ReadDir(filepath.Join("testdata", "bodies"))
	require.NoError(f, err)
	for _, e := range entries {
		for _, topic := range webhook.Topics() {
			f.Add(topic, fixture(f, strings.TrimSuffix(e.Name(), ".json")))
		}
	}
	f.Fuzz(func(t *testing.T, topic string, body []byte) {
		n, err := webhook.Parse(topic, body)
		if err != nil {
			require.Empty(t, n)
			require.NotContains(t, err.Error(), "\n")
			return
		}
		require.Contains(t, webhook.Topics(), topic)
		require.Equal(t, topic, n.Topic)
		for _, number := range []string{n.Order, n.Product, n.Fulfillment, n.Variant} {
			require.Regexp(t, `^([1-9][0-9]{0,18})?$`, number)
		}
		require.False(t, n.Order != "" && n.Product != "")
		require.True(t, n.Fulfillment == "" || n.Order != "")
		require.True(t, n.Variant == "" || n.Product != "")
		require.True(t, n.LinesKnown || n.SKUs == nil)
	})
}
