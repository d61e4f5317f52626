// Package shopifyintake is the adapter of Shopify: it reads and marks a shop's orders through the client, converts them to
// the domain's terms, and decides the kinds of Shopify's refusals.
package shopifyintake

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/refusal"
	"github.com/giftbridge/giftbridge/internal/rest"
	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/shopify/subscriptions"
)

// PropertyKeys are the names of the line-item properties that hold what the buyer entered about the recipient. They are
// compared without regard to case.
type PropertyKeys struct {
	Email, Name, Message, SendOn string
}

// Source reads the orders of a Shopify shop, and marks them. It implements [intake.Source], [intake.Marker] and
// [intake.Watched].
type Source struct {
	client *shopify.Client
	keys   PropertyKeys
	needs  subscriptions.Needs
	judged func() *Source
}

// New returns a source that reads through a client.
func New(client *shopify.Client, keys PropertyKeys) *Source {
	s := &Source{client: client, keys: keys}
	s.judged = sync.OnceValue(func() *Source {
		judged := &Source{client: client.WithRisk(), keys: keys}
		judged.judged = func() *Source { return judged }
		return judged
	})
	return s
}

// For sets what the shop's webhooks are needed for besides gift cards, and returns the source. It must be called before the
// source is used.
func (s *Source) For(n subscriptions.Needs) *Source {
	s.needs = n
	return s
}

// WithRisk implements [intake.Source].
func (s *Source) WithRisk() intake.Source { return s.judged() }

// List implements [intake.Source].
func (s *Source) List(ctx context.Context, q intake.Query) (intake.Page, error) {
	found, err := s.client.ListOrders(ctx, shopify.ListOrdersOptions{
		Query: search(q), First: q.PageSize, After: q.Cursor, WithoutLines: q.WithoutLines,
	})
	if err != nil {
		return intake.Page{}, kinds.WithKind(err)
	}
	page := intake.Page{
		Orders:     make([]*intake.Order, len(found.Orders)),
		NextCursor: found.NextCursor, Version: s.client.APIVersion(), ServedVersion: found.ServedVersion,
	}
	for i := range found.Orders {
		page.Orders[i] = order(&found.Orders[i], s.keys)
	}
	return page, nil
}

// Glance implements [intake.Source]. Pages have the size that Shopify allows.
func (s *Source) Glance(ctx context.Context, q intake.Query) (intake.GlancePage, error) {
	found, err := s.client.ListThinOrders(ctx, search(q), q.Cursor)
	if err != nil {
		return intake.GlancePage{}, kinds.WithKind(err)
	}
	page := intake.GlancePage{Orders: make([]intake.Glance, len(found.Orders)), NextCursor: found.NextCursor}
	if rate := found.Cost.RestoreRate; rate > 0 {
		page.Restore = time.Duration(found.Cost.Actual / rate * float64(time.Second))
	}
	for i, thin := range found.Orders {
		page.Orders[i] = intake.Glance{
			Number: thin.LegacyID, CreatedAt: thin.CreatedAt, Cancelled: thin.Cancelled, Paid: paid(thin.FinancialStatus),
			SKUs: thin.SKUs, Reduced: thin.Reduced, MoreLines: thin.MoreLines,
		}
	}
	return page, nil
}

// Read implements [intake.Source].
func (s *Source) Read(ctx context.Context, number string) (*intake.Order, error) {
	found, err := s.client.GetOrder(ctx, number)
	if err != nil {
		return nil, failed(err)
	}
	return order(found, s.keys), nil
}

// ReadAll implements [intake.Source].
func (s *Source) ReadAll(ctx context.Context, numbers []string) (map[string]intake.Lookup, error) {
	found, err := s.client.GetOrders(ctx, numbers)
	out := make(map[string]intake.Lookup, len(found))
	for number, l := range found {
		if l.Err != nil {
			out[number] = intake.Lookup{Err: failed(l.Err)}
			continue
		}
		out[number] = intake.Lookup{Order: order(l.Order, s.keys)}
	}
	return out, kinds.WithKind(err)
}

