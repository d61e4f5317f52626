package orders_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/workflows"
)

// Whatever people hold of an order leads to it, and a text that only looks similar is a name.
func TestParseReference(t *testing.T) {
	t.Parallel()
	const shop = "example.myshopify.com"
	audit := giftcard.AuditNumber("SBX5", shop, "5000000000818", "77", 2)
	number := func(n string) orders.Reference { return orders.Reference{Number: n} }
	name := func(n string) orders.Reference { return orders.Reference{Name: n} }
	of := func(shop, n, namespace string) orders.Reference {
		return orders.Reference{Shop: shop, Number: n, Namespace: namespace}
	}
	tests := map[string]orders.Reference{
		"":                                  {},
		"  ":                                {},
		"#1001":                             name("#1001"),
		" #1001\n":                          name("#1001"),
		"1001":                              {Name: "1001", Number: "1001"},
		"820982911946154508":                {Name: "820982911946154508", Number: "820982911946154508"},
		"ACME-1001-DE":                      name("ACME-1001-DE"),
		"123456789012345678901":             name("123456789012345678901"),
		"gid://shopify/Order/5000000000818": number("5000000000818"),
		"gid://shopify/Order/5000000000818?key=1":                             number("5000000000818"),
		"https://admin.shopify.com/store/example/orders/5000000000818":        number("5000000000818"),
		"admin.shopify.com/store/example/orders/5000000000818":                number("5000000000818"),
		"https://admin.shopify.com/store/example/orders/5000000000818/?a=b#c": number("5000000000818"),
		"https://example.myshopify.com/admin/orders/5000000000818":            number("5000000000818"),
		"gift-card-order/example.myshopify.com/5000000000818":                 of(shop, "5000000000818", ""),
		"cancel-card/example.myshopify.com/5000000000818/2":                   of(shop, "5000000000818", ""),
		"resolve-card/example.myshopify.com/5000000000818/1":                  of(shop, "5000000000818", ""),
		audit: {Name: audit, Number: "5000000000818"},
		"http://localhost:8233/namespaces/default/workflows/gift-card-order%2Fexample.myshopify.com%2F5000000000818":                          of(shop, "5000000000818", "default"),
		"https://ui.example.com/temporal/namespaces/a%20b/workflows/gift-card-order%2Fexample.myshopify.com%2F5000000000818/0191-a/history?x": of(shop, "5000000000818", "a b"),

		// These refer to something else, or are made to mislead.
		"gid://shopify/Product/5000000000818":                                        name("gid://shopify/Product/5000000000818"),
		"gid://shopify/Order/":                                                       name("gid://shopify/Order/"),
		"gid://shopify/Order/1' OR '1'='1":                                           name("gid://shopify/Order/1' OR '1'='1"),
		"https://admin.shopify.com/store/example/products/5000000000818":             name("https://admin.shopify.com/store/example/products/5000000000818"),
		"https://admin.shopify.com.evil.example/store/example/orders/1":              name("https://admin.shopify.com.evil.example/store/example/orders/1"),
		"https://admin.shopify.com/store/example/orders/../orders/1":                 name("https://admin.shopify.com/store/example/orders/../orders/1"),
		"https://admin.shopify.com/store/example/orders/%zz":                         name("https://admin.shopify.com/store/example/orders/%zz"),
		"javascript://admin.shopify.com/store/example/orders/1":                      name("javascript://admin.shopify.com/store/example/orders/1"),
		"http://localhost:8233/namespaces/default/workflows/poll-orders-2026":        name("http://localhost:8233/namespaces/default/workflows/poll-orders-2026"),
		"gift-card-order/example.myshopify.com/":                                     name("gift-card-order/example.myshopify.com/"),
		"gift-card-order/example.myshopify.com/5/6":                                  name("gift-card-order/example.myshopify.com/5/6"),
		"gift-card-order/example.myshopify.com/5' OR WorkflowId != '":                name("gift-card-order/example.myshopify.com/5' OR WorkflowId != '"),
		"cancel-card/example.myshopify.com/5000000000818/two":                        name("cancel-card/example.myshopify.com/5000000000818/two"),
		"cancel-card//5000000000818/2":                                               name("cancel-card//5000000000818/2"),
		strings.Replace(audit, "SBX5", "SBX6", 1):                                    name(strings.Replace(audit, "SBX5", "SBX6", 1)),
		strings.ToLower(audit):                                                       name(strings.ToLower(audit)),
		"SBX5-ABCDEFGHIJKL":                                                          name("SBX5-ABCDEFGHIJKL"),
		"١٠٠١":                                                                       name("١٠٠١"),
		"\x1b[2J\u202e#1001":                                                         name("\x1b[2J\u202e#1001"),
		"https://admin.shopify.com/store/" + strings.Repeat("a", 3000) + "/orders/1": name("https://admin.shopify.com/store/" + strings.Repeat("a", 3000) + "/orders/1"),
	}
	for text, want := range tests {
		t.Run(strings.ToValidUTF8(text[:min(len(text), 80)], ""), func(t *testing.T) {
			t.Parallel()
			want.Text = strings.TrimSpace(text)
			require.Equal(t, want, orders.ParseReference(text, "SBX5"))
		})
	}
	// A prefix that ends in digits is not taken for a part of the number, and an empty one is no obstacle.
	require.Equal(t, "5000000000818",
		orders.ParseReference(giftcard.AuditNumber("", shop, "5000000000818", "77", 2), "").Number)
	require.Equal(t, "5000000000818",
		orders.ParseReference(giftcard.AuditNumber("A-1-", shop, "5000000000818", "77", 2), "A-1-").Number)
	require.Equal(t, "5000000000818", orders.ParseReference(workflows.GiftCardOrderID(shop, "5000000000818"), "").Number)
	require.Equal(t, []string{"1001", "#1001"}, orders.ParseReference("1001", "").Names())
	require.Equal(t, []string{"#1001"}, orders.ParseReference("#1001", "").Names())
	require.Empty(t, orders.ParseReference("gid://shopify/Order/5", "").Names())
}

// No text makes more of a number than digits.
func FuzzParseReference(f *testing.F) {
	for _, s := range []string{
		"#1001", "gid://shopify/Order/5", "https://admin.shopify.com/store/a/orders/5", "A-5-ABCDEFGHIJKL",
		"http://h/namespaces/n/workflows/gift-card-order%2Fs%2F5/r/history",
	} {
		f.Add(s, "A-")
	}
	f.Fuzz(func(t *testing.T, text, prefix string) {
		r := orders.ParseReference(text, prefix)
		require.Empty(t, strings.Trim(r.Number, "0123456789"))
		require.LessOrEqual(t, utf8.RuneCountInString(r.Number), 20)
		require.NotContains(t, r.Shop, "/")
		require.True(t, r.Text == "" || r.Name != "" || r.Number != "")
	})
}
