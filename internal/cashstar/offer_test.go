package cashstar_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/rest"
)

func TestOffer(t *testing.T) {
	t.Parallel()
	c, service := start(t, cashstartest.Options{})
	service.AddMerchant(cashstartest.Merchant{
		MerchantCode: "TWS", Currencies: []string{"USD", "CAD"},
		Faceplates: []cashstartest.Faceplate{{Code: "F1", Name: "Balloons"}, {Code: "F2", Name: "Snow"}},
	})
	service.AddMerchant(cashstartest.Merchant{MerchantCode: "NONE"})

	catalog, err := c.Catalog(t.Context(), "TWS")
	require.NoError(t, err)
	require.Equal(t, cashstar.Offer{Fields: []cashstar.Field{
		{"merchant_code", "TWS"},
		{"currency.1.code", "USD"},
		{"currency.1.maximum", "2000.00"},
		{"currency.2.code", "CAD"},
		{"currency.2.maximum", "2000.00"},
	}}, catalog)
	require.False(t, catalog.Empty())

	faceplates, err := c.Faceplates(t.Context(), "TWS")
	require.NoError(t, err)
	require.Equal(t, []cashstar.Field{
		{"faceplate.1.faceplate_code", "F1"},
		{"faceplate.1.name", "Balloons"},
		{"faceplate.2.faceplate_code", "F2"},
		{"faceplate.2.name", "Snow"},
	}, faceplates.Fields)

	for name, ask := range map[string]func(string) (cashstar.Offer, error){
		"catalog":    func(code string) (cashstar.Offer, error) { return c.Catalog(t.Context(), code) },
		"faceplates": func(code string) (cashstar.Offer, error) { return c.Faceplates(t.Context(), code) },
	} {
		nothing, err := ask("NONE")
		require.NoError(t, err, name)
		require.True(t, nothing.Empty(), name)

		_, err = ask("a/b ?%é")
		require.NoError(t, err, name)

		_, err = ask("GONE")
		require.Equal(t, 404, requireError(t, err, rest.Refused).Status, name)
		require.False(t, cashstar.IsInconclusive(err), name)

		for _, bad := range []string{"", ".", ".."} {
			_, err = ask(bad)
			require.ErrorContains(t, err, "cannot stand in a path", name)
		}
	}
}

// The inner shape is not published, so any shape is shown as it is.
func TestOfferOfAnyShape(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body string
		want []cashstar.Field
	}{
		"null":        {`null`, nil},
		"empty":       {`{"products":[],"note":"","next":null}`, nil},
		"text":        {`"all"`, []cashstar.Field{{"", "all"}}},
		"list":        {`[1,true,["x"]]`, []cashstar.Field{{"1", "1"}, {"2", "true"}, {"3.1", "x"}}},
		"big number":  {`{"id":12345678901234567890}`, []cashstar.Field{{"id", "12345678901234567890"}}},
		"in order":    {`{"b":1,"a":2}`, []cashstar.Field{{"b", "1"}, {"a", "2"}}},
		"unprintable": {`{"na\u0000me":"a\u202eb\nc"}`, []cashstar.Field{{"na me", "a b c"}}},
	}
	for name, tt := range tests {
		got, err := answering(t, 200, `{"catalog":`+tt.body+`}`).Catalog(t.Context(), "TWS")
		require.NoError(t, err, name)
		require.Equal(t, tt.want, got.Fields, name)
		require.Equal(t, tt.want == nil, got.Empty(), name)
		require.Zero(t, got.Omitted, name)
	}
}

func TestOfferIsBounded(t *testing.T) {
	t.Parallel()
	catalog := func(body string) (cashstar.Offer, error) {
		return answering(t, 200, `{"catalog":`+body+`}`).Catalog(t.Context(), "TWS")
	}
	got, err := catalog("[" + strings.Repeat("1,", 700) + "1]")
	require.NoError(t, err)
	require.Len(t, got.Fields, cashstar.MaxFields)
	require.Equal(t, 201, got.Omitted)

	got, err = catalog(fmt.Sprintf(`{"%s":"%[1]s"}`, strings.Repeat("x", 10_000)))
	require.NoError(t, err)
	require.Less(t, len(got.Fields[0].Path)+len(got.Fields[0].Value), 700)

	_, err = catalog(strings.Repeat("[", 100) + strings.Repeat("]", 100))
	requireError(t, err, rest.Contradictory)
	require.ErrorContains(t, err, "nested")
}

func TestOfferOfAnotherAnswer(t *testing.T) {
	t.Parallel()
	for body, says := range map[string]string{
		`{}`:                              "holds no catalog",
		`{"error":"no such merchant"}`:    "no such merchant",
		`{"errors":[{"message":"away"}]}`: "away",
	} {
		_, err := answering(t, 200, body).Catalog(t.Context(), "TWS")
		requireError(t, err, rest.Contradictory)
		require.ErrorContains(t, err, says, body)
	}
	_, err := answering(t, 200, "<html>").Catalog(t.Context(), "TWS")
	requireError(t, err, rest.Unreadable)
}

func TestAdditionalContent(t *testing.T) {
	t.Parallel()
	c, service := start(t, cashstartest.Options{})
	plain, with := order, order
	plain.AuditNumber, with.AuditNumber, with.AdditionalContent = "a1", "a2", "Try our new product."
	for _, o := range []cashstar.CreateOrderRequest{plain, with} {
		_, err := c.CreateOrder(t.Context(), o)
		require.NoError(t, err)
	}
	cards := service.Cards()
	require.Empty(t, cards[0].AdditionalContent)
	require.Equal(t, "Try our new product.", cards[1].AdditionalContent)
}
