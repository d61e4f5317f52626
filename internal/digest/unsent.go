package digest

import (
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// Unsent are the messages to customers that could not be sent, and that nobody has seen to.
type Unsent struct {
	// Messages are the latest of them, and Total is the number of all.
	Messages []UnsentMessage `json:"messages,omitempty"`
	Total    int             `json:"total,omitempty"`
}

// UnsentMessage is a message to the customer of an order, or to those who wait for a product.
type UnsentMessage struct {
	// Name is what people call the order, and OrderID its number; both are empty for a notice, of which Variant or Product is
	// the number.
	Name    string `json:"name,omitempty"`
	OrderID string `json:"order_id,omitempty"`
	Variant string `json:"variant_id,omitempty"`
	Product string `json:"product_id,omitempty"`
	// Key names it among the messages of its order.
	Key string `json:"key"`
	// About is what it is about: "receipt", "shipment", "update" or "in-stock"; empty if the order could not be read, so that it is not
	// known what there is to tell.
	About string `json:"about,omitempty"`
	// Kind and Message are why it could not be sent, and At is when it was given up.
	Kind    giftcard.Kind `json:"kind"`
	Message string        `json:"message,omitempty"`
	At      time.Time     `json:"at"`
}

// Count returns the number of all messages that could not be sent.
func (u Unsent) Count() int { return max(u.Total, len(u.Messages)) }
