package shopifyintake

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/shopify"
)

// shopifyKeys are the properties of Shopify's own form.
var shopifyKeys = PropertyKeys{
	Email:   "Recipient email",
	Name:    "Recipient name",
	Message: "Message",
	SendOn:  "Send on",
}

func paidOrder() shopify.Order {
	return shopify.Order{
		ID: "gid://shopify/Order/450789469", LegacyID: "450789469", Name: "#1001",
		CreatedAt:       time.Date(2026, 7, 1, 14, 30, 0, 0, time.FixedZone("", 2*60*60)),
		FinancialStatus: "PAID",
		Email:           "order@example.com",
		CurrencyCode:    "USD",
		Customer: &shopify.Customer{
			LegacyID: "77", DisplayName: "Ada Example", FirstName: "Ada", LastName: "Example", Email: "ada@example.com",
		},
		Company: &shopify.Company{ID: "gid://shopify/Company/5", Name: "Example Ltd", ExternalID: "EXA"},
		LineItems: []shopify.LineItem{{
			ID: "gid://shopify/LineItem/466157049", SKU: "GIFT-50", Title: "Gift card",
			Quantity: 3, CurrentQuantity: 2, UnitPrice: shopify.Money{Amount: "50.0", CurrencyCode: "EUR"},
			Attributes: []shopify.Attribute{
				{Key: "Recipient email", Value: "grace@example.com"},
				{Key: "Recipient name", Value: " Grace "},
				{Key: "Message", Value: "Happy birthday!"},
				{Key: "Send on", Value: "2026-07-20"},
				{Key: "__shopify_offset", Value: "-120"},
			},
		}},
	}
}

func converted(o shopify.Order) giftcard.Candidate { return order(&o, shopifyKeys).Candidate }

func TestCandidate(t *testing.T) {
	t.Parallel()
	require.Equal(t, giftcard.Candidate{
		Order: giftcard.Order{
			ID: "450789469", Name: "#1001",
			CreatedAt: time.Date(2026, 7, 1, 12, 30, 0, 0, time.UTC),
			Customer: giftcard.Customer{
				ID: "77", DisplayName: "Ada Example", CompanyName: "Example Ltd", CompanyExternalID: "EXA",
			},
			Lines: []giftcard.Line{{
				ID: "466157049", SKU: "GIFT-50", Units: 2, Price: "50.0", Currency: "EUR",
				Recipient: giftcard.Recipient{
					Email: "grace@example.com", Name: "Grace", Message: "Happy birthday!",
					SendOn: "2026-07-20", Offset: "-120", From: "Ada Example",
				},
			}},
		},
		Lines: []giftcard.LineFacts{{Ordered: 3}},
		Paid:  true,
	}, converted(paidOrder()))
}

func TestCandidateState(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*shopify.Order)
		want   func(*giftcard.Candidate)
	}{
		{"guest", func(o *shopify.Order) { o.Customer, o.Company = nil, nil }, func(c *giftcard.Candidate) {
			c.Order.Customer = giftcard.Customer{}
			c.Order.Lines[0].Recipient.From = ""
		}},
		{"no company", func(o *shopify.Order) { o.Company = nil }, func(c *giftcard.Candidate) {
			c.Order.Customer.CompanyName, c.Order.Customer.CompanyExternalID = "", ""
		}},
		{"test", func(o *shopify.Order) { o.Test = true }, func(c *giftcard.Candidate) { c.Test = true }},
		{
			"cancelled", func(o *shopify.Order) { o.CancelledAt = o.CreatedAt },
			func(c *giftcard.Candidate) { c.Cancelled = true },
		},
		{
			"native", func(o *shopify.Order) { o.LineItems[0].IsGiftCard = true },
			func(c *giftcard.Candidate) { c.Lines[0].Native = true },
		},
		{
			"all refunded", func(o *shopify.Order) { o.LineItems[0].CurrentQuantity = 0 },
			func(c *giftcard.Candidate) { c.Order.Lines[0].Units = 0 },
		},
		{
			"no lines", func(o *shopify.Order) { o.LineItems = nil },
			func(c *giftcard.Candidate) { c.Order.Lines, c.Lines = nil, nil },
		},
		{"first name only", func(o *shopify.Order) { o.Customer.LastName = "" }, func(c *giftcard.Candidate) {
			c.Order.Lines[0].Recipient.From = "Ada"
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := converted(paidOrder())
			tt.want(&want)
			order := paidOrder()
			tt.change(&order)
			require.Equal(t, want, converted(order))
		})
	}
}

