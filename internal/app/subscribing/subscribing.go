// Package subscribing puts the configured shop's webhook subscriptions together, for the commands that keep them.
package subscribing

import (
	"context"
	"slices"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/app/wanted"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/shopify/subscriptions"
)

// What a plan consists of; see package subscriptions.
type (
	// Step is one step of a plan.
	Step = subscriptions.Step
	// Subscription is a subscription of the app in the shop.
	Subscription = subscriptions.Subscription
)

// What a step does to a subscription.
const (
	Create   = subscriptions.Create
	Update   = subscriptions.Update
	Delete   = subscriptions.Delete
	Leave    = subscriptions.Leave
	Skip     = subscriptions.Skip
	Conflict = subscriptions.Conflict
)

// Subscriptions are those of the app in the configured shop.
type Subscriptions struct {
	client *shopify.Client
	url    string
	needs  subscriptions.Needs
}

// New returns the subscriptions of the configured shop. It sends no request.
func New(cfg config.Config) (*Subscriptions, error) {
	c, err := app.NewShopify(cfg.Shopify)
	if err != nil {
		return nil, err
	}
	return &Subscriptions{client: c, url: cfg.Receiver.URL, needs: wanted.Webhooks(cfg)}, nil
}

// Listed is a subscription, and whose it is.
type Listed struct {
	Subscription
	// Own reports whether giftbridge has made it.
	Own bool
}

// List returns all subscriptions, oldest first.
func (s *Subscriptions) List(ctx context.Context) ([]Listed, error) {
	have, err := s.client.Webhooks().List(ctx)
	if err != nil {
		return nil, err
	}
	w := subscriptions.Wanting{URL: s.url}
	out := make([]Listed, len(have))
	for i, h := range have {
		out[i] = Listed{h, w.Own(h)}
	}
	return out, nil
}

// Plan returns the steps to what giftbridge needs. It changes nothing.
func (s *Subscriptions) Plan(ctx context.Context) ([]Step, error) {
	access, err := s.client.GetAccess(ctx)
	if err != nil {
		return nil, err
	}
	webhooks := s.client.Webhooks()
	have, err := webhooks.List(ctx)
	if err != nil {
		return nil, err
	}
	return subscriptions.Plan(have, subscriptions.Wanting{
		URL: s.url, Needs: s.needs, Scopes: access.Scopes, Named: webhooks.Named(),
	}), nil
}

// Deletions returns the steps that delete all subscriptions of giftbridge. It changes nothing.
func (s *Subscriptions) Deletions(ctx context.Context) ([]Step, error) {
	have, err := s.client.Webhooks().List(ctx)
	return subscriptions.Deletions(have, subscriptions.Wanting{URL: s.url}), err
}

// Carry carries out one step.
func (s *Subscriptions) Carry(ctx context.Context, step Step) error {
	return s.client.Webhooks().Carry(ctx, step)
}

// Changes returns the steps that change something.
func Changes(steps []Step) []Step {
	return slices.DeleteFunc(slices.Clone(steps), func(s Step) bool { return !s.Changes() })
}

// TOML returns the part of a shopify.app.toml that subscribes to the topics that
// the configuration needs.
func TOML(cfg config.Config) string {
	return subscriptions.TOML(cfg.Receiver.URL, cfg.Shopify.APIVersion, wanted.Webhooks(cfg))
}
