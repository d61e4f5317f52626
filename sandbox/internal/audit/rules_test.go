package audit_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/audit"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit/runs"
)

// The auditor's own reading of which orders are gift-card orders, and of their required outcome.
func TestFates(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*audit.Order)
		// want is the number of cards; kind is the error type with which it must fail. With neither, it is left out.
		want int
		kind string
	}{
		"paid":                {func(*audit.Order) {}, 2, ""},
		"partly refunded":     {func(o *audit.Order) { o.FinancialStatus, o.Lines[0].Removed = "PARTIALLY_REFUNDED", 1 }, 1, ""},
		"pending":             {func(o *audit.Order) { o.FinancialStatus = "PENDING" }, 0, ""},
		"refunded":            {func(o *audit.Order) { o.FinancialStatus, o.Lines[0].Removed = "REFUNDED", 2 }, 0, ""},
		"a test":              {func(o *audit.Order) { o.Test = true }, 0, ""},
		"cancelled":           {func(o *audit.Order) { o.CancelledAt = began }, 0, ""},
		"too old":             {func(o *audit.Order) { o.CreatedAt = began.Add(-time.Second) }, 0, ""},
		"another SKU":         {func(o *audit.Order) { o.Lines[0].SKU = "GIFT-25-SLEEVE" }, 0, ""},
		"a card of Shopify's": {func(o *audit.Order) { o.Lines[0].GiftCard = true }, 0, ""},
		"mixed":               {func(o *audit.Order) { o.Lines = append(o.Lines, audit.Line{SKU: "MUG", Quantity: 1}) }, 0, ""},
		"mixed, the other item refunded": {func(o *audit.Order) {
			o.Lines = append(o.Lines, audit.Line{SKU: "MUG", Quantity: 1, Removed: 1})
		}, 0, ""},
		"wrapped": {func(o *audit.Order) {
			o.Lines = append(o.Lines, audit.Line{SKU: "WRAP", Quantity: 1, UnitPrice: "4.0"})
		}, 2, ""},
		"a guest":    {func(o *audit.Order) { o.Customer = nil }, 0, "MerchantUnknown"},
		"a stranger": {func(o *audit.Order) { o.Customer.DisplayName = "Widget" }, 0, "MerchantUnknown"},
		"one of two": {func(o *audit.Order) { o.Customer.DisplayName = "TWIN" }, 0, "MerchantAmbiguous"},
		"a company by name": {func(o *audit.Order) {
			o.Customer.DisplayName, o.Company = "Somebody", &audit.Company{Name: "widget store, inc."}
		}, 2, ""},
		"a company by its number": {func(o *audit.Order) {
			o.Customer.DisplayName, o.Company = "Somebody", &audit.Company{Name: "Other", ExternalID: "WS"}
		}, 2, ""},
		"worth nothing": {func(o *audit.Order) { o.Lines[0].UnitPrice = "0.0" }, 0, "InvalidRequest"},
		"no address":    {func(o *audit.Order) { o.Customer.Email = "" }, 0, "InvalidRequest"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := sold(1)
			tt.change(&o)
			b := books()
			b.Orders, b.Cards = []audit.Order{o}, nil
			b.Workflows, b.Mails = []runs.Workflow{flow(1, runs.Failed, tt.kind)}, nil
			a := b.Judge(rules)
			require.Equal(t, tt.want, a.UnitsExpected, a.Problems)
			require.Equal(t, tt.kind != "" || tt.want > 0, a.OrdersEligible == 1, a.Problems)
			if tt.kind != "" {
				require.True(t, a.Failed[0].Expected, a.Problems)
			}
		})
	}
}

// A card goes to the recipient that the line names, with greeting and day.
func TestCardsOfALine(t *testing.T) {
	t.Parallel()
	b := books()
	o := sold(1)
	day := time.Now().UTC().AddDate(0, 6, 0).Truncate(24 * time.Hour)
	o.Lines[0].Attributes = []audit.Property{
		{Key: "Recipient email", Value: "friend@example.com"},
		{Key: "Recipient name", Value: "Grandma"},
		{Key: "Message", Value: "Thanks."},
		{Key: "Send on", Value: day.Format(time.DateOnly)},
	}
	b.Orders[0] = o
	for i := range b.Cards {
		c := &b.Cards[i]
		c.Target, c.Message.To, c.Message.Body = "friend@example.com", "Grandma", "Thanks."
		c.Scheduled = day.In(time.FixedZone("", 3600))
	}
	require.Empty(t, b.Judge(rules).Problems)
	b.Cards[0].Scheduled = time.Time{}
	require.Equal(t, 1, b.Judge(rules).CardsMissing, "one at the wrong time is not the one")
}
