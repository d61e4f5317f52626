// Package payload reads an order from the JSON that the shop's webhooks carry, so that people can try what the customer of an order
// would be told without the shop. The form is that of the topics orders/create and orders/updated
// (https://shopify.dev/docs/api/webhooks). It states less than the shop's API: no pictures, no pages of products, no cards.
package payload

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/retail"
)

const (
	// MaxSize is the number of bytes of the largest payload that is read. An order of 500 lines has about two million.
	MaxSize = 8 << 20
	// maxName is far longer than names of orders, and maxText is the length that the shop allows for names of people and products.
	maxName = 100
	maxText = 255
	// maxLines is far more than an order of the shop can have, and maxUnits more than a line of it.
	maxLines = 1000
	maxUnits = 1_000_000
)

// Parse reads one order. The error names the field that is missing or wrong, and nothing of its content but amounts.
func Parse(data []byte) (*retail.Order, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("the payload has more than %d bytes", MaxSize)
	}
	var o order
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&o); err != nil {
		return nil, readable(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the payload has more than one JSON value")
	}
	return convert(&o)
}

// readable returns an error of the decoder without the content that it quotes.
func readable(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("the payload's field %q is a JSON %s, which it must not be", wrong.Field, kind(wrong.Value))
	}
	if _, ok := errors.AsType[*time.ParseError](err); ok {
		return errors.New("a time in the payload is not in RFC 3339 format")
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("the payload is not JSON (byte %d)", syntax.Offset)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the payload ends too early")
	}
	return errors.New("the payload is not an order in JSON")
}

// kind returns the word for the type of a JSON value: the decoder adds the value to it for numbers.
func kind(value string) string {
	word, _, _ := strings.Cut(value, " ")
	return word
}

func convert(o *order) (*retail.Order, error) {
	c := &converter{currency: o.PresentmentCurrency}
	number := string(o.ID)
	switch {
	case !isNumber(number):
		return nil, errors.New("the payload is not an order: it has no id")
	case o.LineItems == nil:
		return nil, errors.New("the payload is not an order: it has no line_items")
	case len(o.LineItems) > maxLines:
		return nil, fmt.Errorf("the order has more than %d lines", maxLines)
	case o.CreatedAt == nil:
		return nil, errors.New("the order has no created_at")
	}
	if _, err := retail.ParseAmount("0", o.PresentmentCurrency); err != nil {
		return nil, fmt.Errorf("presentment_currency: %w", err)
	}
	out := &retail.Order{
		Number: number, Name: cmp.Or(printable.Line(o.Name, maxName), number), Test: o.Test,
		Locale:    intake.Bounded(o.CustomerLocale, intake.MaxValue),
		CreatedAt: at(o.CreatedAt), ProcessedAt: cmp.Or(at(o.ProcessedAt), at(o.CreatedAt)),
		UpdatedAt: cmp.Or(at(o.UpdatedAt), at(o.CreatedAt)), CancelledAt: at(o.CancelledAt),
		// An order that was voided may have been authorised before; the payload does not say so.
		Paid:     slices.Contains([]string{"authorized", "paid", "partially_refunded", "refunded"}, o.FinancialStatus),
		Currency: o.PresentmentCurrency, TaxesIncluded: o.TaxesIncluded,
		Shipping: o.ShippingAddress.convert(), Billing: o.BillingAddress.convert(),
		Phone: text(o.Phone), StatusURL: link(o.OrderStatusURL), Customer: o.Customer.convert(),
	}
	if len(o.ShippingLines) > 0 {
		out.ShippingMethod = text(o.ShippingLines[0].Title)
	}
	for _, name := range o.PaymentGatewayNames {
		if name = text(name); name != "" {
			out.Payments = append(out.Payments, retail.Payment{Gateway: name})
		}
	}
	gone := c.refunds(o, out)
	for i := range o.LineItems {
		out.Lines = append(out.Lines, c.line(&o.LineItems[i], gone))
	}
	c.totals(o, out)
	for i := range o.Fulfillments {
		out.Fulfillments = append(out.Fulfillments, c.fulfillment(&o.Fulfillments[i]))
	}
	if c.err != nil {
		return nil, c.err
	}
	return out, nil
}

// converter converts the parts of an order, and remembers the first that it cannot.
type converter struct {
	currency string
	err      error
}

func (c *converter) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

// amount converts a required amount. The customer's currency counts, as in all that customers are told.
func (c *converter) amount(field string, set *moneySet) retail.Amount {
	if set == nil {
		c.fail("%s is missing", field)
		return retail.Amount{Currency: c.currency}
	}
	return c.decimal(field, set.PresentmentMoney.Amount, set.PresentmentMoney.Currency)
}

func (c *converter) decimal(field, amount, currency string) retail.Amount {
	if currency != c.currency {
		c.fail("%s is in another currency than the order, %s", field, c.currency)
		return retail.Amount{Currency: c.currency}
	}
	a, err := retail.ParseAmount(amount, currency)
	if err != nil {
		c.fail("%s: %w", field, err)
		return retail.Amount{Currency: c.currency}
	}
	return a
}

func (c *converter) sum(field string, all ...retail.Amount) retail.Amount {
	a, err := retail.Sum(c.currency, all...)
	if err != nil {
		c.fail("%s: %w", field, err)
		return retail.Amount{Currency: c.currency}
	}
	return a
}

// or returns an amount, or another one if the payload does not state it.
func (c *converter) or(field string, set *moneySet, other retail.Amount) retail.Amount {
	if set == nil {
		return other
	}
	return c.amount(field, set)
}

