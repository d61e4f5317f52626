package messaging

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/composing"
	"github.com/giftbridge/giftbridge/internal/retail"
)

// ReviewOrderInput is an order, and what its customer was told.
type ReviewOrderInput struct {
	// Order is the shop's number of the order.
	Order string         `json:"order"`
	Told  composing.Told `json:"told"`
}

// ReviewOrderResult is what is due.
type ReviewOrderResult struct {
	// Name is the order's name ("#1001").
	Name string `json:"name,omitempty"`
	// UpdatedAt is a time of which all changes up to it were read.
	UpdatedAt time.Time      `json:"updated_at,omitzero"`
	Plan      composing.Plan `json:"plan"`
	// Gone reports whether the shop does not show the order: nothing can be told of it.
	Gone bool `json:"gone,omitempty"`
}

const (
	// readPatience is how long a shop that is away is asked for an order.
	readPatience = 48 * time.Hour
	// goneAfter is the number of attempts after which an order that the shop does not show does not exist: a new one may
	// show late.
	goneAfter = 4
	// settled is the age of a change after which no other one has the same time: the shop states whole seconds. Another second
	// is for its clock.
	settled = 2 * time.Second
)

// ReviewOrder reads an order as it is now, and composes what its customer has to be told.
func (m *Messages) ReviewOrder(ctx context.Context, in ReviewOrderInput) (ReviewOrderResult, error) {
	doing := "order " + in.Order + ", composing its messages"
	if err := m.on(ctx, doing); err != nil {
		return ReviewOrderResult{}, err
	}
	o, err := m.Source.Order(ctx, in.Order)
	if gone, err := readFailure(ctx, doing, err); err != nil || gone {
		return ReviewOrderResult{Gone: gone}, err
	}
	now := m.Now().UTC()
	out := ReviewOrderResult{Name: o.Name, UpdatedAt: o.UpdatedAt, Plan: composing.Compose(*o, in.Told, m.Rules, now)}
	if now.Sub(o.UpdatedAt) < settled {
		out.UpdatedAt = o.UpdatedAt.Add(-time.Nanosecond)
	}
	m.countDropped(out.Plan.Steps, now)
	return out, nil
}

// countDropped counts the messages that are not sent. What follows a message that is held back is composed again later; what follows
// one that fails too, and is counted again then.
func (m *Messages) countDropped(steps []composing.Step, now time.Time) {
	for _, s := range steps {
		if s.NotBefore.After(now) {
			return
		}
		if s.Message == nil {
			m.count(s.Kind, string(s.Dropped))
		}
	}
}

// readFailure returns the error of an activity that could not read something, and whether it certainly does not exist.
func readFailure(ctx context.Context, doing string, err error) (gone bool, _ error) {
	if err == nil {
		return false, nil
	}
	if errors.Is(err, retail.ErrNotFound) {
		if activity.GetInfo(ctx).Attempt >= goneAfter {
			return true, nil
		}
		return false, failure(ctx, doing, giftcard.Unavailable, err.Error(), 0, false)
	}
	kind, wait := giftcard.KindOf(err)
	// A permission that is missing is granted sooner or later; data that cannot be understood stay so.
	final := kind.Final() && kind != giftcard.Unauthorized
	return false, failure(ctx, doing, kind, err.Error(), wait, final || waited(ctx) >= readPatience)
}

// ReviewVariantInput is a variant that may be in stock.
type ReviewVariantInput struct {
	// Variant is the shop's number of it.
	Variant string `json:"variant"`
	// Product is that of its product, if the product's customers are told; else it is empty.
	Product string `json:"product,omitempty"`
}

// ReviewVariantResult is what all who asked for the variant are told.
type ReviewVariantResult struct {
	// Message is nil if nothing is to be told now; Dropped says why.
	Message *messages.Message `json:"message,omitempty"`
	Dropped composing.Reason  `json:"dropped,omitempty"`
	// NotBefore is when quiet hours end, if they last; the variant has to be read again then.
	NotBefore time.Time `json:"not_before,omitzero"`
	Gone      bool      `json:"gone,omitempty"`
}

// ReviewVariant reads a variant as it is now, and composes the notice that it is in stock.
func (m *Messages) ReviewVariant(ctx context.Context, in ReviewVariantInput) (ReviewVariantResult, error) {
	doing := noticed(in.Variant, in.Product) + ", composing its notice"
	if err := m.on(ctx, doing); err != nil {
		return ReviewVariantResult{}, err
	}
	v, err := m.Source.Variant(ctx, in.Variant)
	if gone, err := readFailure(ctx, doing, err); err != nil || gone {
		return ReviewVariantResult{Gone: gone}, err
	}
	now := m.Now().UTC()
	var out ReviewVariantResult
	if out.Message, out.Dropped = composing.InStock(*v, m.Rules, now); out.Message == nil {
		m.count(messages.KindInStock, string(out.Dropped))
		return out, nil
	}
	if opens := m.Rules.OpenAt(messages.KindInStock, "", now); opens.After(now) {
		return ReviewVariantResult{NotBefore: opens}, nil
	}
	return out, nil
}

// noticed names what a notice is about.
func noticed(variant, product string) string {
	if product != "" {
		return "product " + product
	}
	return "variant " + variant
}

// StartLooksInput is a time in which orders changed.
type StartLooksInput struct {
	Shop string    `json:"shop"`
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// StartLooksResult is the outcome, or the progress of a sweep that is under way.
type StartLooksResult struct {
	// Orders is the number of orders that changed.
	Orders int `json:"orders"`
	// Cursor is where the next attempt continues.
	Cursor string `json:"cursor,omitempty"`
}

// StartLooks has each order looked at that changed in a time.
func (m *Messages) StartLooks(ctx context.Context, in StartLooksInput) (StartLooksResult, error) {
	const doing = "looking for orders that changed"
	if err := m.on(ctx, doing); err != nil {
		return StartLooksResult{}, err
	}
	var out StartLooksResult
	if activity.HasHeartbeatDetails(ctx) {
		_ = activity.GetHeartbeatDetails(ctx, &out) // If the details cannot be read, the sweep starts over.
	}
	for {
		page, err := m.Source.Updated(ctx, in.From, in.To, out.Cursor)
		if _, err := readFailure(ctx, doing, err); err != nil {
			return StartLooksResult{}, err
		}
		for _, o := range page.Orders {
			activity.RecordHeartbeat(ctx, out)
			if err := m.Looks.LookAt(ctx, in.Shop, o.Number, o.Name, o.UpdatedAt); err != nil {
				return StartLooksResult{}, failure(ctx, doing, giftcard.Unavailable, fmt.Sprintf("order %s: %v", o.Name, err), 0, false)
			}
		}
		out.Orders += len(page.Orders)
		if out.Cursor = page.NextCursor; out.Cursor == "" {
			return out, nil
		}
		activity.RecordHeartbeat(ctx, out)
	}
}
