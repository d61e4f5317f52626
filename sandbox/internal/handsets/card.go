package handsets

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/sonar/sonartest/ledger"
	"github.com/giftbridge/giftbridge/internal/sonar/sonartest/structures"
)

// card is the structured part of a message, as a phone shows it.
type card struct {
	Title string
	Items []item
	// Sums and Facts are pairs of a name and a value, such as Total and "38.00 USD".
	Sums, Facts []pair
	Links       []link
}

// item is a line of a card. About is what tells it from others, such as its size. Price and URL may be empty.
type item struct{ Name, About, Quantity, Price, URL string }

type pair struct{ Name, Value string }

type link struct{ Text, URL string }

// data are the fields of all types of structured messages that a card shows. Numbers travel as texts.
type data struct {
	ReceiptID string `json:"receipt_id"`
	Items     []struct {
		ID       string            `json:"id"`
		Name     string            `json:"name"`
		Currency string            `json:"currency"`
		Price    string            `json:"price"`
		URL      string            `json:"item_url"`
		Quantity string            `json:"quantity"`
		Metadata map[string]string `json:"metadata"`
	} `json:"items"`
	Currency string `json:"currency"`

	Recipient     string  `json:"recipient_name"`
	Address       address `json:"structured_address"`
	Method        string  `json:"shipping_method"`
	PaymentMethod string  `json:"payment_method"`
	Subtotal      string  `json:"subtotal"`
	Shipping      string  `json:"shipping_cost"`
	Tax           string  `json:"total_tax"`
	Total         string  `json:"total_cost"`
	OrderURL      string  `json:"order_url"`

	Carrier     string  `json:"carrier"`
	Tracking    string  `json:"tracking_number"`
	TrackingURL string  `json:"carrier_tracking_url"`
	ShipDate    string  `json:"ship_date"`
	Origin      address `json:"origin"`
	Destination address `json:"destination"`
	Weight      string  `json:"weight"`
	WeightUnit  string  `json:"weight_unit"`

	UpdateType      string `json:"update_type"`
	UpdatedSubtotal string `json:"updated_sub_total"`
	UpdatedShipping string `json:"updated_shipping_cost"`
	UpdatedTax      string `json:"updated_total_tax"`
	UpdatedTotal    string `json:"updated_total"`

	Name        string            `json:"name"`
	URL         string            `json:"url"`
	Price       string            `json:"price"`
	Description string            `json:"desc"`
	Metadata    map[string]string `json:"metadata"`
}

type address struct {
	Street     string `json:"street_1"`
	More       string `json:"street_2"`
	City       string `json:"city"`
	State      string `json:"state"`
	PostalCode string `json:"postal_code"`
	Country    string `json:"country"`
}

func (a address) String() string {
	return joined(", ", a.Street, a.More, a.City, joined(" ", a.State, a.PostalCode), a.Country)
}

// joined joins the texts that are not empty.
func joined(by string, texts ...string) string {
	var all []string
	for _, t := range texts {
		if t != "" {
			all = append(all, t)
		}
	}
	return strings.Join(all, by)
}

// names are those of a phone's items, by receipt and item: only receipts have them.
type names map[[2]string]string

// newCard returns the card of a message, nil if it is a text alone. It adds the names of a receipt's items.
func newCard(d ledger.Delivery, known names) *card {
	if d.Type == "" {
		return nil
	}
	var m data
	if err := json.Unmarshal(d.Data, &m); err != nil {
		return &card{Title: "A card that cannot be shown"}
	}
	c := &card{}
	for _, i := range m.Items {
		if i.Name == "" {
			i.Name = known[[2]string{m.ReceiptID, i.ID}]
		} else {
			known[[2]string{m.ReceiptID, i.ID}] = i.Name
		}
		if i.Name == "" {
			i.Name = "Item " + i.ID
		}
		c.Items = append(c.Items, item{i.Name, about(i.Metadata), i.Quantity, money(i.Price, i.Currency), i.URL})
	}
	switch d.Type {
	case structures.Receipt:
		c.receipt(m)
	case structures.Shipment:
		c.shipment(m)
	case structures.Update:
		c.update(m)
	default:
		c.notice(m)
	}
	return c
}

func (c *card) receipt(m data) {
	c.Title = "Receipt"
	c.sum(m.Currency, "Subtotal", m.Subtotal, "Shipping", m.Shipping, "Tax", m.Tax, "Total", m.Total)
	c.fact("Paid with", m.PaymentMethod)
	c.fact("For", joined(", ", m.Recipient, m.Address.String()))
	c.fact("Shipping by", m.Method)
	c.link("See the order", m.OrderURL)
}

func (c *card) shipment(m data) {
	c.Title = "On its way"
	c.fact("Carrier", m.Carrier)
	c.fact("Tracking number", m.Tracking)
	c.fact("Sent", day(m.ShipDate))
	c.fact("From", m.Origin.String())
	c.fact("To", m.Destination.String())
	c.fact("Weight", joined(" ", m.Weight, m.WeightUnit))
	c.link("Follow the parcel", m.TrackingURL)
}

func (c *card) update(m data) {
	c.Title = "Now in the order"
	if m.UpdateType == "cancel_item" {
		c.Title = "No longer in the order"
	}
	c.sum(m.Currency, "Subtotal", m.UpdatedSubtotal, "Shipping", m.UpdatedShipping, "Tax", m.UpdatedTax, "Total", m.UpdatedTotal)
}

func (c *card) notice(m data) {
	c.Title = "In stock again"
	c.Items = []item{{Name: m.Name, About: about(m.Metadata), Price: money(m.Price, m.Currency)}}
	c.fact("About it", m.Description)
	c.link("Buy it", m.URL)
}

// about returns what tells an item from others, of the metadata that the service knows.
func about(metadata map[string]string) string {
	return joined(", ", metadata["brand"], metadata["size"], metadata["color"], metadata["gender"])
}

// sum adds sums, given as names and amounts.
func (c *card) sum(currency string, pairs ...string) {
	for p := range slices.Chunk(pairs, 2) {
		if name, amount := p[0], p[len(p)-1]; amount != "" {
			c.Sums = append(c.Sums, pair{name, money(amount, currency)})
		}
	}
}

func (c *card) fact(name, value string) {
	if value != "" {
		c.Facts = append(c.Facts, pair{name, value})
	}
}

func (c *card) link(text, url string) {
	if url != "" {
		c.Links = append(c.Links, link{text, url})
	}
}

func money(amount, currency string) string {
	if amount == "" {
		return ""
	}
	return joined(" ", amount, currency)
}

// day returns the day of a Unix time, empty if it is not one.
func day(unix string) string {
	seconds, err := strconv.ParseInt(unix, 10, 64)
	if err != nil {
		return ""
	}
	return time.Unix(seconds, 0).UTC().Format("2 January 2006")
}
