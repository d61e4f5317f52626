package retailing

import (
	"context"

	"github.com/giftbridge/giftbridge/internal/shopify/adminapi"
)

// maxLines is the maximum number of lines in one list. Shopify allows 500 in a cart; an order created through its API may
// have more.
const maxLines = 20_000

// complete fetches what did not fit into an order, and refuses lists that are cut off or name a line twice.
func (c *Client) complete(ctx context.Context, x *adminapi.Exchange, o *Order) error {
	var err error
	o.LineItems.Nodes, err = list[Line]{
		x: x, of: o.Id, first: o.LineItems.Nodes, info: o.LineItems.PageInfo,
		id: func(l *Line) string { return l.Id }, unique: true,
		next: func(cursor string) ([]Line, PageInfo, bool, error) {
			data, err := moreLines(ctx, x, o.Id, maxPageSize, cursor)
			if err != nil || data.Order == nil {
				return nil, PageInfo{}, false, err
			}
			return data.Order.LineItems.Nodes, data.Order.LineItems.PageInfo, true, nil
		},
	}.all()
	if err != nil {
		return err
	}
	for i := range o.Fulfillments {
		f := &o.Fulfillments[i]
		f.FulfillmentLineItems.Nodes, err = list[FulfilledLine]{
			x: x, of: f.Id, first: f.FulfillmentLineItems.Nodes, info: f.FulfillmentLineItems.PageInfo,
			id: func(l *FulfilledLine) string { return l.LineItem.Id },
			next: func(cursor string) ([]FulfilledLine, PageInfo, bool, error) {
				data, err := moreFulfilledLines(ctx, x, f.Id, maxPageSize, cursor)
				if err != nil || data.Fulfillment == nil {
					return nil, PageInfo{}, false, err
				}
				return data.Fulfillment.FulfillmentLineItems.Nodes, data.Fulfillment.FulfillmentLineItems.PageInfo, true, nil
			},
		}.all()
		if err != nil {
			return err
		}
	}
	for i := range o.Refunds {
		r := &o.Refunds[i]
		r.RefundLineItems.Nodes, err = list[RefundedLine]{
			x: x, of: r.Id, first: r.RefundLineItems.Nodes, info: r.RefundLineItems.PageInfo,
			id: func(l *RefundedLine) string { return l.LineItem.Id },
			next: func(cursor string) ([]RefundedLine, PageInfo, bool, error) {
				data, err := moreRefundedLines(ctx, x, r.Id, maxPageSize, cursor)
				if err != nil || data.Refund == nil {
					return nil, PageInfo{}, false, err
				}
				return data.Refund.RefundLineItems.Nodes, data.Refund.RefundLineItems.PageInfo, true, nil
			},
		}.all()
		if err != nil {
			return err
		}
	}
	return nil
}

// list is a list of which the first page is there.
type list[T any] struct {
	x *adminapi.Exchange
	// of is the id of the object that has the list.
	of    string
	first []T
	info  PageInfo
	// id returns the id of the order's line that an element names. Unique is set if no two elements may name the same line.
	id     func(*T) string
	unique bool
	// next returns the next page, and reports whether the object still exists.
	next func(cursor string) ([]T, PageInfo, bool, error)
}

// all returns the whole list.
func (l list[T]) all() ([]T, error) {
	out, seen, cursor := []T(nil), map[string]bool{}, ""
	page, info := l.first, l.info
	for {
		if page == nil {
			return nil, l.x.Contradiction("%s without a list of lines", l.of)
		}
		for i := range page {
			id := l.id(&page[i])
			switch {
			case !lineIDPattern.MatchString(id):
				return nil, l.x.Contradiction("%s has a line without id", l.of)
			case seen[id] && l.unique:
				return nil, l.x.Contradiction("%s has a line twice", l.of)
			case len(out) == maxLines: // This also stops a list that repeats itself.
				return nil, l.x.Contradiction("%s has more than %d lines", l.of, maxLines)
			}
			seen[id] = true
			out = append(out, page[i])
		}
		next, err := nextCursor(l.x, info, cursor)
		if err != nil || next == "" {
			return out, err
		}
		cursor = next
		var exists bool
		if page, info, exists, err = l.next(cursor); err != nil {
			return nil, err
		}
		if !exists {
			return nil, l.x.Contradiction("%s vanished while its lines were read", l.of)
		}
	}
}

// nextCursor returns the cursor of the next page, empty at the end of the list. It refuses a list that has a next page but
// no cursor for it, or the same cursor again: the list would be cut off, or read without end.
func nextCursor(x *adminapi.Exchange, p PageInfo, after string) (string, error) {
	switch {
	case p.HasNextPage == nil:
		return "", x.Contradiction("a list that does not say whether it goes on")
	case !*p.HasNextPage:
		return "", nil
	case p.EndCursor == "" || p.EndCursor == after:
		return "", x.Contradiction("a list that goes on and does not move")
	}
	return p.EndCursor, nil
}
