package shopifytest

import (
	"cmp"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/delivery"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/events"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/payload"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/subscription"
)

// Subscriptions returns the app's webhook subscriptions.
func (s *Server) Subscriptions() *subscription.Store { return s.subscriptions }

// Webhooks returns what delivers the shop's webhooks: its troubles, its ledger and its end.
func (s *Server) Webhooks() *delivery.Sender { return s.webhooks }

// Dispute makes a customer dispute the payment of an order. It reports whether the order exists.
func (s *Server) Dispute(order int64) bool {
	return s.UpdateOrder(order, func(o *Order) { o.Disputes = append(o.Disputes, Dispute{}) })
}

// Uninstall removes the app from the shop: its tokens and its subscriptions are no longer valid.
func (s *Server) Uninstall() {
	s.events.Uninstalled()
	for _, x := range s.subscriptions.All() {
		s.subscriptions.Delete(x.ID)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.uninstalled = true
}

// subscribe makes what delivers the shop's webhooks.
func (s *Server) subscribe() {
	s.subscriptions = subscription.New(subscription.Options{
		Version: s.opts.WebhookVersion, AllowInternal: s.opts.AllowInternal, Now: s.opts.Now, Grants: s.Grants,
		Protected: func(topic string) bool { return s.Denied("WebhookSubscriptionTopic." + topic) },
	})
	o := s.opts.Webhooks
	o.Secret = cmp.Or(o.Secret, s.opts.ClientSecret, WebhookSecret)
	o.Domain, o.Version, o.Now = s.opts.Domain, s.opts.WebhookVersion, s.opts.Now
	o.Unsubscribed = func(id int64) { s.subscriptions.Delete(id) }
	s.webhooks = delivery.New(o)
	s.events = events.New(events.Options{
		Shop: s.Shop, Subscriptions: s.subscriptions, Sender: s.webhooks, Now: s.opts.Now,
		Bodies: payload.NewWriter(payload.Shop{
			ID: s.opts.ShopID, Name: s.opts.ShopName, Domain: s.opts.Domain, Currency: s.opts.Currency,
		}, s.opts.TimeZone),
	})
	s.Watch(s.events)
}
