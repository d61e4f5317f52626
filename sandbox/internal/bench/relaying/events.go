package relaying

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

// bodySize is the size of each body: that of an order of some ten lines.
const bodySize = 25_000

// event is what the shop announces about an order or a product.
type event struct {
	topic, resource string
	endpoint        relaytest.Endpoint
	body            []byte
	// id is the one by which the ERP knows it.
	id string
}

// Marks stand in the templates of bodies, and are replaced in each body by something of the same length.
const (
	numberMark = 9_999_999_999_999
	seriesMark = "S-00000000"
	timeFormat = "2006-01-02T15:04:05-07:00"
)

var timeMark = time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)

// events makes events. Each of them is another one.
type events struct {
	orders, fulfillments, products []byte
	// numbered counts orders and products, and series events.
	numbered, series atomic.Int64
}

func newEvents(shop string) (*events, error) {
	writer := payload.NewWriter(payload.Shop{ID: 1, Name: "Bench", Domain: shop, Currency: "USD"}, time.UTC)
	o := shopifytest.Order{
		ID: numberMark, Name: "#X1", Note: seriesMark, CreatedAt: timeMark, UpdatedAt: timeMark, FinancialStatus: "PAID", Currency: "USD",
	}
	e := &events{}
	for len(e.orders) < bodySize {
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
	fields[field] = string(bytes.Repeat([]byte(sentence), bodySize/len(sentence)))
	body, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("make a body: %w", err)
	}
	return body, nil
}

// number returns the number of a new order or product.
func (e *events) number() int64 {
	const first = 9_000_000_000_000
	return first + e.numbered.Add(1)
}

// order returns the event of a new order.
func (e *events) order(number int64) event { return e.make(webhook.OrdersCreate, number, e.orders) }

// fulfillment returns that of a parcel of an order.
func (e *events) fulfillment(number int64) event {
	return e.make(webhook.FulfillmentsCreate, number, e.fulfillments)
}

// product returns that of a changed product.
func (e *events) product(number int64) event {
	return e.make(webhook.ProductsUpdate, number, e.products)
}

func (e *events) make(topic string, number int64, template []byte) event {
	out := event{topic: topic, resource: strconv.FormatInt(number, 10), endpoint: relaytest.Orders}
	if topic == webhook.ProductsUpdate {
		out.endpoint = relaytest.Products
	}
	replace := func(mark, by string) { out.body = bytes.ReplaceAll(out.body, []byte(mark), []byte(by)) }
	out.body = template
	replace(strconv.Itoa(numberMark), out.resource)
	replace(timeMark.Format(timeFormat), time.Now().UTC().Format(timeFormat))
	replace(seriesMark, fmt.Sprintf("S-%08d", e.series.Add(1)))
	out.id = relay.ID(string(out.endpoint), topic, out.resource, out.body)
	return out
}
