package later

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/activities/delivery"
	"github.com/giftbridge/giftbridge/internal/cardmail"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/promises"
	"github.com/giftbridge/giftbridge/internal/recovery"
)

// Delivery is what the mails that bring cards need besides the configuration.
type Delivery struct {
	Issuers   Issuers
	Mailer    activities.Mailer
	Templates *cardmail.Templates
	Recovery  *recovery.Recovery
	// Orders says whether a card is still owed. If nil, orders are never read again.
	Orders deferred.Orders
	// Count counts what became of the documents of cards; see [CountDocuments]. It may be nil.
	Count func(issuerName, outcome string)
}

// NewDeliveries returns the activities that mail cards to their recipients.
func NewDeliveries(cfg config.Config, d Delivery) *delivery.Deliveries {
	from, name := cfg.Delivery.Sender(cfg.Digest)
	return &delivery.Deliveries{
		Issuers: d.Issuers, Temporal: promises.New(d.Recovery), Mailer: d.Mailer, Templates: d.Templates,
		From: from, ReplyTo: cfg.Delivery.ReplyTo, Sender: name, Shop: cfg.Shopify.Shop, Now: time.Now, Orders: d.Orders,
		Count: d.Count,
	}
}

// CountDocuments returns a function that counts what became of the printable documents of cards.
func CountDocuments(meter metric.Meter) (func(issuerName, outcome string), error) {
	counted, err := meter.Int64Counter("giftbridge_card_documents",
		metric.WithDescription("Printable documents of cards to be mailed, by issuer and by what became of them."))
	if err != nil {
		return nil, fmt.Errorf("set up the metric of documents: %w", err)
	}
	return func(name, outcome string) {
		counted.Add(context.Background(), 1, metric.WithAttributes(
			attribute.String("issuer", name), attribute.String("outcome", outcome)))
	}, nil
}
