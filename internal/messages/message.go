// Package messages holds what customers are told about their orders: receipts, shipments and changes, and products that are back
// in stock. A message has a text, which every phone shows, and mostly a structure beside it, which a service may show instead.
package messages

import "encoding/json"

// Kind says what a message is about.
type Kind string

// The kinds.
const (
	KindReceipt  Kind = "receipt"
	KindShipment Kind = "shipment"
	KindUpdate   Kind = "update"
	KindInStock  Kind = "in-stock"
)

// Message is one message, ready to be sent. It holds personal data.
type Message struct {
	// Key identifies the message among those of its order: it is made of the order, the kind and the content, and holds nothing of
	// them that could be read.
	Key  string `json:"key"`
	Kind Kind   `json:"kind"`
	// To is the phone number in E.164 form: "+14155550100". It is empty for a message to all who asked for a product.
	To string `json:"to,omitempty"`
	// Text is never empty.
	Text string `json:"text"`
	// Type and Data are the structure: its type in the service's words, and one JSON object. Both are empty for a text alone.
	Type string          `json:"type,omitempty"`
	Data json.RawMessage `json:"data,omitempty"`
}
