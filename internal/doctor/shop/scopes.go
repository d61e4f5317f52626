package shop

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/app/wanted"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/doctor/exam"
)

// historyWithoutScope is the maximum age of orders that Shopify returns without read_all_orders. It silently leaves out
// older orders (shopify.dev/docs/api/admin-graphql/latest/queries/orders).
const historyWithoutScope = 60 * 24 * time.Hour

// messagesSince is the first version of the API with the weight of an order's lines, which messages about parcels need.
const messagesSince = "2026-07"

// Wanting is what the shop's app is needed for besides gift-card orders.
type Wanting struct {
	// Messages are messages to customers about their orders and parcels.
	Messages bool
	// InStock are messages about products that are sold again.
	InStock bool
	// Locations is set if messages need to know where a parcel was sent from, because no setting says it.
	Locations bool
}

// For sets what the shop is needed for, and returns the examination. It must be called before the exams are made.
func (s *Shop) For(w Wanting) *Shop {
	s.want = w
	return s
}

// scopesFor returns the access scopes that the app needs.
func scopesFor(cfg config.Config, w Wanting) []string {
	want := []string{"read_orders", "read_customers"}
	if cfg.Orders.MaxOrderAge > historyWithoutScope {
		want = append(want, "read_all_orders")
	}
	switch cfg.Shopify.WriteBack {
	case config.NoteWriteBack, config.TagWriteBack:
		want = append(want, "write_orders")
	case config.FulfilWriteBack:
		want = append(want, "read_merchant_managed_fulfillment_orders", "write_merchant_managed_fulfillment_orders")
	}
	if w.Messages || w.InStock {
		want = append(want, "read_products")
	}
	if w.Messages { // The webhooks fulfillments/create and fulfillments/update need it; reading parcels does not.
		want = append(want, "read_fulfillments")
	}
	relayed := cfg.Relay.Taken()
	for _, t := range wanted.Webhooks(cfg).Topics() {
		if slices.Contains(relayed, t.Name) && !slices.Contains(want, t.Scope) {
			want = append(want, t.Scope)
		}
	}
	return want
}

func (s *Shop) scopes(context.Context) check.Check {
	want := scopesFor(s.cfg, s.want)
	var missing []string
	for _, scope := range want {
		if !s.may(scope) {
			missing = append(missing, scope)
		}
	}
	switch {
	case len(missing) > 0:
		return exam.Fail("the app lacks "+strings.Join(missing, ", "), cureScopes)
	case s.want.Messages && s.want.Locations && !s.may("read_locations"):
		return exam.Warn("the app lacks read_locations: messages about parcels are texts alone, as they cannot say where a parcel was sent "+
			"from, unless Shopify knows the address for taxes", "set MESSAGES_SHIP_FROM, or "+cureScopes)
	case s.want.Messages && !s.may("read_all_orders"):
		return exam.Warn("the app lacks read_all_orders: customers are not told of what happens to an order later than 60 days after it "+
			"was placed", "ignore this if nothing does, or "+cureScopes)
	}
	return exam.OK("%s", strings.Join(want, ", "))
}

// may reports whether the app has a scope. A write scope includes the read scope: "write_orders" stands for both.
func (s *Shop) may(scope string) bool {
	return s.granted(scope) || s.granted(strings.Replace(scope, "read_", "write_", 1))
}

func (s *Shop) granted(scope string) bool { return slices.Contains(s.access.Scopes, scope) }
