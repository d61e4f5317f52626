package workflows

import (
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// OrderMemoKey is the memo key of an order's workflow that holds its [OrderMemo].
const OrderMemoKey = "Order"

// OrderMemo holds what a list of workflows can add up without reading a history.
type OrderMemo struct {
	Cards int `json:"cards"`
	// Amount, with two decimals, and Currency are the total value of the cards; empty if the order's prices are
	// invalid.
	Amount   string `json:"amount,omitempty"`
	Currency string `json:"currency,omitempty"`
	// Reason says why the order is left to people; empty if it is not.
	Reason giftcard.Reason `json:"reason,omitempty"`
}

// Listing is what a list of workflows shows of an order without reading its history.
type Listing struct {
	Attributes temporal.SearchAttributes
	// Memo holds an [OrderMemo] under [OrderMemoKey].
	Memo    map[string]any
	Summary string
}

// ListingOf returns the listing of an order whose cards are issued.
func ListingOf(o giftcard.Order) Listing {
	m := OrderMemo{Cards: o.Units()}
	if value, err := o.Value(); err == nil {
		m.Amount, m.Currency = value.Amount(), value.Currency
	}
	return Listing{
		Attributes: searchAttributes(o),
		Memo:       map[string]any{OrderMemoKey: m},
		Summary:    "Order " + cut(o.Name, maxSummaryName) + ": " + cards(o.Units()),
	}
}

// ListingOfLeft returns the listing of an order that is left to people.
func ListingOfLeft(o activities.LeftOrder) Listing {
	summary := "Order " + cut(o.Name, maxSummaryName) + " is left to people"
	if o.Reason == giftcard.Settled {
		summary = "Order " + cut(o.Name, maxSummaryName) + " is settled"
	}
	return Listing{
		Attributes: temporal.NewSearchAttributes(ShopifyOrderName.ValueSet(clip(o.Name))),
		Memo: map[string]any{OrderMemoKey: OrderMemo{
			Cards: o.Cards, Amount: o.Amount, Currency: o.Currency, Reason: o.Reason,
		}},
		Summary: summary,
	}
}
