package stack

import (
	"context"

	"github.com/giftbridge/giftbridge/internal/app/receiving"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/subscription"
	"github.com/giftbridge/giftbridge/internal/shopify/subscriptions"
)

// StartReceiver starts the stack's receiver after StopReceiver, at the same address.
func (s *Stack) StartReceiver(ctx context.Context) error {
	r, err := receiving.Start(ctx, receiving.Options{Config: s.Config, Temporal: s.TemporalOptions(), Log: s.log})
	if err != nil {
		return err
	}
	s.receiver = r
	return nil
}

// ReceiverMetricsAddr returns where the stack's receiver exports its metrics.
func (s *Stack) ReceiverMetricsAddr() string { return s.receiver.MetricsAddr() }

// StopReceiver stops the stack's receiver if it is running.
func (s *Stack) StopReceiver() {
	if s.receiver != nil {
		s.receiver.Stop()
		s.receiver = nil
	}
}

// subscribe subscribes to the shop's webhooks, as giftbridge would.
func (s *Stack) subscribe() {
	steps := subscriptions.Plan(nil, subscriptions.Wanting{
		URL: s.Config.Receiver.URL, Scopes: s.Shop.Scopes(), Named: true,
	})
	for _, step := range steps {
		if step.Do == subscriptions.Create {
			w := step.Want
			s.Shop.Subscriptions().Put(subscription.Subscription{Topic: w.Topic, URI: w.URI, Name: w.Name, Format: w.Format})
		}
	}
}
