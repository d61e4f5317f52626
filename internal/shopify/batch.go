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
	// maxQueryCost is the maximum number of points that one query may request (shopify.dev/docs/api/usage/limits).
	maxQueryCost = 1000
	// firstBatch is the number of orders that are looked up at once while the cost is still unknown.
	firstBatch = 10
	// maxIDs is the maximum number of ids that Shopify accepts in one list
	// (shopify.dev/docs/api/usage/limits#input-limits).
	maxIDs = 250
)

// fit is the number of orders that fit into one query. It is learned from responses, since Shopify does not publish
// what it charges for several ids, and since a response may be too large.
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

// note updates the size from the cost of a successful query of n orders.
func (f *fit) note(n int, c Cost) {
	if c.Requested <= 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n = min(max(1, int(maxQueryCost*float64(n)/c.Requested)), maxIDs)
}

// halve records that n orders were too many, and returns the number to try next.
func (f *fit) halve(n int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n = min(f.n, max(1, n/2))
	return f.n
}

// AtOnce returns how many orders [Client.GetOrders] requests at once, judging by what Shopify has charged so far.
func (c *Client) AtOnce() int { return c.fit.size() }

// Lookup is the result for one of several orders that were looked up. Err is the error that [Client.GetOrder] would
// return for this order.
type Lookup struct {
	Order *Order
	Err   error
}

// GetOrders looks up the orders with the given legacy ids, and returns a result for each. Like [Client.GetOrder], it
// sees the newest state. It requests as many orders at once as will fit, judging by the cost that Shopify reports. An
// error applies to all orders that are not in the map.
func (c *Client) GetOrders(ctx context.Context, ids []string) (map[string]Lookup, error) {
	for _, id := range ids {
		if !numberPattern.MatchString(id) {
			return nil, fmt.Errorf("Shopify: get orders: %q is not the id of an order", id)
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

// tooMuch reports whether a query for fewer orders may succeed.
func tooMuch(err error) bool {
	_, large := errors.AsType[*rest.TooLargeError](err)
	fail, ok := errors.AsType[*rest.Error](err)
	return large || ok && fail.Code == CodeMaxCostExceeded
}

func (c *Client) getOrders(ctx context.Context, ids []string, out map[string]Lookup) (Cost, error) {
	x := c.api.ExchangeOf("get orders", len(ids))
	global := make([]string, len(ids))
	for i, id := range ids {
		global[i] = orderIDPrefix + id
	}
	data, err := getOrders(ctx, x, global, lineItemsInPage, c.company)
	if err != nil {
		return Cost{}, err
	}
	if len(data.Nodes) != len(ids) {
		return Cost{}, x.Contradiction("asked for %d orders and got %d", len(ids), len(data.Nodes))
	}
	cost := x.Cost
	for i, n := range data.Nodes {
		found, ok := n.(*getOrdersNodesOrder)
		if !ok {
			out[ids[i]] = Lookup{Err: &NotFoundError{ID: global[i]}}
			continue
		}
		if found.Id != global[i] {
			return Cost{}, x.Contradiction("asked for %s and got another order", global[i])
		}
		o, err := c.order(ctx, c.api.Exchange(x.Op), &found.order)
		if err != nil {
			return Cost{}, err
		}
		out[ids[i]] = Lookup{Order: &o}
	}
	return cost, nil
}
