// Package shopevents makes what a shop announces of orders and products to receivers, in bodies of a given size, and knows the ID under
// which an ERP gets it. Benchmarks send it.
package shopevents

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/giftbridge/giftbridge/internal/relay"
	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/payload"
	"github.com/giftbridge/giftbridge/internal/webhook"
)

// BodySize is the size of each body: that of an order of some ten lines.
const BodySize = 25_000

// Event is what the shop announces about an order or a product.
type Event struct {
	Topic string
	// Resource is the number of the order or the product, and Endpoint the URL of the ERP that gets the event.
	Resource string
	Endpoint relaytest.Endpoint
	Body     []byte
	// ID is the one by which the ERP knows the event.
	ID string
}

// Marks stand in the templates of bodies, and are replaced in each body by something of the same length.
const (
	numberMark = 9_999_999_999_999
	seriesMark = "S-00000000"
	timeFormat = "2006-01-02T15:04:05-07:00"
)

var timeMark = time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)

// Events makes events. Each of them is another one. It is safe for concurrent use.
type Events struct {
	orders, fulfillments, products []byte
	// numbered counts orders and products, and series events.
	numbered, series atomic.Int64
}

// New returns what makes the events of a shop.
func New(shop string) (*Events, error) {
	writer := payload.NewWriter(payload.Shop{ID: 1, Name: "Bench", Domain: shop, Currency: "USD"}, time.UTC)
	o := shopifytest.Order{
		ID: numberMark, Name: "#X1", Note: seriesMark, CreatedAt: timeMark, UpdatedAt: timeMark, FinancialStatus: "PAID", Currency: "USD",
	}
	e := &Events{}
	for len(e.orders) < BodySize {
		o.Lines = append(o.Lines, shopifytest.LineItem{
			ID: o.ID*100 + int64(len(o.Lines)), SKU: "PEN-" + strconv.Itoa(len(o.Lines)), Title: "Pen", Vendor: "Bench", Quantity: 1,
			UnitPrice: "3.50",
		})
		e.orders = writer.Order(&o)
	}
	at := timeMark.Format(timeFormat)
	var err error
	e.fulfillments, err = padded(map[string]any{
		"id": numberMark * 10, "order_id": numberMark, "status": "success", "created_at": at, "updated_at": at,
		"tracking_number": seriesMark, "line_items": []any{},
	}, "note")
	if err != nil {
		return nil, err
	}
	e.products, err = padded(map[string]any{
		"id": numberMark, "title": "Pen " + seriesMark, "vendor": "Bench", "status": "active", "created_at": at, "updated_at": at,
		"variants": []map[string]any{{"sku": "PEN", "price": "3.50"}},
	}, "body_html")
	return e, err
}

// padded returns a body of the usual size, most of which is in one field.
func padded(fields map[string]any, field string) ([]byte, error) {
	const sentence = "It writes in blue. "
	fields[field] = string(bytes.Repeat([]byte(sentence), BodySize/len(sentence)))
	body, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("make a body: %w", err)
	}
	return body, nil
}

// Number returns the number of a new order or product.
func (e *Events) Number() int64 {
	const first = 9_000_000_000_000
	return first + e.numbered.Add(1)
}

// Order returns the event of a new order.
func (e *Events) Order(number int64) Event { return e.make(webhook.OrdersCreate, number, e.orders) }

// Fulfillment returns the event of a parcel of an order.
func (e *Events) Fulfillment(number int64) Event {
	return e.make(webhook.FulfillmentsCreate, number, e.fulfillments)
}

// Product returns the event of a changed product.
func (e *Events) Product(number int64) Event {
	return e.make(webhook.ProductsUpdate, number, e.products)
}

func (e *Events) make(topic string, number int64, template []byte) Event {
	out := Event{Topic: topic, Resource: strconv.FormatInt(number, 10), Endpoint: relaytest.Orders}
	if topic == webhook.ProductsUpdate {
		out.Endpoint = relaytest.Products
	}
	replace := func(mark, by string) { out.Body = bytes.ReplaceAll(out.Body, []byte(mark), []byte(by)) }
	out.Body = template
	replace(strconv.Itoa(numberMark), out.Resource)
	replace(timeMark.Format(timeFormat), time.Now().UTC().Format(timeFormat))
	replace(seriesMark, fmt.Sprintf("S-%08d", e.series.Add(1)))
	out.ID = relay.ID(string(out.Endpoint), topic, out.Resource, out.Body)
	return out
}
