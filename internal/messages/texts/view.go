// Package texts words what customers are told, as short text messages in their language.
package texts

// Name is the name of a template.
type Name string

// The templates.
const (
	// Receipt is what a customer reads after placing an order.
	Receipt Name = "receipt"
	// Shipment says that a parcel left, Trackings how further parcels of it are followed, and Returned that it was taken back.
	Shipment  Name = "shipment"
	Trackings Name = "trackings"
	Returned  Name = "returned"
	// Changed says that items were cancelled or have another quantity, Added that items were added, Cancelled that the whole order
	// was cancelled, and Refunded that money was given back without any item.
	Changed   Name = "changed"
	Added     Name = "added"
	Cancelled Name = "cancelled"
	Refunded  Name = "refunded"
	// InStock says that a product can be bought again.
	InStock Name = "in-stock"
	// OptOut says how to get no more messages. It ends the first message to a customer.
	OptOut Name = "opt-out"
)

// View is what the templates see. docs/messages.md lists its fields: they are never renamed or removed. All but the amounts and
// numbers is foreign text, which is made printable before a template sees it.
type View struct {
	// Shop is the name of the shop. Every text begins with it, so templates do not repeat it.
	Shop string
	// Order is what people call the order: "#1001".
	Order string
	// Items are the first of the lines that the text is about, and MoreItems is the number of those left out.
	Items     []Item
	MoreItems int
	// Total is what the order costs now, and Amount what was given back or what a product costs: "38.00 USD".
	Total, Amount string
	// URL is where the customer can see more; empty if there is no such page.
	URL string
	// Carrier is who brings a parcel; empty if it is not known.
	Carrier string
	// Trackings are the first of the numbers that the text is about, and MoreTrackings is the number of those left out.
	Trackings     []Tracking
	MoreTrackings int
	// Product is the name of a product.
	Product string
}

// Item is a line of an order.
type Item struct {
	Name     string
	Quantity int
}

// Tracking is how a parcel is followed; URL may be empty.
type Tracking struct{ Number, URL string }
