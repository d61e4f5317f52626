package shopifyretail

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/retail"
	"github.com/giftbridge/giftbridge/internal/shopify/retailing"
)

// The ways in which an order was paid, each once, without captures of what was authorised.
func TestPayments(t *testing.T) {
	t.Parallel()
	of := func(kind, status, gateway string, card ...string) retailing.Transaction {
		tr := retailing.Transaction{Kind: kind, Status: status, FormattedGateway: gateway}
		if len(card) > 0 {
			tr.PaymentDetails = map[string]string{"company": card[0], "number": card[1]}
		}
		return tr
	}
	for name, c := range map[string]struct {
		in   []retailing.Transaction
		want []retail.Payment
	}{
		"none":           {nil, nil},
		"failed":         {[]retailing.Transaction{of("SALE", "FAILURE", "A"), of("REFUND", "SUCCESS", "B"), of("VOID", "SUCCESS", "C")}, nil},
		"captured":       {[]retailing.Transaction{of("AUTHORIZATION", "SUCCESS", "A", "Visa", "•••• 4242"), of("CAPTURE", "SUCCESS", "A")}, []retail.Payment{{Gateway: "A", Company: "Visa", LastDigits: "4242"}}},
		"a capture":      {[]retailing.Transaction{of("CAPTURE", "SUCCESS", "A")}, []retail.Payment{{Gateway: "A"}}},
		"two gift cards": {[]retailing.Transaction{of("SALE", "SUCCESS", "Gift card"), of("SALE", "SUCCESS", "Gift card")}, []retail.Payment{{Gateway: "Gift card"}}},
		"a whole number": {[]retailing.Transaction{of("SALE", "SUCCESS", "A", "Visa", "4242424242424242")}, []retail.Payment{{Gateway: "A", Company: "Visa"}}},
		"few digits":     {[]retailing.Transaction{of("SALE", "SUCCESS", "A", "Visa", "••42")}, []retail.Payment{{Gateway: "A", Company: "Visa"}}},
		"no digits":      {[]retailing.Transaction{of("SALE", "SUCCESS", "A", "Visa", "••••")}, []retail.Payment{{Gateway: "A", Company: "Visa"}}},
		"nothing known":  {[]retailing.Transaction{of("SALE", "SUCCESS", "")}, nil},
	} {
		require.Equal(t, c.want, payments(c.in), name)
	}
}

func TestGrams(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value float64
		unit  string
		want  int
	}{{1.5, "KILOGRAMS", 1500}, {4.5, "POUNDS", 2041}, {1, "OUNCES", 28}, {7, "GRAMS", 7}, {0, "GRAMS", 0}, {-1, "GRAMS", 0}, {1, "STONES", 0}, {1e300, "KILOGRAMS", 0}} {
		require.Equal(t, c.want, grams(c.value, c.unit), c)
	}
}

// A status that is delivered without a time has that of the last change; units of a line are added up.
func TestFulfillment(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	line := func(n int) retailing.FulfilledLine {
		return retailing.FulfilledLine{Quantity: n, LineItem: retailing.FulfilledLineLineItem{Id: "gid://shopify/LineItem/1"}}
	}
	got := fulfillment(&retailing.Fulfillment{
		DisplayStatus: "DELIVERED", UpdatedAt: at, TrackingInfo: []retailing.Tracking{{}, {Company: "UPS", Number: "1"}, {Company: "UPS", Number: "1"}},
		OriginAddress:        &retailing.Origin{CountryCode: "US"},
		FulfillmentLineItems: retailing.FulfilledLines{Nodes: []retailing.FulfilledLine{line(1), line(2)}},
	}, nil)
	require.Equal(t, at, got.DeliveredAt)
	require.Equal(t, []retail.Tracking{{Number: "1"}}, got.Trackings)
	require.Equal(t, "UPS", got.Carrier)
	require.Nil(t, got.Origin, "without a city")
	require.Equal(t, []retail.FulfilledItem{{Line: "1", Quantity: 3}}, got.Items)
}

// A voided order that only waited for its payment was never paid.
func TestVoided(t *testing.T) {
	t.Parallel()
	o := &retailing.Order{DisplayFinancialStatus: "VOIDED", Transactions: []retailing.Transaction{{Kind: "SALE", Status: "PENDING"}}}
	require.False(t, paid(o))
	o.Transactions[0].Status = "SUCCESS"
	require.True(t, paid(o))
}

// Amounts that cannot be right are no order, with a kind that people see. The amounts of the other lines do not help.
func TestAmountsThatCannotBe(t *testing.T) {
	t.Parallel()
	money := func(amount, currency string) retailing.Money {
		return retailing.Money{PresentmentMoney: retailing.MoneyPresentmentMoneyMoneyV2{Amount: amount, CurrencyCode: currency}}
	}
	for name, o := range map[string]retailing.Order{
		"no currency":         {PresentmentCurrencyCode: "USDC"},
		"inexact":             {PresentmentCurrencyCode: "JPY", TotalPriceSet: money("1.5", "JPY")},
		"not a number":        {PresentmentCurrencyCode: "USD", TotalTaxSet: money("NaN", "USD")},
		"another currency":    {PresentmentCurrencyCode: "USD", CurrentTotalPriceSet: money("1.0", "EUR")},
		"a refund of another": {PresentmentCurrencyCode: "USD", Refunds: []retailing.Refund{{TotalRefundedSet: money("1.0", "EUR")}}},
		"too large": {PresentmentCurrencyCode: "USD", LineItems: retailing.Lines{Nodes: []retailing.Line{
			{Quantity: 1 << 62, OriginalUnitPriceSet: money("9999999999999.99", "USD")},
		}}},
	} {
		o.LegacyResourceId = "7"
		_, err := order(&o)
		kind, _ := giftcard.KindOf(err)
		require.Equal(t, giftcard.UnexpectedResponse, kind, name)
		require.ErrorContains(t, err, "Shopify: order 7: ", name)
	}
}

// Texts are one line and bounded, and only addresses of the web are links.
func TestTexts(t *testing.T) {
	t.Parallel()
	require.Equal(t, "a b c", text(" a\r\n b\t c "))
	require.Len(t, []rune(text(strings.Repeat("ä", 300))), maxText+1)
	for in, want := range map[string]string{
		"https://a.example/b?c=d": "https://a.example/b?c=d", "http://a.example": "http://a.example", "": "", "ftp://a.example": "",
		"javascript:alert(1)": "", "//a.example": "", "https://": "", "%": "",
	} {
		require.Equal(t, want, link(in), in)
	}
	require.Empty(t, options([]retailing.Option{{Name: "Title", Value: "Default Title"}}))
}
