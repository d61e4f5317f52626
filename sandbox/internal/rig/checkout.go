package rig

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net/http"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/config/checkout"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/fourwayshopissuer"
	"github.com/giftbridge/giftbridge/sandbox/internal/shopper"
	"github.com/giftbridge/giftbridge/workflows"
)

// CardCurrency is the currency of a [Card].
const CardCurrency = "USD"

// shopTimeout is longer than a checkout lets a shop wait.
const shopTimeout = 20 * time.Second

// addCheckout adds a shop that may spend cards, before anything of the installation runs. No limit of its requests stands in
// the way of a measurement.
func (o *Installation) addCheckout() {
	key := rand.Text()
	o.Config.Checkout = checkout.Checkout{Clients: checkout.Clients{{
		Name: measuredSite.Name, Hash: sha256.Sum256([]byte(key)), Rights: checkout.Rights,
	}}}
	const connections = 100
	o.Buyer = &shopper.Client{BaseURL: o.Config.Receiver.URL, Key: key, HTTP: &http.Client{
		Timeout: shopTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: connections},
	}}
}

// Card makes a card of 50.00 that can be spent, and returns its code.
func (o *Installation) Card() string {
	const fifty = 5000
	return o.Later.Issue(laterItem, fifty)
}

// CardWorkflow returns the ID of the workflow of a card that is spent.
func (o *Installation) CardWorkflow(code string) string {
	return workflows.SpendCardID(fourwayshopissuer.Name,
		deferred.CodeID(o.Config.CardIDKey(), fourwayshopissuer.Name, issuer.Code(code)))
}

// Keyed returns a client that encrypts payloads as the installation does. It uses the server's connection.
func (o *Installation) Keyed(ctx context.Context) (client.Client, error) {
	payloads, err := codec.New(o.Config.Payload, o.Options.Namespace)
	if err != nil {
		return nil, fmt.Errorf("set up payload encryption: %w", err)
	}
	options := o.Options
	options.DataConverter = codec.DataConverter(payloads)
	return client.NewClientFromExistingWithContext(ctx, o.Client, options)
}
