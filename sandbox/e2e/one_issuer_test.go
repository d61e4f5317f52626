package e2e_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/config/links"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/ledger"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// A shop all of whose cards are made later: an order gets its cards, and nothing of the other issuer is asked for.
func TestShopWithoutCashStar(t *testing.T) {
	t.Parallel()
	sku := scenario.SKUs()[0]
	made := fourwayshoptest.New(fourwayshoptest.Options{
		Username: "api-user", Password: "correct-horse-battery", Items: []ledger.Item{{Code: "ITEM", Currency: "USD"}},
	})
	t.Cleanup(made.Stop)
	server := httptest.NewServer(made)
	t.Cleanup(server.Close)
	w := startReceiving(t, stack.Options{Configure: func(c *config.Config) {
		c.Orders.GiftCardSKUs = nil
		c.CashStar.BaseURL, c.CashStar.Username, c.CashStar.Password = "", "", config.Secret{}
		c.Issue.DedupesStated = false
		c.FourWayShop = fourwayshop.FourWayShop{
			Items: fourwayshop.Items{{SKU: sku, Code: "ITEM"}}, BaseURL: server.URL + "/api/", Username: "api-user",
			Password: config.NewSecret("correct-horse-battery"), EntityCode: "1", BranchCode: "WEB", Country: "IT", PriceList: "P",
			Timeout: 10 * time.Second, MaxRPS: 1000,
			CallbackKeys: links.SigningKeys{{ID: "k1", Secret: config.NewSecret(strings.Repeat("c", 32))}},
			CardIDKey:    config.NewSecret(strings.Repeat("i", 32)),
		}
	}})
	announced := w.placeOrder("TWS", shopifytest.LineItem{SKU: sku, Title: "Gift card", Quantity: 2, UnitPrice: "25.0"})
	w.announced(announced)
	require.Empty(t, w.show(announced, executions.Completed).Result.MerchantCode)
	require.Zero(t, w.poll().Started)

	active := 0
	for _, card := range made.Cards() {
		if card.Activations > 0 {
			active++
			require.Equal(t, 1, card.Activations)
		}
	}
	require.Equal(t, 2, active)
	require.Empty(t, w.Issuer.Stats().Requests, "nothing was asked of the other issuer")
	h, err := w.Operator.Health(w.ctx, time.Now())
	require.NoError(t, err)
	for _, c := range h.Checks {
		if c.Name == "identity" {
			require.Equal(t, check.OK, c.Status, "%+v", c)
		}
	}
}
