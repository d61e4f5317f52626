package shopify

import (
	"context"
	"fmt"
	"regexp"
	"time"
)

// Page sizes. Shopify refuses more than 250 (shopify.dev/docs/api/usage/pagination-graphql).
const (
	defaultPageSize = 100
	// lineItemsInPage is the number of lines per order that come with a page of orders; the remaining lines of the few
	// orders that have more are fetched separately. Cost grows with the logarithm of this number.
	lineItemsInPage = 100
	maxPageSize     = 250
)

// Order is an order, limited to the fields that are read (shopify.dev/docs/api/admin-graphql/latest/objects/Order).
type Order struct {
	// ID is the global id. LegacyID is the number in it, as used by the REST API and by webhooks.
	ID, LegacyID string
	// Name is the name shown to people ("#1001"); it is not unique.
	Name string
	// Test is true for orders that nobody paid for.
	Test bool
	// CancelledAt is zero unless the order is cancelled.
	CreatedAt, UpdatedAt, CancelledAt time.Time
	// FinancialStatus is an OrderDisplayFinancialStatus, such as PAID; empty if Shopify has none.
	FinancialStatus string
	// Email is the order's contact address.
	Email string
	// CurrencyCode is the shop's currency at the time of the order.
	CurrencyCode string
	// Tips is the sum of the tips, in the shop's currency.
	Tips Money
	// NetPayment is the amount paid less the amount refunded, in the shop's currency.
	NetPayment Money
	// PaidAt is the time of the latest incoming payment, by a sale or by the capture of an authorization. It is zero if
	// there is none, or if Shopify states no time. If an order has more than 50 transactions, the later ones are not
	// considered.
	PaidAt time.Time
	// Customer is nil for guests.
	Customer *Customer
	// Company is nil unless a company placed the order and [Options.Company] is set.
	Company *Company
	// Recommendation is what Shopify recommends to do about the risk of the order, an OrderRiskRecommendationResult such
	// as CANCEL. It is NONE until Shopify has judged. It is empty unless the client is [Client.WithRisk].
	Recommendation string
	// LineItems are all lines, including those without remaining units.
	LineItems []LineItem
}

// Customer is the person who placed an order.
type Customer struct {
	LegacyID, DisplayName, FirstName, LastName, Email string
}

// Company is the B2B company that an order was placed for.
type Company struct {
	ID, Name, ExternalID string
}

// LineItem is one line of an order (shopify.dev/docs/api/admin-graphql/latest/objects/LineItem).
type LineItem struct {
	ID string
	// SKU is empty if the variant has none.
	SKU, Title string
	// Vendor is the product's vendor. It is empty if the line has none, such as a tip or a custom item.
	Vendor string
	// IsGiftCard is true for products for which Shopify itself issues a gift card.
	IsGiftCard bool
	// CurrentQuantity excludes units that were refunded or removed.
	Quantity, CurrentQuantity int
	// UnitPrice is the price of one unit before discounts, in the shop's currency.
	UnitPrice Money
	// DiscountedPrice is the approximate price of one unit after all discounts: Shopify divides up the discounts on the
	// whole order.
	DiscountedPrice Money
	Attributes      []Attribute
}

// Money is a decimal amount in a currency. The amount is a string because a float would not be exact.
type Money struct {
	Amount, CurrencyCode string
}

// Attribute is a custom attribute of a line, called a property in the REST API. Buyers enter its value.
type Attribute struct {
	Key, Value string
}

// ListOrdersOptions selects a page of orders.
type ListOrdersOptions struct {
	// Query is a search, see [Search]; empty means all orders.
	Query string
	// First is the page size, at most 250; 0 means 100.
	First int
	// After is the NextCursor of the previous page. It is valid only with the same Query.
	After string
	// WithoutLines omits the orders' lines. It makes it possible to read orders whose lines are too large to be read.
	WithoutLines bool
}