// A tip has neither product nor SKU, and its price is the amount given as tips.
func TestCandidateTip(t *testing.T) {
	t.Parallel()
	usd := func(amount string) shopify.Money { return shopify.Money{Amount: amount, CurrencyCode: "USD"} }
	tests := map[string]struct {
		line shopify.LineItem
		tips shopify.Money
		want bool
	}{
		"a tip":             {shopify.LineItem{Title: "Tip", Quantity: 1, UnitPrice: usd("5.0")}, usd("5.00"), true},
		"another price":     {shopify.LineItem{Title: "Tip", Quantity: 1, UnitPrice: usd("5.0")}, usd("6.0"), false},
		"no tips":           {shopify.LineItem{Title: "Free", Quantity: 1, UnitPrice: usd("0.0")}, usd("0.0"), false},
		"nothing known":     {shopify.LineItem{Title: "Tip", Quantity: 1, UnitPrice: usd("5.0")}, shopify.Money{}, false},
		"two of it":         {shopify.LineItem{Title: "Tip", Quantity: 2, UnitPrice: usd("5.0")}, usd("5.0"), false},
		"something sold":    {shopify.LineItem{SKU: "MUG", Quantity: 1, UnitPrice: usd("5.0")}, usd("5.0"), false},
		"product, no SKU":   {shopify.LineItem{Vendor: "Mugs", Quantity: 1, UnitPrice: usd("5.0")}, usd("5.0"), false},
		"another currency":  {shopify.LineItem{Quantity: 1, UnitPrice: shopify.Money{Amount: "5.0", CurrencyCode: "EUR"}}, usd("5.0"), false},
		"a price that lies": {shopify.LineItem{Quantity: 1, UnitPrice: usd("five")}, usd("5.0"), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := paidOrder()
			o.Tips, o.LineItems = tt.tips, append(o.LineItems, tt.line)
			o.LineItems[1].ID = "gid://shopify/LineItem/2"
			require.Equal(t, tt.want, converted(o).Lines[1].Tip)
		})
	}
}

func TestCandidatePaid(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"PAID":               true,
		"PARTIALLY_REFUNDED": true,
		"AUTHORIZED":         false,
		"PENDING":            false,
		"PARTIALLY_PAID":     false,
		"REFUNDED":           false,
		"VOIDED":             false,
		"EXPIRED":            false,
		"paid":               false,
		"SOMETHING_NEW":      false,
		"":                   false,
	}
	for status, want := range tests {
		order := paidOrder()
		order.FinancialStatus = status
		require.Equal(t, want, converted(order).Paid, status)
	}
}

func TestRecipient(t *testing.T) {
	t.Parallel()
	const email, from = "ada@example.com", "Ada Example"
	ownKeys := PropertyKeys{Email: "to", Name: "für", Message: "gruß", SendOn: "day"}
	tests := []struct {
		name       string
		keys       PropertyKeys
		properties []shopify.Attribute
		want       giftcard.Recipient
	}{
		{"nothing said", shopifyKeys, nil, giftcard.Recipient{Email: email}},
		{
			"keys in another case", shopifyKeys,
			said("RECIPIENT EMAIL", "grace@example.com", "recipient Name", "Grace", "send ON", "2026-07-20"),
			giftcard.Recipient{Email: "grace@example.com", Name: "Grace", SendOn: "2026-07-20"},
		},
		{
			"own keys", ownKeys,
			said("To", "grace@example.com", "FÜR", "Grace", "gruß", "Hi", "Day", "2026-07-20", "Message", "no"),
			giftcard.Recipient{Email: "grace@example.com", Name: "Grace", Message: "Hi", SendOn: "2026-07-20", From: from},
		},
		{
			"Shopify's keys where the shop has its own", ownKeys, said("Recipient email", "grace@example.com"),
			giftcard.Recipient{Email: email},
		},
		{
			"part of a key", shopifyKeys, said("Recipient email 2", "grace@example.com"),
			giftcard.Recipient{Email: email},
		},
		{
			"spaces around values", shopifyKeys, said("Recipient email", " grace@example.com\n", "Message", "  "),
			giftcard.Recipient{Email: "grace@example.com"},
		},
		{
			"blank address", shopifyKeys, said("Recipient email", "  ", "Recipient name", "Grace"),
			giftcard.Recipient{Email: email, Name: "Grace"},
		},
		{
			"giver only beside a message", shopifyKeys, said("Recipient name", "Grace"),
			giftcard.Recipient{Email: email, Name: "Grace"},
		},
		{
			"message", shopifyKeys, said("Message", "Hi"),
			giftcard.Recipient{Email: email, Message: "Hi", From: from},
		},
		{
			"offset only beside a day", shopifyKeys, said("__shopify_offset", "-120"),
			giftcard.Recipient{Email: email},
		},
		{
			"a key twice", shopifyKeys, said("Message", "first", "message", "second"),
			giftcard.Recipient{Email: email, Message: "first", From: from},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, recipient(tt.properties, tt.keys, email, from))
		})
	}
}

