package shopifytest

import (
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/dispute"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/goods"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/order"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/payload"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/shop"
)

// What is in a shop has names here, so that a test names one package.
type (
	// Order is an order of the simulated shop.
	Order = shop.Order
	// Customer is the person who placed an order.
	Customer = shop.Customer
	// Company is a B2B company.
	Company = shop.Company
	// LineItem is a line of an order.
	LineItem = shop.LineItem
	// Attribute is a custom attribute of a line.
	Attribute = shop.Attribute
	// Dispute is a dispute about a payment.
	Dispute = dispute.Dispute
	// Variant is a variant of a product.
	Variant = shop.Variant
	// Option is a choice such as Size, and its value.
	Option = goods.Option
	// Address is a postal address.
	Address = order.Address
	// Payment is a way in which an order was paid.
	Payment = order.Payment
	// Fulfillment is a parcel, and Tracking how it is followed.
	Fulfillment = shop.Fulfillment
	Tracking    = order.Tracking
	// Refund is money or units that were given back.
	Refund = shop.Refund
	// Units are units of a line.
	Units = order.Units
)

// FromWebhook parses the payload of an orders/create webhook.
func FromWebhook(body []byte) (Order, error) { return payload.FromWebhook(body) }