// OrderPage is a page of orders, least recently updated first.
type OrderPage struct {
	// Orders may be empty even though there is a next page.
	Orders []Order
	// NextCursor is empty on the last page.
	NextCursor string
	// ServedVersion is the version of the API that served the response. It differs from [Client.APIVersion] if that
	// version no longer exists.
	ServedVersion string
	// Cost is the cost of the last query for the page.
	Cost Cost
}

// ListOrders returns one page of orders with all their lines.
//
// Without the scope read_all_orders, Shopify silently omits orders older than 60 days.
func (c *Client) ListOrders(ctx context.Context, opts ListOrdersOptions) (*OrderPage, error) {
	if opts.First == 0 {
		opts.First = defaultPageSize
	}
	x := c.api.Exchange("list orders")
	lines := lineItemsInPage
	if opts.WithoutLines {
		lines = 1 // The minimum.
	}
	data, err := listOrders(ctx, x, opts.First, opts.After, opts.Query, lines, c.company, c.risk)
	if err != nil {
		return nil, err
	}
	if data.Orders == nil || data.Orders.Nodes == nil {
		return nil, x.Contradiction("no list of orders")
	}
	page := &OrderPage{ServedVersion: x.Version, Orders: make([]Order, 0, len(data.Orders.Nodes))}
	page.NextCursor, err = nextCursor(x, data.Orders.PageInfo, opts.After)
	if err != nil {
		return nil, err
	}
	for i := range data.Orders.Nodes {
		if opts.WithoutLines {
			data.Orders.Nodes[i].LineItems = noLines()
		}
		o, err := c.order(ctx, x, &data.Orders.Nodes[i])
		if err != nil {
			return nil, err
		}
		page.Orders = append(page.Orders, o)
	}
	page.Cost = x.Cost
	return page, nil
}

// NotFoundError is returned for an order that Shopify does not show: either it does not exist, or it is older than 60
// days and the app lacks the scope read_all_orders.
type NotFoundError struct {
	// ID is the requested global id.
	ID string
}

// Error implements error.
func (e *NotFoundError) Error() string { return "Shopify: get order: no order " + e.ID }

const orderIDPrefix = "gid://shopify/Order/"

var orderIDPattern = regexp.MustCompile(`^(?:` + orderIDPrefix + `)?([0-9]{1,20})$`)

// GetOrder returns the order with the given global or legacy id. It does not go through search, so it sees the newest
// state. The error is a [*NotFoundError] if there is no such order.
func (c *Client) GetOrder(ctx context.Context, id string) (*Order, error) {
	m := orderIDPattern.FindStringSubmatch(id)
	if m == nil {
		return nil, fmt.Errorf("Shopify: get order: %q is not the id of an order", id)
	}
	id = orderIDPrefix + m[1]
	x := c.api.Exchange("get order")
	data, err := getOrder(ctx, x, id, lineItemsInPage, c.company, c.risk)
	if err != nil {
		return nil, err
	}
	if data.Order == nil {
		return nil, &NotFoundError{ID: id}
	}
	if data.Order.Id != id {
		return nil, x.Contradiction("asked for %s and got another order", id)
	}
	o, err := c.order(ctx, x, data.Order)
	if err != nil {
		return nil, err
	}
	return &o, nil
}

// Shop is the shop that the credentials give access to.
type Shop struct {
	// ID is Shopify's global ID of the shop. It stays the same if the shop is renamed.
	ID string

	Name, MyshopifyDomain, IANATimezone, CurrencyCode string
}

// GetShop returns the shop. It verifies that the credentials work.
func (c *Client) GetShop(ctx context.Context) (*Shop, error) {
	x := c.api.Exchange("get shop")
	data, err := getShop(ctx, x)
	if err != nil {
		return nil, err
	}
	if data.Shop == nil || data.Shop.MyshopifyDomain == "" {
		return nil, x.Contradiction("no shop")
	}
	return &Shop{
		ID:              data.Shop.Id,
		Name:            data.Shop.Name,
		MyshopifyDomain: data.Shop.MyshopifyDomain,
		IANATimezone:    data.Shop.IanaTimezone,
		CurrencyCode:    data.Shop.CurrencyCode,
	}, nil
}
