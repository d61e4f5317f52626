package shopify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/giftbridge/giftbridge/internal/rest"
)

const (
	// maxQueryCost is the most points that one query may ask for
	// (shopify.dev/docs/api/usage/limits).
	maxQueryCost = 1000
	// firstBatch is how many orders are looked up at once before it is known what that costs.
	firstBatch = 10
	// maxIDs is how many ids Shopify takes in one list (shopify.dev/docs/api/usage/limits#input-limits).
	maxIDs = 250
)

// fit is how many orders fit into one query. Shopify does not publish what it charges for several ids, and an answer may be
// too large, so it is learned.
type fit struct {
	mu sync.Mutex
	n  int
}

func newFit() *fit { return &fit{n: firstBatch} }

func (f *fit) size() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n
}

// note learns from a query of n orders that was answered.
func (f *fit) note(n int, c Cost) {
	if c.Requested <= 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n = min(max(1, int(maxQueryCost*float64(n)/c.Requested)), maxIDs)
}

// halve learns that n orders were too many, and returns how many to try.
func (f *fit) halve(n int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n = min(f.n, max(1, n/2))
	return f.n
}

// Lookup is what came of looking up one order among others. Err is as [Client.GetOrder] returns it, of this order alone.
type Lookup struct {
	Order *Order
	Err   error
}

// GetOrders looks up the orders of the given legacy ids, and returns what came of each. As [Client.GetOrder], it sees the
// newest state. It asks for as many at once as Shopify's own cost shows to fit. An error is one of all orders that are not
// in the map.
func (c *Client) GetOrders(ctx context.Context, ids []string) (map[string]Lookup, error) {
	for _, id := range ids {
		if !numberPattern.MatchString(id) {
			return nil, fmt.Errorf("Shopify: get orders: %q is no id of an order", id)
		}
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	out := make(map[string]Lookup, len(ids))
	size := c.fit.size()
	for len(ids) > 0 {
		n := min(size, len(ids))
		cost, err := c.getOrders(ctx, ids[:n], out)
		switch {
		case err == nil:
			c.fit.note(n, cost)
			size, ids = c.fit.size(), ids[n:]
		case !tooMuch(err):
			return out, err
		case n > 1:
			size = c.fit.halve(n)
		default:
			out[ids[0]] = Lookup{Err: err}
			ids = ids[1:]
		}
	}
	return out, nil
}

// tooMuch reports whether fewer orders at once may be answered.
func tooMuch(err error) bool {
	_, large := errors.AsType[*rest.TooLargeError](err)
	fail, ok := errors.AsType[*rest.Error](err)
	return large || ok && fail.Code == CodeMaxCostExceeded
}

func (c *Client) getOrders(ctx context.Context, ids []string, out map[string]Lookup) (Cost, error) {
	x := c.exchange("get orders")
	x.size = len(ids)
	global := make([]string, len(ids))
	for i, id := range ids {
		global[i] = orderIDPrefix + id
	}
	data, err := getOrders(ctx, x, global, lineItemsInPage, c.company)
	if err != nil {
		return Cost{}, err
	}
	if len(data.Nodes) != len(ids) {
		return Cost{}, x.contradiction("asked for %d orders and got %d", len(ids), len(data.Nodes))
	}
	cost := x.cost
	for i, n := range data.Nodes {
		found, ok := n.(*getOrdersNodesOrder)
		if !ok {
			out[ids[i]] = Lookup{Err: &NotFoundError{ID: global[i]}}
			continue
		}
		if found.Id != global[i] {
			return Cost{}, x.contradiction("asked for %s and got another order", global[i])
		}
		o, err := c.order(ctx, c.exchange(x.op), &found.order)
		if err != nil {
			return Cost{}, err
		}
		out[ids[i]] = Lookup{Order: &o}
	}
	return cost, nil
}
