package later

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/activities/delivery"
	"github.com/giftbridge/giftbridge/internal/cardmail"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/promises"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/internal/telemetry"
)

// Delivery is what the mails that bring cards need before there is a connection to Temporal, so that templates that do not
// work are reported at once.
type Delivery struct{ made delivery.Deliveries }

// NewDelivery returns what the mails that bring cards need. mailer and tel may be nil.
func NewDelivery(cfg config.Config, issuers Issuers, mailer activities.Mailer, tel *telemetry.Telemetry) (Delivery, error) {
	templates, err := cardmail.Load(cfg.Delivery.Templates)
	if err != nil {
		return Delivery{}, fmt.Errorf("DELIVERY_TEMPLATES: %w", err)
	}
	count, err := countDocuments(tel.Meter())
	if err != nil {
		return Delivery{}, err
	}
	from, name := cfg.Delivery.Sender(cfg.Digest)
	return Delivery{delivery.Deliveries{
		Issuers: issuers, Mailer: mailer, Templates: templates, From: from, ReplyTo: cfg.Delivery.ReplyTo, Sender: name,
		Shop: cfg.Shopify.Shop, Now: time.Now, Count: count,
	}}, nil
}

// Activities returns the activities that mail cards. They read orders again by orders.
func (d Delivery) Activities(r *recovery.Recovery, orders *intake.Reader) *delivery.Deliveries {
	out := d.made
	out.Temporal, out.Orders = promises.New(r), orders
	return &out
}

// countDocuments returns a function that counts what became of the printable documents of cards.
func countDocuments(meter metric.Meter) (func(issuerName, outcome string), error) {
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
