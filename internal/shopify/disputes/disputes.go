// Package disputes reads the customers' disputes about the payments of orders. It needs no scope but read_orders; the amount
// and the deadline of a dispute would need another.
package disputes

//go:generate go tool genqlient

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/giftbridge/giftbridge/internal/shopify/adminapi"
	"github.com/giftbridge/giftbridge/internal/shopify/search"
)

// Client reads the disputes of one shop.
type Client struct{ api *adminapi.API }

// New returns a client that uses an API.
func New(api *adminapi.API) *Client { return &Client{api} }

// Order is an order with the customer's disputes about its payment.
type Order struct {
	// LegacyID is Shopify's number of the order, decimal digits.
	LegacyID string
	Disputes []Dispute
}

// Dispute is a chargeback, or an inquiry that may become one
// (shopify.dev/docs/api/admin-graphql/latest/objects/OrderDisputeSummary).
type Dispute struct {
	// ID is the number in Shopify's global id, decimal digits.
	ID string
	// InitiatedAs is a DisputeType, such as CHARGEBACK, and Status a DisputeStatus, such as NEEDS_RESPONSE.
	InitiatedAs, Status string
}

// Page is a page of orders with disputes, newest first.
type Page struct {
	Orders []Order
	// NextCursor is empty on the last page.
	NextCursor string
}

const (
	// pageSize is the number of orders on a page. Shops have few disputes.
	pageSize = 50
	// maxDisputes bounds the disputes that are read of one order.
	maxDisputes = 100
)

// AtOnce is the maximum number of orders of one [Client.Get].
const AtOnce = 50

// notWon are the states of a dispute in which the money is in doubt, or gone. Shopify's search knows no state PREVENTED, and
// its documentation does not say whether it finds inquiries, which are not chargebacks yet.
var notWon = []string{"needs_response", "under_review", "lost", "accepted", "charge_refunded"}

// List returns one page of the orders created since a time that have a dispute which is not won, and one of the SKUs. It asks
// Shopify's search, which lags behind writes.
func (c *Client) List(ctx context.Context, since time.Time, skus []string, after string) (*Page, error) {
	query := search.Orders{CreatedAtMin: since, SKUs: skus, Chargebacks: notWon}.String()
	x := c.api.Exchange("list disputed orders")
	data, err := listDisputedOrders(ctx, x, pageSize, after, query)
	if err != nil {
		return nil, err
	}
	if data.Orders == nil || data.Orders.Nodes == nil {
		return nil, x.Contradiction("no list of orders")
	}
	page := &Page{}
	switch p := data.Orders.PageInfo; {
	case p.HasNextPage == nil || *p.HasNextPage && (p.EndCursor == "" || p.EndCursor == after):
		return nil, x.Contradiction("a list that does not say how it goes on")
	case *p.HasNextPage:
		page.NextCursor = p.EndCursor
	}
	for i := range data.Orders.Nodes {
		o, ok := disputed(&data.Orders.Nodes[i])
		if !ok {
			return nil, x.Contradiction("a disputed order without ids")
		}
		page.Orders = append(page.Orders, o)
	}
	return page, nil
}

// Get returns the disputes of the orders with the given legacy ids, at most [AtOnce], as they are now. It
// omits orders that Shopify does not show.
func (c *Client) Get(ctx context.Context, ids []string) ([]Order, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if len(ids) > AtOnce {
		return nil, fmt.Errorf("Shopify: get disputes: %d orders are more than %d", len(ids), AtOnce)
	}
	global := make([]string, len(ids))
	for i, id := range ids {
		if !numberPattern.MatchString(id) {
			return nil, fmt.Errorf("Shopify: get disputes: %q is not the id of an order", id)
		}
		global[i] = orderIDPrefix + id
	}
	x := c.api.ExchangeOf("get disputes", len(ids))
	data, err := getDisputes(ctx, x, global)
	if err != nil {
		return nil, err
	}
	if len(data.Nodes) != len(ids) {
		return nil, x.Contradiction("asked for %d orders and got %d", len(ids), len(data.Nodes))
	}
	var out []Order
	for i, n := range data.Nodes {
		found, ok := n.(*getDisputesNodesOrder)
		if !ok {
			continue
		}
		o, ok := disputed(&found.disputedOrder)
		if !ok || o.LegacyID != ids[i] {
			return nil, x.Contradiction("asked for %s and got another order", global[i])
		}
		out = append(out, o)
	}
	return out, nil
}

const orderIDPrefix = "gid://shopify/Order/"

var numberPattern = regexp.MustCompile(`^[0-9]{1,20}$`)

// disputeIDPattern matches the global id of a dispute, by whatever name Shopify gives its type.
var disputeIDPattern = regexp.MustCompile(`^gid://shopify/[A-Za-z]{1,60}/([0-9]{1,20})$`)

// disputed converts an order, and reports whether it has what identifies it and its disputes.
func disputed(o *disputedOrder) (Order, bool) {
	out := Order{LegacyID: o.LegacyResourceId}
	if !numberPattern.MatchString(o.LegacyResourceId) || o.Id != orderIDPrefix+o.LegacyResourceId || o.Disputes == nil {
		return out, false
	}
	for _, d := range o.Disputes[:min(len(o.Disputes), maxDisputes)] {
		m := disputeIDPattern.FindStringSubmatch(d.Id)
		if m == nil {
			return out, false
		}
		out.Disputes = append(out.Disputes, Dispute{ID: m[1], InitiatedAs: d.InitiatedAs, Status: d.Status})
	}
	return out, true
}
