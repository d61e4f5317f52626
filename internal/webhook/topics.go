package webhook

import "strings"

// Paths of the deliveries. Shopify delivers what concerns orders to the first, and what concerns products to the second.
const (
	OrdersPath   = "/webhooks/shopify/orders"
	ProductsPath = "/webhooks/shopify/products"
)

// Topics. Not all of them are subscribed to: giftbridge asks for those that something acts on.
const (
	OrdersCreate       = "orders/create"
	OrdersPaid         = "orders/paid"
	OrdersUpdated      = "orders/updated"
	OrdersEdited       = "orders/edited"
	OrdersCancelled    = "orders/cancelled"
	RefundsCreate      = "refunds/create"
	FulfillmentsCreate = "fulfillments/create"
	FulfillmentsUpdate = "fulfillments/update"
	DisputesCreate     = "disputes/create"
	ProductsCreate     = "products/create"
	ProductsUpdate     = "products/update"
	ProductsDelete     = "products/delete"
	VariantsInStock    = "variants/in_stock"
	AppUninstalled     = "app/uninstalled"
)

// topic is how the deliveries of a topic look.
type topic struct {
	name, path string
	read       func(fields, *Notice) error
}

// topics are those that can be read, in reading order.
var topics = []topic{
	{OrdersCreate, OrdersPath, readOrder},
	{OrdersPaid, OrdersPath, readOrder},
	{OrdersUpdated, OrdersPath, readOrder},
	{OrdersEdited, OrdersPath, readEdit},
	{OrdersCancelled, OrdersPath, readOrder},
	{RefundsCreate, OrdersPath, readRefund},
	{FulfillmentsCreate, OrdersPath, readFulfillment},
	{FulfillmentsUpdate, OrdersPath, readFulfillment},
	{DisputesCreate, OrdersPath, readDispute},
	{ProductsCreate, ProductsPath, readProduct},
	{ProductsUpdate, ProductsPath, readProduct},
	{ProductsDelete, ProductsPath, readDeleted},
	{VariantsInStock, ProductsPath, readVariant},
	{AppUninstalled, OrdersPath, readShop},
}

func find(name string) (topic, bool) {
	for _, t := range topics {
		if t.name == name {
			return t, true
		}
	}
	return topic{}, false
}

// Topics returns the topics that can be read.
func Topics() []string {
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = t.name
	}
	return names
}

// PathOf returns the path to which the deliveries of a topic go, or "" for a topic that cannot be read.
func PathOf(name string) string {
	t, _ := find(name)
	return t.path
}

// OtherTopic stands in metrics for all topics that cannot be read. Whoever sends requests chooses their topics, so that
// they must not become labels.
const OtherTopic = "other"

// labelOf returns the name of a topic for the metrics and the log.
func labelOf(name string) string {
	if _, ok := find(name); ok {
		return name
	}
	return OtherTopic
}

// topicOf reads the name of a topic. The API writes it as ORDERS_CREATE, deliveries as orders/create.
func topicOf(header string) string { return strings.ToLower(header) }
