package privacy_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/privacy"
)

// People have a customer's number, its global ID or its page in Shopify's admin.
func TestParseCustomer(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"7001", " 7001\n", "gid://shopify/Customer/7001", "https://admin.shopify.com/store/example/customers/7001",
		"admin.shopify.com/store/example/customers/7001?tab=1", "https://example.myshopify.com/admin/customers/7001/edit",
	} {
		got, err := privacy.ParseCustomer(text)
		require.NoError(t, err, text)
		require.Equal(t, "7001", got, text)
	}
	for _, text := range []string{
		"", "ann@example.com", "gid://shopify/Order/7001", "https://example.com/7001", "-7", strings.Repeat("1", 21),
		"https://admin.shopify.com/store/example/customers/", "%zz/customers/1",
	} {
		_, err := privacy.ParseCustomer(text)
		require.ErrorContains(t, err, "is no customer", text)
	}
}

// An error must not repeat what may be an address: it ends up in logs.
func TestParseEmail(t *testing.T) {
	t.Parallel()
	got, err := privacy.ParseEmail(" ann@example.com\n")
	require.NoError(t, err)
	require.Equal(t, "ann@example.com", got)
	for _, text := range []string{"", "ann", "Ann <ann@example.com>", "ann@example.com, bob@example.com"} {
		_, err := privacy.ParseEmail(text)
		require.EqualError(t, err, "is no plain e-mail address, such as ann@example.com")
	}
}

func TestPersonInOrder(t *testing.T) {
	t.Parallel()
	order := giftcard.Order{
		Customer: giftcard.Customer{ID: "7001"},
		Lines: []giftcard.Line{
			{Recipient: giftcard.Recipient{Email: "bob@example.com"}}, {Recipient: giftcard.Recipient{Email: " Ann@Example.com"}},
		},
	}
	for name, tt := range map[string]struct {
		person privacy.Person
		want   bool
	}{
		"nobody":          {privacy.Person{}, false},
		"buyer":           {privacy.Person{CustomerID: "7001"}, true},
		"another buyer":   {privacy.Person{CustomerID: "700"}, false},
		"recipient":       {privacy.Person{Email: "ann@example.com"}, true},
		"other recipient": {privacy.Person{Email: "nn@example.com"}, false},
		"one of both":     {privacy.Person{CustomerID: "1", Email: "bob@example.com"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, tt.person.In(order))
		})
	}
	require.False(t, privacy.Person{}.In(giftcard.Order{Lines: []giftcard.Line{{}}}), "an order without data")
}
