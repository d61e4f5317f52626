package shopify

import (
	"context"
	"time"
)

// ThinOrder is an order with little more than the fields that show whether the order is worth reading.
type ThinOrder struct {
	// LegacyID is Shopify's number of the order, decimal digits.
	LegacyID        string
	CreatedAt       time.Time
	Cancelled       bool
	FinancialStatus string
	// SKUs are the SKUs of its first lines; MoreLines reports whether there are more lines. Reduced are the SKUs of those
	// of the first lines of which units were refunded or removed.
	SKUs, Reduced []string
	MoreLines     bool
}

// ThinPage is a page of thin orders, newest first.
type ThinPage struct {
	Orders []ThinOrder
	// NextCursor is empty on the last page.
	NextCursor string
	// Cost is the cost of the query.
	Cost Cost
}

// linesOfThin is the number of lines that are read of a thin order.
const linesOfThin = 20

// ListThinOrders returns one page of the shop's orders, newest first. With an empty query it does not go through
// search, and so sees the newest state.
//
// Without the scope read_all_orders, Shopify silently omits orders older than 60 days.
func (c *Client) ListThinOrders(ctx context.Context, query, after string) (*ThinPage, error) {
	x := c.api.Exchange("list thin orders")
	data, err := listThinOrders(ctx, x, maxPageSize, after, query, linesOfThin)
	if err != nil {
		return nil, err
	}
	if data.Orders == nil || data.Orders.Nodes == nil {
		return nil, x.Contradiction("no list of orders")
	}
	page := &ThinPage{Cost: x.Cost}
	if page.NextCursor, err = nextCursor(x, data.Orders.PageInfo, after); err != nil {
		return nil, err
	}
	for _, o := range data.Orders.Nodes {
		if !numberPattern.MatchString(o.LegacyResourceId) || o.CreatedAt.IsZero() || o.LineItems.PageInfo.HasNextPage == nil {
			return nil, x.Contradiction("a thin order without id, date or lines")
		}
		thin := ThinOrder{
			LegacyID: o.LegacyResourceId, CreatedAt: o.CreatedAt, Cancelled: !o.CancelledAt.IsZero(),
			FinancialStatus: o.DisplayFinancialStatus, MoreLines: *o.LineItems.PageInfo.HasNextPage,
		}
		for _, l := range o.LineItems.Nodes {
			thin.SKUs = append(thin.SKUs, l.Sku)
			if l.CurrentQuantity < l.Quantity {
				thin.Reduced = append(thin.Reduced, l.Sku)
			}
		}
		page.Orders = append(page.Orders, thin)
	}
	return page, nil
}
