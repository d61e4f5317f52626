package mutation

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/order"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/shop"
)

// fulfil fulfils lines of one fulfillment order, all or none, and returns why it did not. Several fulfillment orders at
// once, and all lines without naming them, are not simulated.
func (r root) fulfil(in map[string]any) string {
	of, _ := in["lineItemsByFulfillmentOrder"].([]any)
	if len(of) != 1 {
		return "Only one fulfillment order is simulated."
	}
	one, _ := of[0].(map[string]any)
	lines, _ := one["fulfillmentOrderLineItems"].([]any)
	if len(lines) == 0 {
		return "Only named lines are simulated."
	}
	notify, _ := in["notifyCustomer"].(bool)
	refused := "Fulfillment order does not exist."
	r.shop.ChangeOrder(numberOf(one["fulfillmentOrderId"], order.FulfillmentOrderType), func(o *shop.Order) bool {
		refused = fulfil(o, lines)
		if notify {
			o.Notified++
		}
		return refused == ""
	})
	return refused
}

func fulfil(o *shop.Order, lines []any) string {
	if status := o.FulfillmentStatus(); status != "OPEN" && status != "IN_PROGRESS" {
		return "The fulfillment order is not in an open state."
	}
	for _, line := range lines {
		of, _ := line.(map[string]any)
		l := lineOf(o, numberOf(of["id"], order.FulfillmentLineType))
		n := integer(of["quantity"])
		switch {
		case l == nil:
			return "Fulfillment order line item does not exist."
		case n < 1 || n > l.Remaining():
			return "Invalid fulfillment order line item quantity requested."
		}
		l.Fulfilled += n
	}
	return ""
}

func lineOf(o *shop.Order, id int64) *shop.LineItem {
	for i := range o.Lines {
		if o.Lines[i].ID == id {
			return &o.Lines[i]
		}
	}
	return nil
}

// numberOf returns the number in the global id of an object of a type, 0 if it is not such an id.
func numberOf(id any, typeName string) int64 {
	given, _ := id.(string)
	number, ok := strings.CutPrefix(given, "gid://shopify/"+typeName+"/")
	n, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil {
		return 0
	}
	return n
}

// integer returns an integer of a query or of its variables.
func integer(v any) int {
	switch n := v.(type) {
	case int64:
		return int(n)
	case json.Number:
		i, err := n.Int64()
		if err != nil {
			return 0
		}
		return int(i)
	}
	return 0
}
