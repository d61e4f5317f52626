// Package shopifyretail is the adapter of Shopify for messages: it reads a shop's orders and variants through the client,
// and converts them to the terms of package retail. The kinds of Shopify's refusals are those of package shopifyintake.
package shopifyretail

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake/shopifyintake"
	"github.com/giftbridge/giftbridge/internal/retail"
	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/shopify/retailing"
)

// readLocations is the scope without which Shopify does not say where a parcel's location is.
const readLocations = "read_locations"

// Source reads the orders and variants of a Shopify shop. It implements [retail.Source]. It is safe for concurrent use.
type Source struct {
	shop   *shopify.Client
	client *retailing.Client

	mu sync.Mutex
	// locations reports whether the app may read locations; nil until it is known.
	locations *bool
}

// New returns a source that reads through a client. Before its first order, it asks once which scopes the app has.
func New(client *shopify.Client) *Source {
	return &Source{shop: client, client: retailing.New(client.API())}
}

// Order implements [retail.Source].
func (s *Source) Order(ctx context.Context, number string) (*retail.Order, error) {
	locations, err := s.mayReadLocations(ctx)
	if err != nil {
		return nil, shopifyintake.WithKind(err)
	}
	found, err := s.client.Order(ctx, number, locations)
	if err != nil {
		return nil, failed(err)
	}
	return order(found)
}

// mayReadLocations reports whether the app may read locations.
func (s *Source) mayReadLocations(ctx context.Context) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.locations == nil {
		access, err := s.shop.GetAccess(ctx)
		if err != nil {
			return false, err
		}
		may := slices.Contains(access.Scopes, readLocations) || slices.Contains(access.Scopes, "write_locations")
		s.locations = &may
	}
	return *s.locations, nil
}

// Variant implements [retail.Source].
func (s *Source) Variant(ctx context.Context, number string) (*retail.Variant, error) {
	found, err := s.client.Variant(ctx, number)
	if err != nil {
		return nil, failed(err)
	}
	return variant(found)
}

// Updated implements [retail.Source].
func (s *Source) Updated(ctx context.Context, from, to time.Time, cursor string) (retail.Page, error) {
	found, err := s.client.Updated(ctx, from, to, cursor)
	if err != nil {
		return retail.Page{}, shopifyintake.WithKind(err)
	}
	page := retail.Page{Orders: make([]retail.Changed, len(found.Orders)), NextCursor: found.NextCursor}
	for i, o := range found.Orders {
		page.Orders[i] = retail.Changed{Number: o.LegacyID, Name: name(o.Name, o.LegacyID), UpdatedAt: o.UpdatedAt.UTC()}
	}
	return page, nil
}

// failed returns the error of a read with its kind. What Shopify does not show is [retail.ErrNotFound] too.
func failed(err error) error {
	if _, missing := errors.AsType[*retailing.NotFoundError](err); missing {
		return &giftcard.Error{
			Kind: giftcard.Unavailable, Message: err.Error(), Err: errors.Join(retail.ErrNotFound, err),
		}
	}
	return shopifyintake.WithKind(err)
}
