package subscription

// topic is what is known of a topic.
type topic struct {
	// header is the topic's name in the header of a delivery.
	header string
	// scopes are the scopes of which one is needed, none if the topic needs none.
	scopes []string
}

var (
	readOrders       = []string{"read_orders", "read_marketplace_orders"}
	readProducts     = []string{"read_products"}
	readDisputes     = []string{"read_shopify_payments_disputes"}
	readFulfillments = []string{"read_fulfillments", "read_marketplace_orders"}
)

// topics are the topics that can be subscribed to, by WebhookSubscriptionTopic. The others are not simulated.
var topics = map[string]topic{
	"ORDERS_CREATE":       {"orders/create", readOrders},
	"ORDERS_PAID":         {"orders/paid", readOrders},
	"ORDERS_UPDATED":      {"orders/updated", readOrders},
	"ORDERS_EDITED":       {"orders/edited", readOrders},
	"ORDERS_CANCELLED":    {"orders/cancelled", readOrders},
	"ORDERS_FULFILLED":    {"orders/fulfilled", readOrders},
	"REFUNDS_CREATE":      {"refunds/create", readOrders},
	"FULFILLMENTS_CREATE": {"fulfillments/create", readFulfillments},
	"FULFILLMENTS_UPDATE": {"fulfillments/update", readFulfillments},
	"DISPUTES_CREATE":     {"disputes/create", readDisputes},
	"DISPUTES_UPDATE":     {"disputes/update", readDisputes},
	"PRODUCTS_CREATE":     {"products/create", readProducts},
	"PRODUCTS_UPDATE":     {"products/update", readProducts},
	"PRODUCTS_DELETE":     {"products/delete", readProducts},
	"VARIANTS_IN_STOCK":   {"variants/in_stock", readProducts},
	"APP_UNINSTALLED":     {"app/uninstalled", nil},
}

// Header returns the name of a topic in the header of a delivery: orders/create for ORDERS_CREATE. It is empty for a
// topic that is not simulated.
func Header(name string) string { return topics[name].header }

// Topic returns the WebhookSubscriptionTopic of a topic in a header, empty if it is not simulated.
func Topic(header string) string {
	for name, t := range topics {
		if t.header == header {
			return name
		}
	}
	return ""
}
