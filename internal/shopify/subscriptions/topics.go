package subscriptions

import (
	"slices"
	"strings"
)

// Paths of the receiver to which Shopify delivers, below its address.
const (
	OrdersPath   = "/webhooks/shopify/orders"
	ProductsPath = "/webhooks/shopify/products"
)

// Topic is a kind of event that giftbridge wants to hear of.
type Topic struct {
	// Name is the topic as deliveries call it, such as "orders/create".
	Name string
	// Enum is the topic as the API calls it, such as "ORDERS_CREATE".
	Enum string
	// Path is where the receiver takes it.
	Path string
	// Scope is the access scope that it needs, empty if it needs none.
	Scope string
	// Optional reports whether giftbridge does without the topic if the app lacks the scope.
	Optional bool
	// Use says what giftbridge does with it.
	Use string
}

// Topics are the topics that giftbridge subscribes to. There is no products/create: a new product cannot be one that is
// already sold as a gift card, and a renamed one comes as products/update.
var Topics = []Topic{
	{"orders/create", "ORDERS_CREATE", OrdersPath, "read_orders", false, "takes the order in"},
	{"orders/paid", "ORDERS_PAID", OrdersPath, "read_orders", false, "takes an order in that is paid later"},
	{"orders/updated", "ORDERS_UPDATED", OrdersPath, "read_orders", false, "takes an order in that becomes a gift-card order"},
	{"orders/edited", "ORDERS_EDITED", OrdersPath, "read_orders", false, "takes an order in that is edited into a gift-card order"},
	{"orders/cancelled", "ORDERS_CANCELLED", OrdersPath, "read_orders", false, "finds cards of cancelled orders"},
	{"refunds/create", "REFUNDS_CREATE", OrdersPath, "read_orders", false, "finds cards of refunded lines"},
	{
		"disputes/create", "DISPUTES_CREATE", OrdersPath, "read_shopify_payments_disputes", true,
		"finds cards of disputed payments",
	},
	{"products/update", "PRODUCTS_UPDATE", ProductsPath, "read_products", false, "watches the gift-card SKUs"},
	{"products/delete", "PRODUCTS_DELETE", ProductsPath, "read_products", false, "watches the gift-card SKUs"},
	{"app/uninstalled", "APP_UNINSTALLED", OrdersPath, "", false, "raises an alarm"},
}

// Scopes are access scopes of the app.
type Scopes []string

// Grant reports whether the scopes include what a topic needs. Permission to write includes permission to read.
func (s Scopes) Grant(t Topic) bool {
	return t.Scope == "" || slices.Contains(s, t.Scope) || slices.Contains(s, strings.Replace(t.Scope, "read_", "write_", 1))
}

// Missing returns the scopes that the topics need and s lacks: of the topics that giftbridge cannot do without, and of
// the others.
func (s Scopes) Missing() (needed, optional []string) {
	for _, t := range Topics {
		if s.Grant(t) {
			continue
		}
		list := &needed
		if t.Optional {
			list = &optional
		}
		if !slices.Contains(*list, t.Scope) {
			*list = append(*list, t.Scope)
		}
	}
	return needed, optional
}

// name returns the name of a giftbridge subscription. Names have at most 50 letters, digits, hyphens and underscores.
func (t Topic) name() string { return namePrefix + strings.ReplaceAll(t.Name, "/", "-") }

// TopicName returns the subscription's topic as deliveries call it, such as "orders/create", if giftbridge uses the topic.
func (s Subscription) TopicName() string { return topicOf(s.Topic) }

// topicOf returns the name of a topic that the API calls enum, in the form of deliveries if it is one of ours.
func topicOf(enum string) string {
	for _, t := range Topics {
		if t.Enum == enum {
			return t.Name
		}
	}
	return enum
}
