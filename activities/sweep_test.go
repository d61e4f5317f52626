package activities_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake/shopifyintake"
	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

// starts is a fake of Temporal that knows some orders.
type starts struct {
	known   map[string]bool
	started []string
	left    []activities.LeftOrder
	beats   int
	// away is the error with which every claim fails.
	away error
}

func (i *starts) Known(_ context.Context, ids []string) (map[string]bool, error) {
	out := map[string]bool{}
	for _, id := range ids {
		out[id] = i.known[id]
	}
	return out, nil
}

func (i *starts) Start(_ context.Context, o giftcard.Order) (bool, error) {
	i.started = append(i.started, o.Name)
	return true, nil
}

func (i *starts) Claim(_ context.Context, o activities.LeftOrder) error {
	if i.away == nil {
		i.left = append(i.left, o)
	}
	return i.away
}

// A page whose mixed orders could not be claimed is fetched again, and a worker claims no order twice.
func TestMixedOrdersAreClaimed(t *testing.T) {
	t.Parallel()
	shop := shopifytest.New(shopifytest.Options{})
	now := time.Now()
	shop.AddOrder(shopifytest.Order{CreatedAt: now, Lines: []shopifytest.LineItem{
		{SKU: "GIFT-50", Vendor: "Shop", Quantity: 2, UnitPrice: "50.0"},
		{SKU: "PEN", Vendor: "Shop", Quantity: 1, UnitPrice: "1.0"},
	}})
	client, err := shopify.New(shopify.Options{APIVersion: "2026-07", Token: token, BaseURL: serve(t, shop)})
	require.NoError(t, err)
	temporal := &starts{away: errors.New("frontend is away")}
	orders := &activities.Orders{Source: shopifyintake.New(client, keys), Shop: "shop", Now: time.Now, Claims: temporal}
	in := activities.ListGiftCardOrdersInput{
		Rules:       giftcard.Rules{SKUs: []string{"GIFT-50"}, CreatedFrom: now.Add(-time.Hour)},
		UpdatedFrom: now.Add(-time.Hour), UpdatedBefore: now.Add(time.Hour), PageSize: 10,
	}
	list := func() error {
		_, err := execute[activities.ListGiftCardOrdersResult](t, newEnv(&logs{}, orders), "ListGiftCardOrders", in)
		return err
	}
	requireKind(t, list(), giftcard.Unavailable, "listing orders")
	temporal.away = nil
	require.NoError(t, list())
	require.NoError(t, list())
	require.Len(t, temporal.left, 1)
	require.Equal(t, []string{"100.00", "USD"}, []string{temporal.left[0].Amount, temporal.left[0].Currency})
}

func (i *starts) Beat(context.Context, []byte, ...any) error {
	i.beats++
	return nil
}

