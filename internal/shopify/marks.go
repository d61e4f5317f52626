package shopify

import (
	"context"
	"fmt"
	"strings"

	"github.com/giftbridge/giftbridge/internal/shopify/adminapi"
)

const (
	// maxFulfillmentOrders and maxFulfillmentLines are the most that is read of an order: its fulfillment orders, and the
	// lines of each. They bound the cost of the query.
	maxFulfillmentOrders = 10
	maxFulfillmentLines  = 250
)

// FulfillmentOrder is a part of an order that the shop fulfils together
// (shopify.dev/docs/api/admin-graphql/latest/objects/FulfillmentOrder).
type FulfillmentOrder struct {
	ID string
	// Status is a FulfillmentOrderStatus, such as OPEN.
	Status string
	Lines  []FulfillmentLine
}

// FulfillmentLine is a line of a fulfillment order.
type FulfillmentLine struct {
	ID string
	// LineItemID is the global id of the order's line.
	LineItemID string
	// Remaining is the number of units that are not fulfilled yet.
	Remaining int
	// Fulfilled is the number of units of the order's line, in all its fulfillment orders, that are fulfilled and were
	// not refunded.
	Fulfilled int
}

// FulfilledLine is a number of units to fulfil of a [FulfillmentLine].
type FulfilledLine struct {
	ID    string
	Units int
}

// AddTag adds a tag to the order with the given legacy id, unless the order has it. It needs the scope write_orders.
func (c *Client) AddTag(ctx context.Context, id, tag string) error {
	const op = "add tag"
	global, err := globalOrderID(op, id)
	if err != nil {
		return err
	}
	x := c.api.Exchange(op)
	data, err := addTags(ctx, x, global, []string{tag})
	switch {
	case err != nil:
		return err
	case data.TagsAdd == nil:
		return x.Contradiction("no result of a mutation")
	}
	return accepted(x, data.TagsAdd.UserErrors)
}

// GetNote returns the note of the order with the given legacy id. The error is a [*NotFoundError] if there is no such
// order.
func (c *Client) GetNote(ctx context.Context, id string) (string, error) {
	const op = "get note"
	global, err := globalOrderID(op, id)
	if err != nil {
		return "", err
	}
	x := c.api.Exchange(op)
	data, err := getNote(ctx, x, global)
	switch {
	case err != nil:
		return "", err
	case data.Order == nil:
		return "", &NotFoundError{ID: global}
	case data.Order.Id != global:
		return "", x.Contradiction("asked for %s and got another order", global)
	}
	return data.Order.Note, nil
}

// SetNote replaces the note of the order with the given legacy id. It needs the scope write_orders.
func (c *Client) SetNote(ctx context.Context, id, note string) error {
	const op = "set note"
	global, err := globalOrderID(op, id)
	if err != nil {
		return err
	}
	x := c.api.Exchange(op)
	data, err := setNote(ctx, x, global, note)
	switch {
	case err != nil:
		return err
	case data.OrderUpdate == nil:
		return x.Contradiction("no result of a mutation")
	}
	return accepted(x, data.OrderUpdate.UserErrors)
}

// GetFulfillmentOrders returns all fulfillment orders of the order with the given legacy id. The error is a
// [*NotFoundError] if there is no such order. It needs a scope for the fulfillment orders of the shop's locations, such
// as read_merchant_managed_fulfillment_orders.
func (c *Client) GetFulfillmentOrders(ctx context.Context, id string) ([]FulfillmentOrder, error) {
	const op = "get fulfillment orders"
	global, err := globalOrderID(op, id)
	if err != nil {
		return nil, err
	}
	x := c.api.Exchange(op)
	data, err := getFulfillmentOrders(ctx, x, global, maxFulfillmentOrders, maxFulfillmentLines)
	switch {
	case err != nil:
		return nil, err
	case data.Order == nil:
		return nil, &NotFoundError{ID: global}
	case data.Order.Id != global:
		return nil, x.Contradiction("asked for %s and got another order", global)
	}
	if err := whole(x, data.Order.FulfillmentOrders.PageInfo); err != nil {
		return nil, err
	}
	var out []FulfillmentOrder
	for _, f := range data.Order.FulfillmentOrders.Nodes {
		if err := whole(x, f.LineItems.PageInfo); err != nil {
			return nil, err
		}
		o := FulfillmentOrder{ID: f.Id, Status: f.Status}
		for _, l := range f.LineItems.Nodes {
			o.Lines = append(o.Lines, FulfillmentLine{
				ID: l.Id, LineItemID: l.LineItem.Id, Remaining: l.RemainingQuantity,
				Fulfilled: max(0, l.LineItem.CurrentQuantity-l.LineItem.UnfulfilledQuantity),
			})
		}
		out = append(out, o)
	}
	return out, nil
}

// Fulfil fulfils units of a fulfillment order, and notifies nobody. Shopify refuses more units than remain. It needs a
// scope such as write_merchant_managed_fulfillment_orders.
func (c *Client) Fulfil(ctx context.Context, fulfillmentOrderID string, lines []FulfilledLine) error {
	x := c.api.Exchange("fulfil")
	in := make([]fulfillmentLineInput, len(lines))
	for i, l := range lines {
		in[i] = fulfillmentLineInput{Id: l.ID, Quantity: l.Units}
	}
	data, err := createFulfillment(ctx, x, fulfillmentOrderID, in)
	switch {
	case err != nil:
		return err
	case data.FulfillmentCreate == nil:
		return x.Contradiction("no result of a mutation")
	}
	return accepted(x, data.FulfillmentCreate.UserErrors)
}

func globalOrderID(op, legacy string) (string, error) {
	if !numberPattern.MatchString(legacy) {
		return "", fmt.Errorf("Shopify: %s: %q is not the id of an order", op, legacy)
	}
	return orderIDPrefix + legacy, nil
}

// whole refuses a list that has more elements than were read.
func whole(x *adminapi.Exchange, p pageInfo) error {
	switch {
	case p.HasNextPage == nil:
		return x.Contradiction("a list that does not say whether it goes on")
	case *p.HasNextPage:
		return x.Contradiction("more fulfillment orders, or lines of one, than are read")
	}
	return nil
}

// accepted returns an error if Shopify carried out the mutation in part or not at all.
func accepted(x *adminapi.Exchange, refused []userError) error {
	if len(refused) == 0 {
		return nil
	}
	message := refused[0].Message
	if field := strings.Join(refused[0].Field, "."); field != "" {
		message = field + ": " + message
	}
	return x.Refused(message)
}
