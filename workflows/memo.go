package workflows

import "github.com/giftbridge/giftbridge/internal/giftcard"

// OrderMemoKey is the memo of an order's workflow that holds its [OrderMemo].
const OrderMemoKey = "Order"

// OrderMemo is what lists of workflows can add up without opening a history.
type OrderMemo struct {
	Cards int `json:"cards"`
	// Amount, with two decimals, and Currency are the cards' whole value; empty where an order's prices make no sense.
	Amount   string `json:"amount,omitempty"`
	Currency string `json:"currency,omitempty"`
}

func memo(o giftcard.Order) map[string]any {
	m := OrderMemo{Cards: o.Units()}
	if value, err := o.Value(); err == nil {
		m.Amount, m.Currency = value.Amount(), value.Currency
	}
	return map[string]any{OrderMemoKey: m}
}