// A sweep takes in orders that have no workflow, page by page, and skips orders that it cannot read.
func TestSweep(t *testing.T) {
	t.Parallel()
	shop := shopifytest.New(shopifytest.Options{BucketSize: 1e9, RestoreRate: 1e9})
	begin := time.Now().Add(-48 * time.Hour).Truncate(time.Second)
	var ids []int64
	for n := range 300 { // More than one page.
		o := shopifytest.Order{
			CreatedAt: begin.Add(time.Duration(n) * time.Minute), Email: "buyer@example.com",
			Lines: []shopifytest.LineItem{{SKU: "PEN", Vendor: "Shop", Quantity: 1, UnitPrice: "1.0"}},
		}
		if n%100 == 0 {
			o.Lines[0].SKU = "GIFT-50"
		}
		if n == 150 {
			o.Lines = append(o.Lines, shopifytest.LineItem{SKU: "GIFT-50", Vendor: "Shop", Quantity: 1, UnitPrice: "50.0"})
		}
		ids = append(ids, shop.AddOrder(o).ID)
	}
	gone := "gid://shopify/Order/" + strconv.FormatInt(ids[200], 10)
	client, err := shopify.New(shopify.Options{
		APIVersion: "2026-07", Token: token,
		BaseURL: serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, query := new(strings.Builder), r
			if _, err := copyBody(body, query); err == nil && strings.Contains(body.String(), gone) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write([]byte(`{"data":{"order":null}}`))
				return
			}
			shop.ServeHTTP(w, query)
		})),
	})
	require.NoError(t, err)
	temporal := &starts{known: map[string]bool{"gift-card-order/shop/" + strconv.FormatInt(ids[0], 10): true}}
	orders := &activities.Orders{Source: shopifyintake.New(client, keys), Shop: "other", Now: time.Now, Intake: temporal}
	in := activities.SweepInput{
		Rules: giftcard.Rules{SKUs: []string{"GIFT-50"}, CreatedFrom: begin}, Shop: "shop", From: begin, Until: time.Now(),
	}
	out, err := execute[activities.SweepResult](t, newEnv(&logs{}, orders), "Sweep", in)
	require.NoError(t, err)
	require.Equal(t, []int{300, 4, 1, 2}, []int{out.Seen, out.Candidates, out.Known, out.Found})
	require.Empty(t, out.Cursor)
	require.Len(t, temporal.started, 1)
	require.Len(t, temporal.left, 1)
	require.Equal(t, giftcard.MixedOrder, temporal.left[0].Reason)
	require.Positive(t, temporal.beats)

	// A sweep that finds nothing reports nothing.
	*temporal = starts{known: map[string]bool{}}
	for _, id := range ids {
		temporal.known["gift-card-order/shop/"+strconv.FormatInt(id, 10)] = true
	}
	out, err = execute[activities.SweepResult](t, newEnv(&logs{}, orders), "Sweep", in)
	require.NoError(t, err)
	require.Equal(t, []int{300, 4, 4, 0}, []int{out.Seen, out.Candidates, out.Known, out.Found})
	require.Zero(t, temporal.beats)
	require.Empty(t, temporal.started)

	// Orders created before the window, and orders so young that a poll will see them, are left alone.
	*temporal = starts{}
	in.From, in.Until = begin.Add(120*time.Minute), begin.Add(199*time.Minute)
	out, err = execute[activities.SweepResult](t, newEnv(&logs{}, orders), "Sweep", in)
	require.NoError(t, err)
	require.Equal(t, []int{180, 1}, []int{out.Seen, out.Candidates})
	require.Empty(t, temporal.started)
}

// Of an order with many lines a sweep reads only the first, so it reads the whole order before it judges it.
func TestSweepOfAnOrderWithManyLines(t *testing.T) {
	t.Parallel()
	shop := shopifytest.New(shopifytest.Options{})
	o := shopifytest.Order{CreatedAt: time.Now().Add(-time.Hour), Email: "buyer@example.com"}
	for range 60 {
		o.Lines = append(o.Lines, shopifytest.LineItem{SKU: "PEN", Vendor: "Shop", Quantity: 1, Removed: 1, UnitPrice: "1.0"})
	}
	o.Lines = append(o.Lines, shopifytest.LineItem{SKU: "GIFT-50", Vendor: "Shop", Quantity: 1, UnitPrice: "50.0"})
	shop.AddOrder(o)
	client, err := shopify.New(shopify.Options{APIVersion: "2026-07", Token: token, BaseURL: serve(t, shop)})
	require.NoError(t, err)
	temporal := &starts{}
	orders := &activities.Orders{Source: shopifyintake.New(client, keys), Shop: "shop", Now: time.Now, Intake: temporal}
	out, err := execute[activities.SweepResult](t, newEnv(&logs{}, orders), "Sweep", activities.SweepInput{
		Rules: giftcard.Rules{SKUs: []string{"GIFT-50"}}, Until: time.Now(),
	})
	require.NoError(t, err)
	require.Equal(t, []int{1, 1, 1}, []int{out.Seen, out.Candidates, out.Found})
	require.Len(t, temporal.left, 1, "a mixed order")
}

// copyBody reads a request's body and puts it back.
func copyBody(into *strings.Builder, r *http.Request) (int64, error) {
	n, err := io.Copy(into, r.Body)
	r.Body = io.NopCloser(strings.NewReader(into.String()))
	return n, err
}
