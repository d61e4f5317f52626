package digestmail_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/digestmail"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

const (
	ui    = "http://localhost:8233/namespaces/gift-cards/workflows/gift-card-order%2Fexample.myshopify.com%2F"
	admin = "https://example.myshopify.com/admin/orders/"
)

// evening is 18:00 in Rome, an hour that differs from UTC's.
var evening = time.Date(2026, 8, 22, 16, 0, 0, 0, time.UTC)

func order(id string, kind giftcard.Kind, message string, age time.Duration) digest.FailedOrder {
	o := digest.FailedOrder{
		Name: "#" + id, OrderID: "58" + id, Kind: kind, Worth: dollars(1, "50.00"), Message: message, Attempts: 1,
		FailedAt: evening.Add(-age), Age: age, New: age < 24*time.Hour, ExpiresAt: evening.Add(30*24*time.Hour - age),
		ShopLink: admin + "58" + id, Link: ui + "58" + id,
	}
	o.Command = digest.Command(o, kind.Curable())
	return o
}

func dollars(cards int, amount string) digest.Worth {
	return digest.Worth{Cards: cards, Amount: amount, Currency: "USD"}
}

// quiet is a report with nothing to say.
func quiet() digest.Report {
	return digest.Report{
		Date: evening, TimeZone: "Europe/Rome", Shop: "example.myshopify.com", Namespace: "gift-cards",
		Window:    digest.Window{From: evening.AddDate(0, 0, -1), To: evening},
		Reruns:    true,
		Watermark: digest.Watermark{At: evening.Add(-5 * time.Minute), Age: 5 * time.Minute},
		Issued: digest.Issued{Orders: 1204, Cards: 1310, Currencies: []digest.CurrencyTotal{
			{Currency: "USD", Cards: 1309, Amount: "65450.00"}, {Currency: "EUR", Cards: 1, Amount: "20.00"},
		}},
	}
}

