package activities

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// LeftOrder is an order that is left to people. It contains no lines, so nothing can be issued from it.
type LeftOrder struct {
	// Shop is the shop's domain, and ID is Shopify's number of the order.
	Shop string `json:"shop"`
	ID   string `json:"id"`
	// Name is what people call the order.
	Name      string          `json:"name"`
	Reason    giftcard.Reason `json:"reason"`
	CreatedAt time.Time       `json:"created_at"`
	// Cards is the number of gift cards that were ordered and not refunded or removed.
	Cards int `json:"cards"`
	// Amount, with two decimals, and Currency are the value of the cards; empty if the order's prices are invalid.
	Amount   string `json:"amount,omitempty"`
	Currency string `json:"currency,omitempty"`
	// By and Note say who settled or reopened the order, and why. Was is the state before: the reason for which the
	// order was left to people, or the kind of its failure.
	By   string `json:"by,omitempty"`
	Note string `json:"note,omitempty"`
	Was  string `json:"was,omitempty"`
	// RunID is the run of the order's workflow that this one follows. It is empty if there was none.
	RunID string `json:"run_id,omitempty"`
	// AuditNumbers are the audit numbers of the cards that exist or may exist, if the histories that had them were removed.
	AuditNumbers []string `json:"audit_numbers,omitempty"`
}

// LeftOrderOf returns the record of an order that is left to people.
func LeftOrderOf(o giftcard.Order, reason giftcard.Reason) LeftOrder {
	left := LeftOrder{
		Shop: o.Shop, ID: o.ID, Name: o.Name, Reason: reason, CreatedAt: o.CreatedAt, Cards: o.Units(),
	}
	if value, err := o.Value(); err == nil {
		left.Amount, left.Currency = value.Amount(), value.Currency
	}
	return left
}

// Claims prevents orders that are left to people from being issued automatically later. operator.Operator implements
// it.
type Claims interface {
	// Claim starts the workflow LeftOrder under the order's workflow ID, unless a workflow with that ID exists.
	Claim(ctx context.Context, o LeftOrder) error
}

const (
	// claimsAtOnce bounds how many claims of a page are made concurrently.
	claimsAtOnce = 8
	// maxClaimed bounds how many claims a worker remembers, so that overlapping polls do not repeat them.
	maxClaimed = 20_000
)

// claimed holds the orders that a worker has claimed.
type claimed struct {
	mu     sync.Mutex
	orders map[string]bool
}

func (c *claimed) has(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.orders[id]
}

func (c *claimed) add(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.orders == nil || len(c.orders) >= maxClaimed {
		c.orders = map[string]bool{}
	}
	c.orders[id] = true
}

// claim claims the orders of a page that are left to people. If any claim fails, the page is fetched again.
func (o *Orders) claim(ctx context.Context, left []LeftOrder) error {
	if o.Claims == nil {
		return nil
	}
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(claimsAtOnce)
	for _, order := range left {
		if o.claimed.has(order.ID) {
			continue
		}
		all.Go(func() error {
			if err := o.Claims.Claim(ctx, order); err != nil {
				return fmt.Errorf("leave order %s to people: %w", order.Name, err)
			}
			o.claimed.add(order.ID)
			return nil
		})
	}
	return all.Wait()
}
