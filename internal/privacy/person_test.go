package privacy_test

import (
	"encoding/base64"
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

func TestParsePhone(t *testing.T) {
	t.Parallel()
	got, err := privacy.ParsePhone(" +1 (415) 555-0100\n")
	require.NoError(t, err)
	require.Equal(t, "14155550100", got)
	for _, text := range []string{"", "415 555 0100", "+1", "+1415555010012345", "+1 415 CALL NOW"} {
		_, err := privacy.ParsePhone(text)
		require.EqualError(t, err, "is no number with its country code, such as +14155550100")
	}
}

// Histories of messages and events name people in many places.
func TestNamed(t *testing.T) {
	t.Parallel()
	ann := privacy.Person{CustomerID: "820982911946154508", Email: "ann@example.com", Phone: "14155550100"}
	for name, document := range map[string]string{
		"address":            `{"order":{"email":"Ann@Example.com "}}`,
		"number":             `{"message":{"to":"+14155550100"}}`,
		"number with dashes": `{"phone":"+1 415-555-0100"}`,
		"customer":           `{"customer":{"id":820982911946154508}}`,
		"customer's ID":      `[{"customer_id":"gid://shopify/Customer/820982911946154508"}]`,
		"body of a webhook":  `{"body":"{\"id\":7,\"contact_email\":\"ann@example.com\"}"}`,
		"within text":        `{"note":"wrote to Ann@example.com."}`,
		"after another one":  `{"note":"joann@example.com, ann@example.com"}`,
		"body of no text":    `{"body":"base64:` + base64.StdEncoding.EncodeToString([]byte(`{"email":"ann@example.com","note":"`+"\xff"+`"}`)) + `"}`,
	} {
		require.True(t, ann.Named([]byte(document)), name)
		require.False(t, privacy.Person{}.Named([]byte(document)), name)
	}
	for name, document := range map[string]string{
		"others":  `{"customer":{"id":820982911946154509},"email":"nn@example.com","phone":"+14155550101"}`,
		"longer":  `{"notes":["joann@example.com","ann@example.common","x+ann@example.com"]}`,
		"number":  `{"note":"call 14155550100 or so"}`,
		"no JSON": `ann@example.com`,
		"empty":   ``,
	} {
		require.False(t, ann.Named([]byte(document)), name)
	}
}
