// Package products acts on what the shop's webhooks say about its products and about the app itself. A change of a
// gift-card product has the shop looked at soon, and not only at the next hour. It keeps nothing but the time of its last
// look: what a crash loses, the hourly look finds.
package products

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/webhook"
)

// Topics that the [Consumer] takes.
const (
	updated     = "products/update"
	deleted     = "products/delete"
	uninstalled = "app/uninstalled"
)

const (
	// restFor is the least time between two looks. Shopify sends products/update with every order of a product.
	restFor = 5 * time.Minute
	// lookTimeout limits the request for a look, and retryAfter is the pause after one that failed.
	lookTimeout = 10 * time.Second
	retryAfter  = time.Minute
)

// Options are what a consumer needs.
type Options struct {
	// SKUs are the gift-card SKUs.
	SKUs []string
	// Look has the shop looked at. It may fail: the hourly look comes anyway.
	Look func(ctx context.Context) error
	// Failed is called with the error of Look. It may be nil.
	Failed func(error)
	// Uninstalled is called when the shop says that it has uninstalled the app. It must not wait. It may be nil.
	Uninstalled func(at time.Time)
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Consumer takes notices about products and the app. It implements [webhook.Consumer].
type Consumer struct {
	opts Options

	mu sync.Mutex
	// due is set while a look is wanted, and wake tells Run of it.
	due  bool
	wake chan struct{}
}

// New returns a consumer. It has the shop looked at while [Consumer.Run] runs.
func New(opts Options) *Consumer {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Failed == nil {
		opts.Failed = func(error) {}
	}
	return &Consumer{opts: opts, wake: make(chan struct{}, 1)}
}

// Topics implements [webhook.Consumer].
func (c *Consumer) Topics() []string { return []string{updated, deleted, uninstalled} }

// Take implements [webhook.Consumer]. A product matters if one of its variants has a gift-card SKU, if not all of its
// variants are in the body, or if it was deleted: then the body has no SKU. A product whose gift-card SKU was renamed has
// none any more; the hourly look finds that.
func (c *Consumer) Take(n webhook.Notice) webhook.Outcome {
	switch n.Topic {
	case uninstalled:
		if c.opts.Uninstalled != nil {
			at := n.TriggeredAt
			if at.IsZero() {
				at = c.opts.Now()
			}
			c.opts.Uninstalled(at)
		}
	case deleted:
	case updated:
		ours := slices.ContainsFunc(n.SKUs, func(sku string) bool { return slices.Contains(c.opts.SKUs, sku) })
		if !ours && n.LinesKnown {
			return webhook.Ignored
		}
	default:
		return webhook.Ignored
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.due = true
	select {
	case c.wake <- struct{}{}:
	default: // Run knows.
	}
	return webhook.Queued
}

// Run has the shop looked at when a notice asks for it, at most once in five minutes, until ctx ends. What comes within
// the five minutes is looked at when they are over.
func (c *Consumer) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		}
		for c.take() {
			rest := restFor
			if err := c.look(ctx); err != nil && ctx.Err() == nil {
				c.opts.Failed(err)
				c.again()
				rest = retryAfter
			}
			if !sleep(ctx, rest) {
				return
			}
		}
	}
}

// take reports whether a look is wanted, and forgets it.
func (c *Consumer) take() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	due := c.due
	c.due = false
	return due
}

func (c *Consumer) again() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.due = true
}

func (c *Consumer) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	return c.opts.Look(ctx)
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
