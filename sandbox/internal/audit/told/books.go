// Package told compares what customers were told about their orders with what became of these: the shop's orders, who placed them, what
// was changed when, the messages that the service has delivered, what the system says of each message, and what people see as unsent.
//
// Like package audit, it shares no code with the application. It reads messages by their texts, which [Templates] word for it.
package told

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// Books holds the records to compare.
type Books struct {
	// Orders are those of the shop in the end, and People who placed them, by the shop's ID.
	Orders []Order
	People map[int64]Person
	// Changes are what was done to orders after they had been placed, in the order of time.
	Changes []Change
	// Deliveries are the messages that customers got, in the order of their arrival.
	Deliveries []Delivery
	// States are what the system says of each order, and Unsent the messages that people see as unsent.
	States []State
	Unsent []Unsent
	// Asked counts the requests for each number.
	Asked map[string]int
	// Products are those that sell out and return.
	Products []Product
	Service  Service
}

// Order is an order as recorded by the shop.
type Order struct {
	ID              int64         `json:"id"`
	Name            string        `json:"name"`
	Test            bool          `json:"test"`
	CancelledAt     time.Time     `json:"cancelled_at"`
	FinancialStatus string        `json:"financial_status"`
	Lines           []Line        `json:"lines"`
	Fulfillments    []Fulfillment `json:"fulfillments"`
	Refunds         []Refund      `json:"refunds"`
}

// Line is a line of an order.
type Line struct {
	ID       int64  `json:"id"`
	Title    string `json:"title"`
	Quantity int    `json:"quantity"`
	Removed  int    `json:"removed"`
}

// Fulfillment is a parcel.
type Fulfillment struct {
	ID            int64  `json:"id"`
	Status        string `json:"status"`
	DisplayStatus string `json:"display_status"`
	Trackings     []struct {
		Number string `json:"number"`
	} `json:"trackings"`
	Lines []Units `json:"lines"`
}

// Units are units of a line.
type Units struct {
	Line     int64 `json:"line"`
	Quantity int   `json:"quantity"`
}

// Refund is money or units that were given back.
type Refund struct {
	ID     int64   `json:"id"`
	Amount string  `json:"amount"`
	Lines  []Units `json:"lines"`
}

// Person is who placed an order.
type Person struct {
	// Number is the only one that messages may go to; empty if there is none, and Why is the reason then.
	Number, Why string
	// Unsubscribed is set if the person wanted no messages before the run, and Left is when the person stopped them; zero if never.
	Unsubscribed bool
	Left         time.Time
	// Unreachable is set if the service refuses the number.
	Unreachable bool
	// Abroad is set if all messages have to be texts.
	Abroad bool
}

// Change is something that was done to an order. It happened between two times.
type Change struct {
	Order      int64
	What       string
	Began, Did time.Time
}

// The changes that the auditor knows.
const (
	cancelled = "cancelled"
	moneyBack = "money_back"
)

// Delivery is a message that a customer got.
type Delivery struct {
	To             string          `json:"to"`
	Text           string          `json:"text"`
	Type           string          `json:"type"`
	Data           json.RawMessage `json:"data"`
	NotificationID string          `json:"notification_id"`
	At             time.Time       `json:"at"`
}

// State is what the system says of the messages of an order.
type State struct {
	Order    int64
	Messages []Message
}

// Message is what became of a message.
type Message struct {
	Key   string `json:"key"`
	Kind  string `json:"kind"`
	State string `json:"state"`
	// Dropped is why it was not sent, and Failure why it could not be.
	Dropped string `json:"dropped"`
	Failure string `json:"failure"`
}

// The kinds and the states of messages.
const (
	receipt      = "receipt"
	shipment     = "shipment"
	update       = "update"
	sent         = "sent"
	unsubscribed = "unsubscribed"
	dropped      = "dropped"
	failed       = "failed"
	inDoubt      = "MessageInDoubt"
	refused      = "MessageRefused"
)

// Unsent is a message that people see as unsent. Order is the ID of the order; for a notice, that of the variant, or that of the product
// with "product-" before it.
type Unsent struct{ Order, Key string }

// Product is a product that sells out and returns.
type Product struct {
	// ID is that of the product, and Variant that of its variant.
	ID, Variant, Name string
	// Notices reports whether those who asked for it must be told, once, if the system has heard of it.
	Notices, Heard bool
}

// Service is what the service itself has counted.
type Service struct {
	Doubles        int            `json:"doubles"`
	SecondReceipts int            `json:"second_receipts"`
	Refused        map[string]int `json:"refused"`
}

func (o Order) paid() bool {
	return slices.Contains([]string{"PAID", "PARTIALLY_REFUNDED", "REFUNDED"}, o.FinancialStatus)
}

// left returns the units of a line that are left.
func (o Order) left(l Line) int {
	if !o.CancelledAt.IsZero() {
		return 0
	}
	return l.Quantity - l.Removed
}

func (o Order) empty() bool {
	return !slices.ContainsFunc(o.Lines, func(l Line) bool { return o.left(l) > 0 })
}

func (o Order) line(id int64) (Line, bool) {
	i := slices.IndexFunc(o.Lines, func(l Line) bool { return l.ID == id })
	if i < 0 {
		return Line{}, false
	}
	return o.Lines[i], true
}

// items returns units by the names of their lines.
func (o Order) items(units []Units) map[string]int {
	out := map[string]int{}
	for _, u := range units {
		if l, ok := o.line(u.Line); ok {
			out[l.Title] += u.Quantity
		}
	}
	return out
}

func (f Fulfillment) has(number string) bool {
	return slices.ContainsFunc(f.Trackings, func(t struct {
		Number string `json:"number"`
	},
	) bool {
		return t.Number == number
	})
}

func id(order int64) string { return strconv.FormatInt(order, 10) }
