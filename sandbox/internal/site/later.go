package site

import (
	"crypto/rand"
	"crypto/sha256"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/checkout"
	"github.com/giftbridge/giftbridge/internal/config/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
)

// FourWayShopPath is the path of the services of the issuer that makes cards later.
const FourWayShopPath = "/api/"

// NewFourWayShop returns the site's issuer that makes cards later. It has the items of the scenario unless the options name
// others.
func (s Site) NewFourWayShop(o fourwayshoptest.Options) *fourwayshoptest.Server {
	o.BasePath, o.Username, o.Password = FourWayShopPath, s.Name, s.password()
	if o.Items == nil {
		o.Items = scenario.Items()
	}
	return fourwayshoptest.New(o)
}

// sellLater adds the account at the issuer that makes cards later, and the shop at whose checkout these are spent.
func (s Site) sellLater(c *config.Config, address string) {
	f := &c.FourWayShop
	for _, p := range scenario.LaterProducts() {
		f.Items = append(f.Items, fourwayshop.Item{SKU: p.SKU, Code: p.Item})
	}
	f.BaseURL = address + FourWayShopPath
	f.Username, f.Password = s.Name, config.NewSecret(s.password())
	f.EntityCode, f.BranchCode, f.Country, f.PriceList = "440", "WEB", "IT", "RETAIL"
	f.CallbackKeys = s.signingKeys()
	f.CardIDKey = config.NewSecret(rand.Text() + rand.Text())
	f.Reversals = true // The simulator adds what is given back.
	c.Checkout.Clients = checkout.Clients{{
		Name: s.Name, Hash: sha256.Sum256([]byte(s.CheckoutKey())), Rights: checkout.Rights,
	}}
}

// LaterItems returns the cards of a configuration that are made later: the issuer's codes of their items by SKU.
func LaterItems(c config.Config) map[string]string {
	items := map[string]string{}
	for _, item := range c.FourWayShop.Items {
		items[item.SKU] = item.Code
	}
	return items
}

// CheckoutKey returns the key with which the site's shop spends the cards that are made later. Like its other credentials, it is
// no secret.
func (s Site) CheckoutKey() string { return s.Name + "-checkout-key" }