// AtOnce returns how many orders one request of ReadAll reads, as far as is known.
func (s *Source) AtOnce() int { return s.client.AtOnce() }

func search(q intake.Query) string {
	return shopify.Search{
		UpdatedAtMin: q.UpdatedFrom, UpdatedBefore: q.UpdatedBefore, CreatedAtMin: q.CreatedFrom, SKUs: q.SKUs,
		Name: q.Name,
	}.String()
}

// failed returns the error of a read with its kind. An order that Shopify does not show is [intake.ErrNotFound] too.
func failed(err error) error {
	if _, missing := errors.AsType[*shopify.NotFoundError](err); missing {
		return &giftcard.Error{
			Kind: giftcard.Unavailable, Message: err.Error(), Err: errors.Join(intake.ErrNotFound, err),
		}
	}
	return kinds.WithKind(err)
}

// kinds decides the kind of every refusal by Shopify.
var kinds refusal.Table = kindOf

// Shopify returns these codes with HTTP 200 (shopify.dev, "GraphQL Admin API: status and error codes").
var (
	throttledCodes    = []string{shopify.CodeThrottled}
	unavailableCodes  = []string{shopify.CodeInternalServerError, "TIMEOUT"}
	unauthorizedCodes = []string{shopify.CodeAccessDenied, "UNAUTHORIZED", "SHOP_INACTIVE"}
)

var (
	// unauthorizedStatuses concern us rather than the request: bad credentials, a missing permission, a shop that is
	// frozen (402) or locked (423).
	unauthorizedStatuses = []int{
		http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusLocked,
		http.StatusProxyAuthRequired,
	}
	// throttledStatuses ask to slow down. Assumed: proxies in between use 420 as well as 429.
	throttledStatuses = []int{http.StatusTooManyRequests, 420}
)

func kindOf(e *rest.Error) giftcard.Kind {
	switch {
	case slices.Contains(throttledCodes, e.Code):
		return giftcard.RateLimited
	case slices.Contains(unavailableCodes, e.Code):
		return giftcard.Unavailable
	case slices.Contains(unauthorizedCodes, e.Code):
		return giftcard.Unauthorized
	case e.Code == shopify.CodeUserError:
		return giftcard.InvalidRequest
	}
	switch s := e.Status; {
	case slices.Contains(throttledStatuses, s):
		return giftcard.RateLimited
	case s == http.StatusRequestTimeout:
		return giftcard.Timeout
	case slices.Contains(unauthorizedStatuses, s):
		return giftcard.Unauthorized
	case s < 400 || s == http.StatusNotImplemented:
		return giftcard.UnexpectedResponse
	case s == http.StatusTooEarly || s >= 500:
		return giftcard.Unavailable
	default:
		return giftcard.InvalidRequest
	}
}

// ReadAllFor is [Source.ReadAll] of the source that the rules need; see [intake.For].
func (s *Source) ReadAllFor(
	ctx context.Context, rules giftcard.Rules, numbers []string,
) (map[string]intake.Lookup, error) {
	return intake.For(rules, s).ReadAll(ctx, numbers)
}

// FindFor looks orders up in the shop's search, at most [Source.FindAtOnce] of them, as the rules need them. It costs far
// less than reading as many orders by their ids. The search lags behind: an order may be missing, or shown as it was.
func (s *Source) FindFor(ctx context.Context, rules giftcard.Rules, numbers []string) (map[string]*intake.Order, error) {
	if judged, ok := intake.For(rules, s).(*Source); ok {
		s = judged
	}
	found, err := s.client.FindOrders(ctx, numbers)
	if err != nil {
		return nil, kinds.WithKind(err)
	}
	out := make(map[string]*intake.Order, len(found))
	for number, o := range found {
		out[number] = order(o, s.keys)
	}
	return out, nil
}

// FindAtOnce returns how many orders one request of [Source.FindFor] looks up.
func (*Source) FindAtOnce() int { return shopify.MaxFind }

// WithKind returns an error of Shopify's client with its kind, for other adapters of Shopify; see [refusal.Table.WithKind].
func WithKind(err error) error { return kinds.WithKind(err) }
