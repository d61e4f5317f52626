package shopify

import (
	"context"
	"fmt"
)

// MaxFind is the maximum number of orders of one [Client.FindOrders].
const MaxFind = maxPageSize

// FindOrders looks up the orders with the given legacy ids, at most [MaxFind], by a search. A page of a search costs the
// logarithm of its length, so this is far cheaper than [Client.GetOrders] if Shopify charges each id of a lookup. The
// search lags behind writes: an order may be missing, or be shown as it was before.
//
// That a search may have as many alternatives as a page has orders is assumed.
func (c *Client) FindOrders(ctx context.Context, ids []string) (map[string]*Order, error) {
	if len(ids) == 0 || len(ids) > MaxFind {
		return nil, fmt.Errorf("Shopify: find orders: %d orders, need 1 to %d", len(ids), MaxFind)
	}
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		if !numberPattern.MatchString(id) {
			return nil, fmt.Errorf("Shopify: find orders: %q is not the id of an order", id)
		}
		wanted[id] = true
	}
	page, err := c.ListOrders(ctx, ListOrdersOptions{Query: Search{IDs: ids}.String(), First: len(ids)})
	if err != nil {
		return nil, err
	}
	found := make(map[string]*Order, len(page.Orders))
	for i, o := range page.Orders {
		if wanted[o.LegacyID] { // A search that is not understood finds any order.
			found[o.LegacyID] = &page.Orders[i]
		}
	}
	return found, nil
}
