package retailing

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"github.com/giftbridge/giftbridge/internal/shopify/adminapi"
	"github.com/giftbridge/giftbridge/internal/shopify/search"
)

// Client reads the orders and products of one shop.
type Client struct{ api *adminapi.API }

// New returns a client that uses an API.
func New(api *adminapi.API) *Client { return &Client{api} }

// Page sizes. Shopify refuses more than 250 (shopify.dev/docs/api/usage/pagination-graphql).
const (
	// linesAtFirst is the number of lines that come with an order; the remaining lines of the few orders that have more are
	// fetched separately. Cost grows with the logarithm of this number.
	linesAtFirst = 100
	maxPageSize  = 250
)

// NotFoundError is returned for an order or a variant that Shopify does not show. An order may be older than 60 days, and
// the app lack the scope read_all_orders.
type NotFoundError struct {
	// ID is the requested global id.
	ID string
}

// Error implements error.
func (e *NotFoundError) Error() string { return "Shopify: nothing has the id " + e.ID }

const (
	orderIDPrefix       = "gid://shopify/Order/"
	variantIDPrefix     = "gid://shopify/ProductVariant/"
	fulfillmentIDPrefix = "gid://shopify/Fulfillment/"
	refundIDPrefix      = "gid://shopify/Refund/"
)

var (
	numberPattern = regexp.MustCompile(`^[0-9]{1,20}$`)
	lineIDPattern = regexp.MustCompile(`^gid://shopify/LineItem/[0-9]{1,20}$`)
)

// isID reports whether an object that has an id and a number is identified by them.
func isID(prefix, id, number string) bool {
	return numberPattern.MatchString(number) && id == prefix+number
}

// Order returns the order with the legacy id as it is now. All its lists of lines are complete. The locations of parcels
// are read only if asked for. The error is a [*NotFoundError] if Shopify shows no such order.
func (c *Client) Order(ctx context.Context, number string, locations bool) (*Order, error) {
	if !numberPattern.MatchString(number) {
		return nil, fmt.Errorf("Shopify: get order: %.40q is not the id of an order", number)
	}
	id := orderIDPrefix + number
	x := c.api.Exchange("get retail order")
	data, err := getOrder(ctx, x, id, linesAtFirst, maxPageSize, locations)
	if err != nil {
		return nil, err
	}
	o := data.Order
	switch {
	case o == nil:
		return nil, &NotFoundError{ID: id}
	case !isID(orderIDPrefix, o.Id, o.LegacyResourceId) || o.Id != id:
		return nil, x.Contradiction("asked for %s and got another order", id)
	case o.CreatedAt.IsZero() || o.UpdatedAt.IsZero() || o.ProcessedAt.IsZero() || o.PresentmentCurrencyCode == "":
		return nil, x.Contradiction("order %s without dates or currency", id)
	case o.Fulfillments == nil || o.Refunds == nil || o.Transactions == nil || o.ShippingLines.Nodes == nil:
		return nil, x.Contradiction("order %s without a list", id)
	}
	for i := range o.Fulfillments {
		if f := &o.Fulfillments[i]; !isID(fulfillmentIDPrefix, f.Id, f.LegacyResourceId) || f.CreatedAt.IsZero() || f.UpdatedAt.IsZero() {
			return nil, x.Contradiction("order %s has a fulfillment without id or dates", id)
		}
	}
	for i := range o.Refunds {
		if r := &o.Refunds[i]; !isID(refundIDPrefix, r.Id, r.LegacyResourceId) || r.ProcessedAt.IsZero() {
			return nil, x.Contradiction("order %s has a refund without id or date", id)
		}
	}
	return o, c.complete(ctx, x, o)
}

// Shown is a variant with what Shopify says of its shop and its images.
type Shown struct {
	Variant

	// CurrencyCode is that of the price.
	CurrencyCode string
	// ImageURL is the variant's own image, else the one of the product, which is ProductImageURL. Both are empty if there is none.
	ImageURL, ProductImageURL string
}

// Variant returns the variant with the legacy id as it is now. The error is a [*NotFoundError] if there is none.
func (c *Client) Variant(ctx context.Context, number string) (*Shown, error) {
	if !numberPattern.MatchString(number) {
		return nil, fmt.Errorf("Shopify: get variant: %.40q is not the id of a variant", number)
	}
	id := variantIDPrefix + number
	x := c.api.Exchange("get variant")
	data, err := getVariant(ctx, x, id)
	if err != nil {
		return nil, err
	}
	v := data.ProductVariant
	switch {
	case v == nil:
		return nil, &NotFoundError{ID: id}
	case !isID(variantIDPrefix, v.Id, v.LegacyResourceId) || v.Id != id:
		return nil, x.Contradiction("asked for %s and got another variant", id)
	case !numberPattern.MatchString(v.Product.LegacyResourceId) || data.Shop == nil || data.Shop.CurrencyCode == "":
		return nil, x.Contradiction("variant %s without product or currency", id)
	}
	out := &Shown{Variant: *v, CurrencyCode: data.Shop.CurrencyCode}
	var own []media
	var product *media
	if json.Unmarshal(v.Media.Nodes, &own) != nil || len(v.Product.FeaturedMedia) > 0 && json.Unmarshal(v.Product.FeaturedMedia, &product) != nil {
		return nil, x.Contradiction("variant %s with media of an unknown form", id)
	}
	if product != nil {
		out.ImageURL, out.ProductImageURL = product.Image.URL, product.Image.URL
	}
	if len(own) > 0 && own[0].Image.URL != "" {
		out.ImageURL = own[0].Image.URL
	}
	return out, nil
}

// media is an image, or something else without one.
type media struct {
	Image struct {
		URL string `json:"url"`
	} `json:"image"`
}

// Updated is an order that changed.
type Updated struct {
	// LegacyID is Shopify's number of the order, decimal digits.
	LegacyID, Name string
	UpdatedAt      time.Time
}

// UpdatedPage is a page of orders that changed, the earliest change first.
type UpdatedPage struct {
	// Orders may be empty even though there is a next page.
	Orders []Updated
	// NextCursor is empty on the last page.
	NextCursor string
}

// Updated returns a page of the orders that changed in [from, before). It asks Shopify's search, which lags behind writes
// and knows whole seconds. Without the scope read_all_orders, Shopify silently omits orders older than 60 days.
func (c *Client) Updated(ctx context.Context, from, before time.Time, after string) (*UpdatedPage, error) {
	x := c.api.Exchange("list updated orders")
	data, err := listUpdated(ctx, x, maxPageSize, after, search.Orders{UpdatedAtMin: from, UpdatedBefore: before}.String())
	if err != nil {
		return nil, err
	}
	if data.Orders == nil || data.Orders.Nodes == nil {
		return nil, x.Contradiction("no list of orders")
	}
	page := &UpdatedPage{}
	if page.NextCursor, err = nextCursor(x, data.Orders.PageInfo, after); err != nil {
		return nil, err
	}
	for _, o := range data.Orders.Nodes {
		if !isID(orderIDPrefix, o.Id, o.LegacyResourceId) || o.UpdatedAt.IsZero() {
			return nil, x.Contradiction("an updated order without id or date")
		}
		page.Orders = append(page.Orders, Updated{LegacyID: o.LegacyResourceId, Name: o.Name, UpdatedAt: o.UpdatedAt})
	}
	return page, nil
}