// full is a report with an example of everything.
func full() digest.Report {
	r := quiet()
	again := order("1002", giftcard.Timeout, "order #1002, card 2: CashStar: create order: no answer within 30s (of 3 gift "+
		"cards, failed: 2; issued: 1, 3)", 3*time.Hour)
	again.Attempts, again.Rerun = 1200, digest.FailedAgain
	again.AuditNumbers = []string{"SBX581002-N4MZOLDBD3KI"}
	running := order("1003", giftcard.Unavailable, "order #1003, card 1: CashStar: create order: connection refused", 50*time.Hour)
	running.Attempts, running.Rerun = 61, digest.StillRunning
	expiring := order("0907", "Terminated", "somebody terminated it: asked by Ann (1 of its cards exist)", 28*24*time.Hour)
	expired := order("0905", giftcard.MerchantUnknown, "no merchant is called \"Q & A <Ltd>\"", 31*24*time.Hour)
	expiring.Worth = digest.Worth{Cards: 2}
	running.Command = digest.Command(running, true)
	r.FailedOrders = []digest.FailedOrder{
		order("1001", giftcard.MerchantUnknown, "no merchant fits the customer of order #1001", 40*time.Minute),
		again, running, expiring, expired,
	}
	r.FailedTotal = 8
	r.Recovered = []digest.RecoveredOrder{{Name: "#1004", OrderID: "581004", Kind: giftcard.RateLimited, Worth: dollars(2, "1100.00"), ShopLink: admin + "581004", Link: ui + "581004"}}
	r.Retrying = []digest.RetryingOrder{{
		Name: "#1005", OrderID: "581005", Activity: "IssueCard", Attempt: 14, Since: evening.Add(-70 * time.Minute),
		Kind: giftcard.Unavailable, Message: "order #1005, card 1: CashStar: create order: HTTP 503", Worth: dollars(3, "60.00"),
		ShopLink: admin + "581005", Link: ui + "581005",
	}}
	r.FailedPolls = []digest.FailedPoll{{
		At: evening.Add(-2 * time.Hour), Kind: giftcard.Unauthorized, Message: "search orders: Shopify answered 401",
		Link: "http://localhost:8233/namespaces/gift-cards/workflows/poll-orders",
	}}
	r.Polling = &digest.RetriedPoll{
		Since: evening.Add(-90 * time.Minute), Attempt: 12, Kind: giftcard.Unauthorized, Message: "search orders: Shopify answered 401",
	}
	r.Watermark = digest.Watermark{At: evening.Add(-2 * time.Hour), Stale: true, Age: 2 * time.Hour}
	r.Paused = &digest.Pause{Reason: "Shopify has an incident", By: "bob@desk", At: evening.Add(-time.Hour), Until: evening.Add(-time.Minute)}
	r.Missed = digest.Window{From: evening.AddDate(0, 0, -20), To: evening.AddDate(0, 0, -14)}
	r.Left = []digest.LeftOrder{
		{
			Name: "#1009", OrderID: "5000000000009", Reason: giftcard.MixedOrder, Cards: 2, Amount: "75.00", Currency: "USD",
			Link: "https://example.myshopify.com/admin/orders/5000000000009",
		},
		{Name: "#1011", OrderID: "5000000000011", Reason: giftcard.Underpaid, Cards: 1, Amount: "50.00", Currency: "USD"},
		{Name: "#1012", OrderID: "5000000000012", Reason: giftcard.PaidLate, Cards: 1, Amount: "50.00", Currency: "USD"},
		{Name: "#1010", OrderID: "5000000000010", Reason: giftcard.NativeGiftCard, Cards: 1},
		{Name: "#1013", OrderID: "5000000000013", Reason: giftcard.Reopened, Cards: 2, Amount: "100.00", Currency: "USD"},
	}
	r.Changed = []digest.ChangedOrder{
		{
			Name: "#1014", OrderID: "5000000000014", Existing: 3, Owed: 1, Worth: dollars(2, "50.00"), Units: []int{3, 2},
			AuditNumbers: []string{"SBX5000000000014-AAAAAAAAAAAA", "SBX5000000000014-BBBBBBBBBBBB"}, At: evening.Add(-3 * time.Hour),
			New: true, ShopLink: admin + "5000000000014", Link: ui + "5000000000014",
		},
		{
			Name: "#1015", OrderID: "5000000000015", Cancelled: true, Existing: 2, Worth: dollars(1, "25.00"), Units: []int{1},
			AuditNumbers: []string{"SBX5000000000015-CCCCCCCCCCCC"}, Kept: []string{"card 1 was spent, 4.50 USD are left"},
			Undone: []int{2}, At: evening.Add(-70 * time.Hour), ShopLink: admin + "5000000000015", Link: ui + "5000000000015",
		},
		{
			Name: "#1016", OrderID: "5000000000016", Existing: 1, Worth: dollars(1, "25.00"), Units: []int{1},
			AuditNumbers: []string{"SBX5000000000016-DDDDDDDDDDDD"}, Kept: []string{"card 1 was not cancelled"},
			Kind: giftcard.Unavailable, Message: "order #1016, cancelling card 1: CashStar: cancel card: HTTP 503",
			At: evening.Add(-26 * time.Hour), ShopLink: admin + "5000000000016", Link: ui + "5000000000016",
		},
	}
	r.Left = append(r.Left, digest.LeftOrder{
		Name: "#1017", OrderID: "5000000000017", Reason: giftcard.Risky, Cards: 1, Amount: "50.00", Currency: "USD",
	})
	r.Disputed = []digest.DisputedOrder{{
		Name: "#0990", OrderID: "5000000000990", Dispute: "1", Kind: "chargeback", Status: "needs_response",
		Since: evening.Add(-3 * time.Hour), New: true, Link: "https://example.myshopify.com/admin/orders/5000000000990",
	}, {Name: "#0980", OrderID: "5000000000980", Dispute: "2", Kind: "inquiry", Status: "lost", Since: evening.AddDate(0, 0, -3)}}
	r.Watch = digest.Watch{
		Products: []digest.Product{{
			SKU: "GIFT-25", Says: "no product has the SKU GIFT-25: it was renamed or deleted", Cure: "Give the variant the SKU GIFT-25 again.",
		}, {SKU: "GIFT-50", Says: "the product \"Gift & go\" of GIFT-50 is archived", Cure: "Set the product to active."}},
		Lost: []string{"app/uninstalled: missing; the shop refuses it"},
		Repaired: &digest.Repaired{
			At: evening.Add(-5 * time.Hour), Topics: []string{"orders/create: missing", "orders/paid: address"},
			Gap: digest.Window{From: evening.Add(-6 * time.Hour), To: evening.Add(-5 * time.Hour)},
		},
		Failed: []digest.FailedLook{
			{At: evening.Add(-time.Hour), About: "the products", Kind: giftcard.Unavailable, Message: "Shopify answered 503"},
			{At: evening.Add(-time.Minute), Kind: giftcard.Timeout},
		},
	}
	r.Making = digest.Making{
		Waiting: 9,
		Long: []digest.MadeCard{
			{Name: "#1018", OrderID: "5000000000018", Unit: 2, Since: evening.Add(-5 * time.Hour), ShopLink: admin + "5000000000018"},
			{Name: "#1019", OrderID: "5000000000019", Unit: 1, Since: evening.Add(-90 * time.Minute)},
		},
		Suspicious: []digest.MadeCard{{Name: "#1020", OrderID: "5000000000020", Unit: 1, Since: evening.Add(-3 * time.Hour)}},
	}
	r.Redeeming = digest.Redeeming{
		Unknown: []digest.Redemption{
			{
				Client: "checkout", ID: "3f2a6c1e9d0b4a57886f1c2d3e4f5a6b", Amount: "20.00", Currency: "EUR", Order: "#2001",
				Since: evening.Add(-3 * time.Hour), BoughtWith: "#1018", Unit: 2,
			},
			{
				Client: "till", ID: "0b4a57886f1c2d3e4f5a6b3f2a6c1e9d", Amount: "1250.00", Currency: "EUR", Back: true,
				Since: evening.Add(-26 * time.Hour),
			},
		},
		Contradicted: []digest.Redemption{{
			Client: "checkout", ID: "886f1c2d3e4f5a6b3f2a6c1e9d0b4a57", Amount: "12.50", Currency: "EUR", Order: "#2002",
			Since: evening.Add(-2 * time.Hour), BoughtWith: "#1019", Unit: 1,
		}},
		Unread: 2,
	}
	r.Unsent = digest.Unsent{Total: 5, Messages: []digest.UnsentMessage{
		{
			Name: "#1021", OrderID: "5000000000021", Key: "3f2a6c1e9d0b4a57886f1c2d", About: "receipt", Kind: "MessageRefused",
			Message: "order #1021, sending its receipt: Sonar: invalid phone number", At: evening.Add(-2 * time.Hour),
		},
		{Variant: "41234567890123", Key: "0b4a57886f1c2d3f2a6c1e9d", About: "in-stock", Kind: "MessageExpired", At: evening.Add(-30 * time.Hour)},
		{
			Name: "#1022", OrderID: "5000000000022", Key: "886f1c2d3f2a6c1e9d0b4a57", About: "shipment", Kind: "MessagesUnavailable",
			Message: "order #1022, sending its shipment: Sonar: HTTP 503; tried for 48h0m0s", At: evening.Add(-26 * time.Hour),
		},
		{OrderID: "5000000000023", Key: "look", Kind: giftcard.UnexpectedResponse, At: evening.Add(-3 * time.Hour)},
	}}
	r.Relaying = digest.Relaying{
		Undelivered: []digest.UndeliveredEvent{
			{
				ID: "evt_3f2a6c1e9d0b", Endpoint: "orders", Topic: "orders/create", Name: "#1031", Resource: "5000000000031",
				Kind: giftcard.InvalidRequest, At: evening.Add(-5 * time.Hour),
				Message: "delivering orders/create of 5000000000031: endpoint orders: refused: HTTP 422; given up after 10 attempts",
			},
			{
				ID: "evt_0b4a57886f1c", Endpoint: "products", Topic: "products/update", Resource: "7000000000002",
				Kind: giftcard.InvalidRequest, Message: "endpoint products: refused: HTTP 413", At: evening.Add(-30 * time.Hour),
			},
		},
		Total: 3,
		Halted: []digest.HaltedEndpoint{
			{
				Endpoint: "orders", Reason: "the ERP is being serviced", By: "ann@desk", Since: evening.Add(-3 * time.Hour), Waiting: 1214,
				Oldest: evening.Add(-3 * time.Hour),
			},
			{Endpoint: "products", Slow: true, Reason: "5 attempts in a row have failed", Since: evening.Add(-time.Hour)},
		},
		Gaps: []digest.EventGap{
			{From: evening.Add(-9 * time.Hour), To: evening.Add(-4 * time.Hour), Topics: []string{"orders/create", "fulfillments/create"}},
			{From: evening.Add(-20 * time.Hour), Topics: []string{"products/update"}, Unwatched: true},
		},
	}
	r.Later = &digest.Later{Orders: 12, Until: evening.Add(40 * time.Minute)}
	r.LeftBefore = 3
	r.Refused = "send mail: recipient: 550 recipient 2 of 3: no such user"
	r.Mixed, r.MixedTotal = []string{"#1006", "#1007"}, 3
	r.Native = []string{"#1008"}
	return r
}

