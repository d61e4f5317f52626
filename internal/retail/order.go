// Package retail holds orders and products as a shop shows them to its customers: what was bought, paid, sent and given back.
// It is what messages to customers are made of. All money of an order is in the currency that its customer paid in.
package retail

import "time"

// Order is an order of any products, as it is now.
type Order struct {
	// Number is the shop's number of the order, which never changes, and Name what people call it: "#1001".
	Number, Name string
	Test         bool
	// Locale is the customer's language: "en", "fr-CA"; empty if it is not known.
	Locale string
	// ProcessedAt is when the order was placed. It is earlier than CreatedAt for orders that were imported.
	ProcessedAt, CreatedAt, UpdatedAt time.Time
	// CancelledAt is zero unless the whole order was cancelled.
	CancelledAt time.Time
	// Paid reports whether the order was paid or authorised at some time, whatever was refunded since.
	Paid bool
	// PaidAt is when the first payment was made or authorised; zero if that is not known.
	PaidAt time.Time
	// Currency is the currency of all amounts of the order: that of the customer, if the shop shows it.
	Currency string
	// TaxesIncluded reports whether prices, subtotal and shipping contain the tax.
	TaxesIncluded bool
	// Ordered are the sums when the order was placed, and Current those after edits and refunds.
	Ordered, Current Totals
	Lines            []Line
	// Shipping and Billing are nil if the order has no such address.
	Shipping, Billing *Address
	Customer          Customer
	// Phone is the number that the customer left with the order, as it was typed; empty if there is none.
	Phone string
	// ShippingMethod is the title of the first shipping line; empty if there is none.
	ShippingMethod string
	Payments       []Payment
	Fulfillments   []Fulfillment
	Refunds        []Refund
	// StatusURL opens the order for its customer without a login: it is a secret. Empty if the shop gives none.
	StatusURL string
}

// Totals are the sums of an order. Total = subtotal + shipping + tax + tips + duties, where subtotal and shipping are net of tax
// only if the prices are: see [Order.TaxesIncluded].
type Totals struct {
	// Subtotal is after discounts.
	Subtotal, Shipping, Tax, Tips, Duties, Total Amount
}

// Line is a line of an order.
type Line struct {
	// ID is the shop's number of the line.
	ID string
	// Name is that of product and variant, as the customer read it.
	Name string
	// Quantity is how many were ordered, and CurrentQuantity how many are left after edits and refunds.
	Quantity, CurrentQuantity int
	// UnitPrice is before discounts. DiscountedTotal is the price of all units that were ordered, after all discounts.
	UnitPrice, DiscountedTotal Amount
	// RequiresShipping reports whether it is sent as a parcel.
	RequiresShipping bool
	// ImageURL and ProductURL are empty if there are none: a product may be deleted, unpublished or made up for the order.
	ImageURL, ProductURL string
	Vendor               string
	// Options are those of the variant, such as {"Size", "L"}.
	Options []Option
	// Grams is the weight of one unit; 0 if it is not known.
	Grams int
}

// Option is a choice that tells a variant from others.
type Option struct{ Name, Value string }

// Address is a postal address as the shop has it.
type Address struct {
	// Name is the full name of the person.
	Name             string
	Street1, Street2 string
	City             string
	// Province is the code of a state or province: "CA", "NSW"; empty where there is none.
	Province   string
	PostalCode string
	// Country is the ISO 3166 alpha-2 code.
	Country string
	// Phone is as it was typed; empty if there is none.
	Phone string
}

// Customer is the account or the guest who placed an order.
type Customer struct {
	// Name is empty for a guest who left none.
	Name string
	// Phone is the number in the account, which the customer may have left for another purpose.
	Phone string
	// TextsConsented reports whether the customer agreed to marketing by text message.
	TextsConsented bool
}

// Payment is one of the payments of an order that succeeded.
type Payment struct {
	// Gateway is what the shop calls the way of payment: "PayPal", "Gift card".
	Gateway string
	// Company and LastDigits are those of a card: "Visa", "4242"; empty otherwise.
	Company, LastDigits string
}

// The states of a fulfillment.
const (
	// FulfillmentSucceeded means that the parcel was handed to the carrier.
	FulfillmentSucceeded = "success"
	// FulfillmentCancelled means that it was taken back.
	FulfillmentCancelled = "cancelled"
)

// Fulfillment is a parcel, or a delivery of another kind.
type Fulfillment struct {
	// ID is the shop's number of it, and Status one of the constants, or another word of the shop's.
	ID, Status string
	// Shipment is where the parcel is, in the shop's words: "in_transit", "delivered"; empty if it is not known.
	Shipment             string
	CreatedAt, UpdatedAt time.Time
	DeliveredAt          time.Time
	// RequiresShipping reports whether something of it is sent as a parcel.
	RequiresShipping bool
	// Carrier is empty if the shop does not name one.
	Carrier   string
	Trackings []Tracking
	Items     []FulfilledItem
	// Origin and Destination are nil if they are not known.
	Origin, Destination *Address
}

// Tracking is how a parcel is followed. The shop does not say which parcel has which item.
type Tracking struct {
	Number string
	// URL is empty if there is none.
	URL string
}

// FulfilledItem is a line of an order in a fulfillment.
type FulfilledItem struct {
	Line     string
	Quantity int
}

// Refund is money or items that were given back.
type Refund struct {
	// ID is the shop's number of it.
	ID        string
	CreatedAt time.Time
	// Total is the money that was given back.
	Total Amount
	Items []FulfilledItem
}

// Variant is a product in one of its forms, as it is now.
type Variant struct {
	// Number and Product are the shop's numbers of the variant and of its product.
	Number, Product string
	// Title is that of the product, with the variant's own if it has more than one.
	Title string
	// URL is empty unless the product is published in the online shop.
	URL string
	// Description is text without markup.
	Description string
	// ImageURL is empty if there is no image.
	ImageURL string
	// Price is in the shop's currency.
	Price Amount
	// ProductTitle, ProductImageURL and LowestPrice are those of the product as a whole, whichever of its variants this one is. The price
	// is that of the cheapest variant.
	ProductTitle, ProductImageURL string
	LowestPrice                   Amount

	Vendor  string
	Options []Option
	// ForSale reports whether customers can buy it now, and Sellable how many of it.
	ForSale  bool
	Sellable int
}
