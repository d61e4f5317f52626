package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/giftbridge/giftbridge/internal/executions"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// commandFor returns the command that the digest has for an order that failed with the given kind.
func commandFor(kind, name string) string {
	switch kind {
	case "InvalidRequest":
		return "giftbridge orders fix '" + name + "' --email ADDRESS"
	case "UnexpectedResponse":
		return "giftbridge orders retry '" + name + "' --force"
	}
	return "giftbridge orders retry '" + name + "'"
}

// An order of each kind of failure, over three digests: all of them fail, then fixable failures are fixed, and then
// fixed orders are no longer mentioned.
func TestDigestOfEveryKind(t *testing.T) {
	t.Parallel()
	tr := trouble{of: map[string]cashstartest.Fault{
		"UNAUTHORIZED": {Kind: cashstartest.ServerError, Status: http.StatusUnauthorized},
		"DECLINED":     declined,
		"WRONG":        {Kind: cashstartest.WrongMerchant},
		"LIMITED":      {Kind: cashstartest.RateLimit},
		"DOWN":         {Kind: cashstartest.ServerError},
		"SLOW":         {Kind: cashstartest.Slow, Delay: time.Hour},
	}}
	issuer := tr.options()
	issuer.Merchants = append(issuer.Merchants, merchant("TWIN"), merchant("NOTHING"), merchant("GOOD"), cashstartest.Merchant{
		Name: "twin  store", MerchantCode: "OTHERTWIN", Currencies: []string{"USD"},
	})
	w := start(t, stack.Options{CashStar: issuer, Configure: func(c *config.Config) {
		c.Issue.RetryBudget, c.CashStar.Timeout = time.Second, time.Second
	}})
	tests := []struct {
		order    scenario.Placed
		code     string
		kind     string
		attempts string
		first    string // The outcome of the rerun by the first digest.
		cards    int    // After the fix; 0 if there is none.
	}{
		{w.orderFor("NEW", 2), "NEW", "MerchantUnknown", "1", "failed_again", 2},
		{w.orderFor("TWIN", 1), "TWIN", "MerchantAmbiguous", "1", "failed_again", 0},
		{w.placeOrder("NOTHING", shopifytest.LineItem{
			SKU: scenario.SKUs()[0], Title: "Gift card", Quantity: 1, UnitPrice: "0.0",
		}), "NOTHING", "InvalidRequest", "1", "not_tried", 0},
		{w.orderFor("UNAUTHORIZED", 1), "UNAUTHORIZED", "Unauthorized", "1", "failed_again", 1},
		{w.orderFor("DECLINED", 3), "DECLINED", "CardDeclined", "3", "failed_again", 3},
		{w.orderFor("WRONG", 1), "WRONG", "UnexpectedResponse", "1", "not_tried", 0},
		{w.orderFor("LIMITED", 1), "LIMITED", "RateLimited", "2", "failed_again", 1},
		{w.orderFor("DOWN", 1), "DOWN", "Unavailable", "2", "failed_again", 1},
		{w.orderFor("SLOW", 1), "SLOW", "Timeout", "2", "failed_again", 1},
	}
	good := w.orderFor("GOOD", 1)
	mixed := w.PlaceKind(scenario.Mixed)
	require.Equal(t, len(tests)+1, w.poll().Started)
	w.show(good, executions.Completed)
	w.awaitFailed(len(tests))
	var all, stay, cured []string
	for _, tt := range tests {
		all = append(all, tt.order.Name)
		if tt.cards == 0 {
			stay = append(stay, tt.order.Name)
		} else {
			cured = append(cured, tt.order.Name)
		}
	}

	first := w.digest()
	require.True(t, first.Sent)
	require.Equal(t, []int{9, 9, 0, 7, 1},
		[]int{first.Failed, first.FailedNew, first.Recovered, first.Rerun, first.Mixed})
	m := w.lastMail()
	require.Regexp(t, `^\[giftbridge\] 10 orders wait, \d+\.00 USD; 2 need you; all new`, m.Subject)
	require.Equal(t, map[string][]string{"failed": all, "mixed": {mixed.Name}}, m.states())
	require.Regexp(t, `^<digest\.\d{8}T\d{6}Z@sandbox\.myshopify\.com>$`, m.Header.Get("Message-Id"))
	require.Len(t, m.To, 1)
	require.Equal(t, "operations@example.com", m.To[0].Address)
	for _, tt := range tests {
		row := m.row(w, tt.order.Name)
		d := w.show(tt.order, executions.Failed)
		require.Equal(t, tt.kind, row["kind"], tt.order.Name)
		require.Equal(t, d.Failure.Message, row["message"])
		require.Contains(t, row["message"], "order "+tt.order.Name)
		require.Equal(t, tt.attempts, row["attempts"], tt.kind)
		require.Equal(t, "yes", row["new"])
		require.Equal(t, tt.first, row["rerun"], tt.kind)
		require.Equal(t, "gid://shopify/Order/"+orderNumber(tt.order), row["order_id"])
		require.Equal(t, d.Link, row["details"])
		require.Equal(t, "https://"+stack.Shop+"/admin/orders/"+orderNumber(tt.order), row["shopify"])
		require.Equal(t, commandFor(tt.kind, tt.order.Name), row["command"])
		require.Contains(t, d.Reset, "--run-id "+d.RunID+" --event-id ")
		expires, err := time.Parse(time.DateTime, row["run_again_until"])
		require.NoError(t, err)
		require.WithinDuration(t, d.ClosedAt.Add(30*24*time.Hour), expires, time.Second)
		requireNothingPersonal(t, row["message"])
		for _, body := range []string{m.Text, m.HTML} {
			require.Contains(t, body, tt.order.Name)
			require.Contains(t, body, tt.kind)
			require.Contains(t, body, row["shopify"])
			require.NotContains(t, body, d.RunID)
		}
	}
	require.Len(t, w.Mail.Messages(), 1)

	tr.cured.Store(true)
	w.addMerchant(merchant("NEW"))
	second := w.digest()
	require.Equal(t, []int{3, 0, 6, 7, 0},
		[]int{second.Failed, second.FailedNew, second.Recovered, second.Rerun, second.Mixed})
	m2 := w.lastMail()
	require.Regexp(t, `^\[giftbridge\] 3 orders wait, \d+\.00 USD; 1 needs you`, m2.Subject)
	require.Equal(t, map[string][]string{"failed": stay, "recovered": cured}, m2.states())
	require.NotEqual(t, m.Header.Get("Message-Id"), m2.Header.Get("Message-Id"))
	for _, tt := range tests {
		row := m2.row(w, tt.order.Name)
		require.Equal(t, tt.kind, row["kind"], "what it had failed of")
		if tt.cards == 0 {
			require.Equal(t, []string{"no", tt.first}, []string{row["new"], row["rerun"]})
			require.Equal(t, m.row(w, tt.order.Name)["at"], row["at"], "when it failed first")
			continue
		}
		require.Equal(t, tt.cards, w.cardsOf(tt.code), tt.code)
		w.show(tt.order, executions.Completed)
	}
	for _, left := range []string{"NOTHING", "WRONG"} {
		for _, tt := range tests {
			if tt.code == left {
				require.Len(t, w.runs(orderID(tt.order)), 1, "%s was run again", tt.kind)
			}
		}
	}

	third := w.digest()
	require.Equal(t, []int{3, 0, 0}, []int{third.Failed, third.FailedNew, third.Recovered})
	require.Equal(t, map[string][]string{"failed": stay}, w.lastMail().states())
	require.Len(t, w.Mail.Messages(), 3)
	require.Equal(t, 1, w.cardsOf("GOOD"))
	require.Equal(t, 1, w.cardsOf("WRONG"), "there is a card that nobody understands, and no second one")
	require.Len(t, w.Issuer.Cards(), 11)
}