// paused is a report of a pause alone.
func paused() digest.Report {
	r := quiet()
	r.Paused = &digest.Pause{
		Reason: "the issuer is being serviced, ticket 4711.", By: "ann@desk", At: evening.Add(-18 * time.Hour),
		Until: evening.Add(12 * time.Hour),
	}
	r.Watermark = digest.Watermark{At: evening.Add(-18 * time.Hour), Stale: true, Age: 18 * time.Hour}
	return r
}

func recovered() digest.Report {
	r := quiet()
	for i := range 3 {
		r.Recovered = append(r.Recovered, digest.RecoveredOrder{
			Name: fmt.Sprintf("#10%02d", i), OrderID: fmt.Sprint(i), Kind: giftcard.Timeout,
		})
	}
	return r
}

func render(t require.TestingT, r digest.Report) digestmail.Mail {
	if h, ok := t.(*testing.T); ok {
		h.Helper()
	}
	m, err := digestmail.Render(r)
	require.NoError(t, err)
	return m
}

// longest returns the longest line, except lines that cannot be broken: links and commands.
func longest(text string) string {
	var out string
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "  giftbridge ") || strings.HasPrefix(strings.TrimSpace(line), "http") {
			continue
		}
		if len([]rune(line)) > len([]rune(out)) {
			out = line
		}
	}
	return out
}