// said returns the properties of a line from alternating keys and values.
func said(keysAndValues ...string) []shopify.Attribute {
	var all []shopify.Attribute
	for pair := range slices.Chunk(keysAndValues, 2) {
		all = append(all, shopify.Attribute{Key: pair[0], Value: pair[1]})
	}
	return all
}

// The address is the line's, else the one entered at the checkout, else the customer's.
func TestRecipientAddress(t *testing.T) {
	t.Parallel()
	order := paidOrder()
	address := func() string { return converted(order).Order.Lines[0].Recipient.Email }
	require.Equal(t, "grace@example.com", address())
	order.LineItems[0].Attributes = nil
	require.Equal(t, "order@example.com", address())
	order.Email = " "
	require.Equal(t, "ada@example.com", address())
	order.Customer = nil
	require.Empty(t, address(), "which fails the order, not the poll")
}

// Texts that buyers can make long are bounded where they enter: a line's texts go into the input of each of its cards.
func TestCandidateIsBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 400<<10)
	o := paidOrder()
	o.Email, o.LineItems[0].UnitPrice = long, shopify.Money{Amount: long, CurrencyCode: long}
	o.Customer.DisplayName, o.Customer.FirstName, o.Customer.LastName, o.Customer.Email = long, long, long, long
	o.Company.Name, o.Company.ExternalID = long, long
	o.LineItems[0].Attributes = said("Recipient name", long, "Message", long, "Send on", long, "__shopify_offset", long)
	got := converted(o).Order
	to := got.Lines[0].Recipient
	for _, tt := range []struct {
		what, got string
		most      int
	}{
		{"address", to.Email, 255},
		{"name", to.Name, 255},
		{"giver", to.From, 255},
		{"message", to.Message, 2000},
		{"day", to.SendOn, 64},
		{"offset", to.Offset, 64},
		{"price", got.Lines[0].Price, 64},
		{"currency", got.Lines[0].Currency, 64},
		{"customer", got.Customer.DisplayName, 255},
		{"company", got.Customer.CompanyName, 255},
		{"company's ID", got.Customer.CompanyExternalID, 255},
	} {
		require.Equal(t, strings.Repeat("é", tt.most)+"…", tt.got, tt.what)
	}
	card, err := json.Marshal(to)
	require.NoError(t, err)
	require.Less(t, 1000*len(card), 10<<20, "a thousand cards, below what Temporal warns at")
}

// A text that just fits stays as it is.
func TestCandidateKeepsWhatFits(t *testing.T) {
	t.Parallel()
	o := paidOrder()
	message, name := strings.Repeat("👩", 2000), strings.Repeat("é", 255)
	o.LineItems[0].Attributes = said("Recipient name", name, "Message", message)
	to := converted(o).Order.Lines[0].Recipient
	require.Equal(t, message, to.Message)
	require.Equal(t, name, to.Name)
}

// A cut address is too long, and never another valid address; invisible characters around it do not count.
func TestCutAddressIsNoOther(t *testing.T) {
	t.Parallel()
	unseen := strings.Repeat("\u200b", 300)
	for given, want := range map[string]string{
		"grace@example.com" + strings.Repeat("m", 1000):                           "is too long",
		unseen + "grace@example.com" + strings.Repeat("m", 1000):                  "is too long",
		strings.Repeat("\u200b", 200) + "g@example.com" + strings.Repeat("m", 90): "",
		unseen + "grace@example.com" + unseen:                                     "",
	} {
		o := paidOrder()
		o.LineItems[0].Attributes = said("Recipient email", given)
		to := converted(o).Order.Lines[0].Recipient.Email
		require.LessOrEqual(t, utf8.RuneCountInString(to), 256)
		address, err := intake.Address(to)
		if want == "" {
			require.NoError(t, err)
			require.Equal(t, strings.ReplaceAll(given, "\u200b", ""), address)
			continue
		}
		require.ErrorContains(t, err, want)
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for gid, want := range map[string]string{
		"gid://shopify/LineItem/866550311766439020": "866550311766439020",
		"866550311766439020":                        "866550311766439020",
	} {
		require.Equal(t, want, number(gid))
	}
}

// Names of orders go into search attributes, summaries, logs and mails.
func TestOrderName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"#1001":                       "#1001",
		"GB-#1001/é":                  "GB-#1001/é",
		"#1\u202e100\u2066":           "#1�100�",
		"#10\u200b01":                 "#10�01",
		"#1\r\n001\x1b[2J":            "#1 001 [2J",
		"":                            "58",
		" \x00\n":                     "58",
		strings.Repeat("#1001", 2000): strings.Repeat("#1001", 20)[:99] + "…",
	} {
		order := converted(shopify.Order{LegacyID: "58", Name: name}).Order
		require.Equal(t, want, order.Name, "%q", name)
	}
}
