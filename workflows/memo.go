package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/activities/deferred"
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
	// WaitsUntil is when the order's cards are asked for; zero if it does not wait.
	WaitsUntil time.Time `json:"waits_until,omitzero"`
}

// Listing is what a list of workflows shows of an order without reading its history.
type Listing struct {
	Attributes temporal.SearchAttributes
	// Memo holds an [OrderMemo] under [OrderMemoKey].
	Memo    map[string]any
	Summary string
	// Details is the text that the Web UI shows of the order, in Markdown.
	Details string
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
		Details: details(o.Shop, o.ID, o.Name, worth(m),
			"If it fails, "+command("show", o.ID)+" says why and what to do.", "failed-orders"),
	}
}

// Listing returns the listing of the order, with the time until which it waits.
func (in GiftCardOrderInput) Listing() Listing {
	l := ListingOf(in.Order)
	if until := in.waitsUntil(); !until.IsZero() {
		m := l.Memo[OrderMemoKey].(OrderMemo)
		m.WaitsUntil = until
		l.Memo[OrderMemoKey] = m
	}
	return l
}

// ListingOfChanged returns the listing of an order that was cancelled or refunded although its cards exist.
func ListingOfChanged(shop, id, name string) Listing {
	return Listing{
		Attributes: temporal.NewSearchAttributes(ShopifyOrderName.ValueSet(clip(name))),
		Summary:    "Order " + cut(name, maxSummaryName) + ": compare its cards with what is owed",
		Details: details(shop, id, name, "cancelled, refunded or reduced after its cards were issued",
			command("show", id)+" lists its cards and what became of them.", "an-order-is-cancelled-or-refunded-after-its-cards-were-issued"),
	}
}

// worth phrases the number of an order's cards and their value.
func worth(m OrderMemo) string {
	if m.Amount == "" {
		return cards(m.Cards)
	}
	return cards(m.Cards) + ", " + m.Amount + " " + m.Currency
}

// ListingOfLeft returns the listing of an order that is left to people.
func ListingOfLeft(o activities.LeftOrder) Listing {
	m := OrderMemo{Cards: o.Cards, Amount: o.Amount, Currency: o.Currency, Reason: o.Reason}
	summary, is := " is left to people", worth(m)+", left to people because "+Why(o.Reason)
	todo := command("release", o.ID) + " issues its cards, " + command("settle", o.ID) + " records that nothing is left to do."
	section := "an-order-is-left-to-people"
	switch o.Reason {
	case giftcard.Redacted:
		summary, is = " is redacted", worth(m)+", personal data removed"
		todo, section = command("show", o.ID)+" says by whom, and when.", "a-customer-asks-for-erasure"
	case giftcard.Settled:
		summary, is = " is settled", worth(m)+", settled by hand"
		todo, section = command("show", o.ID)+" says by whom, and why.", "an-order-is-settled-by-hand"
	default:
	}
	return Listing{
		Attributes: temporal.NewSearchAttributes(ShopifyOrderName.ValueSet(clip(o.Name))),
		Memo:       map[string]any{OrderMemoKey: m},
		Summary:    "Order " + cut(o.Name, maxSummaryName) + summary,
		Details:    details(o.Shop, o.ID, o.Name, is, todo, section),
	}
}

// CardMemoKey is the memo key of a [DeferredCard] that holds its [CardMemo].
const CardMemoKey = "Card"

// CardMemo says whose card a [DeferredCard] makes, for lists of workflows.
type CardMemo struct {
	// Order is the workflow ID of the order, and Unit counts its cards from 1.
	Order string `json:"order"`
	Unit  int    `json:"unit"`
	// Price is the value of the card, a decimal in Currency.
	Price    string `json:"price,omitempty"`
	Currency string `json:"currency,omitempty"`
}

// ListingOfCard returns the listing of a card that its issuer makes later. It is found by the name of its order.
func ListingOfCard(u deferred.Unit) Listing {
	return Listing{
		Attributes: NameAttribute(u.OrderName),
		Memo:       map[string]any{CardMemoKey: CardMemo{Order: u.OrderWorkflowID, Unit: u.Number, Price: u.Price, Currency: u.Currency}},
		Summary:    fmt.Sprintf("Card %d of order %s", u.Number, cut(u.OrderName, maxSummaryName)),
	}
}

// NameAttribute returns the search attribute by which a workflow that concerns an order is found by the order's name.
func NameAttribute(name string) temporal.SearchAttributes {
	return temporal.NewSearchAttributes(ShopifyOrderName.ValueSet(clip(name)))
}