// totals converts the sums. Payloads of older versions do not state those after edits and refunds: without a refund, they are those
// of the order.
func (c *converter) totals(o *order, out *retail.Order) {
	none := retail.Amount{Currency: c.currency}
	var shipping []retail.Amount
	for _, l := range o.ShippingLines {
		shipping = append(shipping, c.amount("shipping_lines.discounted_price_set", l.DiscountedPriceSet))
	}
	tips := none
	if strings.Trim(o.TotalTipReceived, "0.") != "" {
		tips = c.decimal("total_tip_received", o.TotalTipReceived, o.Currency)
	}
	out.Ordered = retail.Totals{
		Subtotal: c.amount("subtotal_price_set", o.SubtotalPriceSet), Shipping: c.sum("shipping_lines", shipping...),
		Tax: c.amount("total_tax_set", o.TotalTaxSet), Tips: tips, Duties: c.or("original_total_duties_set", o.OriginalDutiesSet, none),
		Total: c.amount("total_price_set", o.TotalPriceSet),
	}
	if len(o.Refunds) > 0 && o.CurrentTotalSet == nil {
		c.fail("current_total_price_set is missing, although something was refunded")
	}
	was := out.Ordered
	out.Current = retail.Totals{
		Subtotal: c.or("current_subtotal_price_set", o.CurrentSubtotalSet, was.Subtotal),
		Shipping: c.or("current_shipping_price_set", o.CurrentShippingSet, was.Shipping),
		Tax:      c.or("current_total_tax_set", o.CurrentTaxSet, was.Tax), Tips: tips,
		Duties: c.or("current_total_duties_set", o.CurrentDutiesSet, was.Duties),
		Total:  c.or("current_total_price_set", o.CurrentTotalSet, was.Total),
	}
}

// refunds converts what was given back, and returns how many of each line.
func (c *converter) refunds(o *order, out *retail.Order) map[string]int {
	gone := map[string]int{}
	for _, r := range o.Refunds {
		refund := retail.Refund{ID: string(r.ID), CreatedAt: at(r.CreatedAt)}
		var given []retail.Amount
		for _, t := range r.Transactions {
			if t.Kind == "refund" && t.Status == "success" {
				given = append(given, c.decimal("refunds.transactions.amount", t.Amount, t.Currency))
			}
		}
		refund.Total = c.sum("refunds.transactions", given...)
		for _, item := range r.Items {
			n := c.units("refunds.refund_line_items.quantity", item.Quantity)
			refund.Items = append(refund.Items, retail.FulfilledItem{Line: string(item.Line), Quantity: n})
			gone[string(item.Line)] += n
		}
		out.Refunds = append(out.Refunds, refund)
	}
	return gone
}

func (c *converter) units(field string, n int) int {
	if n < 0 || n > maxUnits {
		c.fail("%s must be between 0 and %d", field, maxUnits)
		return 0
	}
	return n
}

// line converts a line. gone are the units that were given back.
func (c *converter) line(l *line, gone map[string]int) retail.Line {
	id := string(l.ID)
	if !isNumber(id) {
		c.fail("a line has no id")
	}
	out := retail.Line{
		ID: id, Name: text(cmp.Or(l.Name, l.Title)), Quantity: c.units("line_items.quantity", l.Quantity),
		UnitPrice: c.amount("line_items.price_set", l.PriceSet), RequiresShipping: l.RequiresShipping, Vendor: text(l.Vendor),
		Grams: max(l.Grams, 0),
	}
	out.CurrentQuantity = max(out.Quantity-gone[id], 0)
	if l.CurrentQuantity != nil {
		out.CurrentQuantity = c.units("line_items.current_quantity", *l.CurrentQuantity)
	}
	full := retail.Amount{Minor: out.UnitPrice.Minor * int64(out.Quantity), Currency: c.currency}
	if out.Quantity != 0 && full.Minor/int64(out.Quantity) != out.UnitPrice.Minor {
		c.fail("line_items.price_set is too large")
	}
	all := []retail.Amount{full}
	for _, d := range l.Discounts {
		all = append(all, c.amount("line_items.discount_allocations.amount_set", d.AmountSet).Negated())
	}
	out.DiscountedTotal = c.sum("line_items.discount_allocations", all...)
	return out
}

func (c *converter) fulfillment(f *fulfillment) retail.Fulfillment {
	out := retail.Fulfillment{
		ID: string(f.ID), Status: text(f.Status), Shipment: text(f.ShipmentStatus), CreatedAt: at(f.CreatedAt), UpdatedAt: at(f.UpdatedAt),
		Carrier: text(f.TrackingCompany), Origin: f.Origin.convert(), Destination: f.Destination.convert(),
	}
	if out.Shipment == "delivered" { // The payload does not say when.
		out.DeliveredAt = out.UpdatedAt
	}
	for i, number := range f.TrackingNumbers {
		t := retail.Tracking{Number: text(number)}
		if i < len(f.TrackingURLs) {
			t.URL = link(f.TrackingURLs[i])
		}
		if t.Number != "" && !slices.Contains(out.Trackings, t) {
			out.Trackings = append(out.Trackings, t)
		}
	}
	for _, l := range f.LineItems {
		out.RequiresShipping = out.RequiresShipping || l.RequiresShipping
		out.Items = append(out.Items, retail.FulfilledItem{
			Line: string(l.ID), Quantity: c.units("fulfillments.line_items.quantity", l.Quantity),
		})
	}
	return out
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// text returns a text as one line, cut at maxText.
func text(s string) string { return intake.Bounded(strings.Join(strings.Fields(s), " "), maxText) }

// link returns an address of the web, empty if it is not one.
func link(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return s
}

// at returns a time in UTC, zero if there is none.
func at(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
