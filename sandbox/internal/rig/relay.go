package rig

import (
	"context"
	"crypto/rand"
	"encoding/base64"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/relaying"
	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
)

// RelayOptions are the options of an ERP that takes the shop's events.
type RelayOptions struct {
	ERP relaytest.Options
	// MaxRPS is the number of requests a second to each of its endpoints; zero means any number.
	MaxRPS float64
}

// addRelay adds the ERP to the installation, before anything of it runs.
func (o *Installation) addRelay(ctx context.Context, options RelayOptions) error {
	const size = 32
	key := make([]byte, size)
	_, _ = rand.Read(key) // It never fails.
	secret := "whsec_" + base64.StdEncoding.EncodeToString(key)
	options.ERP.Secrets = []string{secret}
	o.ERP = relaytest.New(options.ERP)
	address, err := o.serve(ctx, o.ERP, nil)
	if err != nil {
		return err
	}
	relay := &o.Config.Relay
	relay.OrdersURL, relay.ProductsURL = address+"/orders", address+"/products"
	relay.Secrets = relaying.Secrets{config.NewSecret(secret)}
	relay.AllowedNetworks = relaying.Networks{"127.0.0.0/8"}
	relay.MaxRPS = options.MaxRPS
	o.Config.Payload.Compress = true // As the guide has it where there is no earlier release.
	return nil
}
