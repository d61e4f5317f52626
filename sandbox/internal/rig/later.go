package rig

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/config/links"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/ledger"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

// LaterSKU is the SKU of the gift cards that 4WS makes, and laterItem 4WS's code of the item.
const (
	LaterSKU  = "LATER-50"
	laterItem = "GIFT50"
)

// addLater adds 4WS to the installation, before anything of it runs.
func (o *Installation) addLater(ctx context.Context, options fourwayshoptest.Options) error {
	options.Username, options.Password = measuredSite.Name, rand.Text()
	options.Items = []ledger.Item{{Code: laterItem, Currency: "USD", Amounts: []string{"50.00"}}}
	o.Later = fourwayshoptest.New(options)
	address, err := o.serve(ctx, o.Later, nil)
	if err != nil {
		return err
	}
	account := o.Config.FourWayShop // It has the defaults.
	account.Items = fourwayshop.Items{{SKU: LaterSKU, Code: laterItem}}
	account.BaseURL = address + "/api/"
	account.Username, account.Password = options.Username, config.NewSecret(options.Password)
	account.EntityCode, account.BranchCode, account.Country, account.PriceList = "1", "WEB", "IT", "RETAIL"
	account.CallbackKeys = links.SigningKeys{{ID: measuredSite.Name, Secret: config.NewSecret(rand.Text() + rand.Text())}}
	account.CardIDKey = config.NewSecret(rand.Text() + rand.Text())
	o.Config.FourWayShop = account
	return nil
}

// PlaceLater is Place for orders of one card that 4WS makes.
func (o *Installation) PlaceLater(n int, at time.Time) []shopifytest.Order {
	return o.place(n, at, func(order *shopifytest.Order) {
		order.Lines[0].SKU, order.Lines[0].UnitPrice = LaterSKU, "50.0"
	})
}
