package shopifyretail

import (
	"cmp"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/retail"
	"github.com/giftbridge/giftbridge/internal/shopify/retailing"
)

const (
	// maxName is far longer than order names, which are "#1001" with a shop's prefix and suffix.
	maxName = 100
	// maxText is the length that the shop allows for names of people, products and places.
	maxText = 255
)

// name returns what people call an order, made safe for logs and search attributes. If nothing of the name is visible, it
// returns the order's number.
func name(given, number string) string { return cmp.Or(printable.Line(given, maxName), number) }

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

// numberOf returns the number at the end of a global ID: "gid://shopify/LineItem/866550311766439020".
func numberOf(gid string) string { return gid[strings.LastIndexByte(gid, '/')+1:] }

// authorised are the financial statuses of orders that were paid or authorised at some time. A payment that is awaited, or
// was made in part, is not a payment of the order yet.
var authorised = []string{"AUTHORIZED", "EXPIRED", "PAID", "PARTIALLY_REFUNDED", "REFUNDED"}

// converter converts the amounts of an order, and remembers the first that it cannot.
type converter struct {
	order, currency string
	err             error
}

// amount converts an amount. One that Shopify does not state is the zero Amount of the order's currency.
func (c *converter) amount(m retailing.Money, what string) retail.Amount {
	zero := retail.Amount{Currency: c.currency}
	if m.PresentmentMoney.Amount == "" {
		return zero
	}
	a, err := retail.ParseAmount(intake.Bounded(m.PresentmentMoney.Amount, intake.MaxValue), m.PresentmentMoney.CurrencyCode)
	if err == nil && a.Currency != c.currency {
		c.fail(what + " is in another currency than the order")
		return zero
	}
	if err != nil {
		c.fail(what + ": " + err.Error())
		return zero
	}
	return a
}

// sum adds amounts of the order.
func (c *converter) sum(what string, all ...retail.Amount) retail.Amount {
	a, err := retail.Sum(c.currency, all...)
	if err != nil {
		c.fail(what + ": " + err.Error())
	}
	return a
}

func (c *converter) fail(what string) {
	if c.err == nil {
		c.err = giftcard.Errorf(giftcard.UnexpectedResponse, "Shopify: order %s: %s", c.order, what)
	}
}

// order converts an order. The error is of the kind UnexpectedResponse for an amount that its currency cannot represent.
func order(o *retailing.Order) (*retail.Order, error) {
	c := &converter{order: o.LegacyResourceId, currency: o.PresentmentCurrencyCode}
	if _, err := retail.ParseAmount("0", c.currency); err != nil {
		c.fail(err.Error())
	}
	out := &retail.Order{
		Number: o.LegacyResourceId, Name: name(o.Name, o.LegacyResourceId), Test: o.Test,
		Locale:      intake.Bounded(o.CustomerLocale, intake.MaxValue),
		ProcessedAt: o.ProcessedAt.UTC(), CreatedAt: o.CreatedAt.UTC(), UpdatedAt: o.UpdatedAt.UTC(), CancelledAt: utc(o.CancelledAt),
		Paid: paid(o), PaidAt: paidAt(o.Transactions),
		Currency: o.PresentmentCurrencyCode, TaxesIncluded: o.TaxesIncluded,
		Shipping: address(o.ShippingAddress), Billing: address(o.BillingAddress), Customer: customer(o),
		Phone: text(o.Phone), Payments: payments(o.Transactions), StatusURL: link(o.StatusPageUrl),
	}
	if lines := o.ShippingLines.Nodes; len(lines) > 0 {
		out.ShippingMethod = text(lines[0].Title)
	}
	out.Lines = make([]retail.Line, len(o.LineItems.Nodes))
	for i := range o.LineItems.Nodes {
		out.Lines[i] = c.line(&o.LineItems.Nodes[i])
	}
	out.Ordered, out.Current = c.totals(o, out.Lines)
	for i := range o.Fulfillments {
		out.Fulfillments = append(out.Fulfillments, fulfillment(&o.Fulfillments[i], out.Shipping))
	}
	for i := range o.Refunds {
		out.Refunds = append(out.Refunds, c.refund(&o.Refunds[i]))
	}
	if c.err != nil {
		return nil, c.err
	}
	return out, nil
}

// utc returns a time in UTC, and leaves the zero time as it is.
func utc(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC()
}

// paid reports whether the order was paid or authorised at some time. An order that was voided was, unless it only waited
// for its payment.
func paid(o *retailing.Order) bool {
	if o.DisplayFinancialStatus == "VOIDED" {
		return slices.ContainsFunc(o.Transactions, succeeded)
	}
	return slices.Contains(authorised, o.DisplayFinancialStatus)
}

// paidAt returns when the first of the transactions brought money, or its promise; zero if none has.
func paidAt(transactions []retailing.Transaction) (at time.Time) {
	for _, t := range transactions {
		if succeeded(t) && !t.ProcessedAt.IsZero() && (at.IsZero() || t.ProcessedAt.Before(at)) {
			at = t.ProcessedAt.UTC()
		}
	}
	return at
}

// succeeded reports whether a transaction brought money, or its promise.
func succeeded(t retailing.Transaction) bool {
	return t.Status == "SUCCESS" && slices.Contains([]string{"AUTHORIZATION", "SALE", "CAPTURE"}, t.Kind)
}

// totals converts the sums. Duties that are in the prices are in the subtotal. What is left of tips is not stated: they are
// gone if the line of the tip is.
func (c *converter) totals(o *retailing.Order, lines []retail.Line) (ordered, current retail.Totals) {
	var shipping []retail.Amount
	for _, l := range o.ShippingLines.Nodes {
		shipping = append(shipping, c.amount(l.DiscountedPriceSet, "shipping"))
	}
	ordered = retail.Totals{
		Subtotal: c.amount(o.SubtotalPriceSet, "subtotal"), Shipping: c.sum("shipping", shipping...),
		Tax: c.amount(o.TotalTaxSet, "tax"), Tips: c.amount(o.TotalTipReceivedSet, "tips"),
		Duties: c.amount(o.OriginalTotalDutiesSet, "duties"), Total: c.amount(o.TotalPriceSet, "total"),
	}
	current = retail.Totals{
		Subtotal: c.amount(o.CurrentSubtotalPriceSet, "current subtotal"),
		Shipping: c.amount(o.CurrentShippingPriceSet, "current shipping"),
		Tax:      c.amount(o.CurrentTotalTaxSet, "current tax"), Tips: ordered.Tips,
		Duties: c.amount(o.CurrentTotalDutiesSet, "current duties"), Total: c.amount(o.CurrentTotalPriceSet, "current total"),
	}
	none := retail.Amount{Currency: c.currency}
	if o.DutiesIncluded {
		ordered.Duties, current.Duties = none, none
	}
	gone := func(l retail.Line) bool { return isTip(l, ordered.Tips) && l.CurrentQuantity == 0 }
	if current.Total.Minor == 0 || slices.ContainsFunc(lines, gone) {
		current.Tips = none
	}
	return ordered, current
}

// isTip reports whether a line is the tip. Shopify does not mark tips: a tip is a line without product and vendor whose
// price is the amount that the order was tipped (assumed).
func isTip(l retail.Line, tips retail.Amount) bool {
	return tips.Minor > 0 && l.Vendor == "" && l.ProductURL == "" && l.Quantity == 1 && l.UnitPrice == tips
}

// line converts a line.
func (c *converter) line(l *retailing.Line) retail.Line {
	out := retail.Line{
		ID: numberOf(l.Id), Name: text(l.Name), Quantity: l.Quantity, CurrentQuantity: l.CurrentQuantity,
		UnitPrice: c.amount(l.OriginalUnitPriceSet, "price of a line"), RequiresShipping: l.RequiresShipping,
		Vendor: text(l.Vendor),
	}
	full, err := times(out.UnitPrice, l.Quantity)
	if err {
		c.fail("price of a line is too large")
	}
	less := []retail.Amount{full}
	for _, d := range l.DiscountAllocations {
		less = append(less, c.amount(d.AllocatedAmountSet, "discount of a line").Negated())
	}
	out.DiscountedTotal = c.sum("discounts of a line", less...)
	if l.Image != nil {
		out.ImageURL = link(l.Image.Url)
	}
	if l.Product != nil {
		out.ProductURL = link(l.Product.OnlineStoreUrl)
	}
	if l.Variant != nil {
		out.Options = options(l.Variant.SelectedOptions)
	}
	if w := l.Weight; w != nil {
		out.Grams = grams(w.Value, w.Unit)
	}
	return out
}

// times returns the price of units, and reports whether it overflows.
func times(a retail.Amount, units int) (out retail.Amount, overflow bool) {
	out = retail.Amount{Minor: a.Minor * int64(units), Currency: a.Currency}
	return out, units != 0 && out.Minor/int64(units) != a.Minor
}

// inGrams are the weights of Shopify's units.
var inGrams = map[string]float64{"GRAMS": 1, "KILOGRAMS": 1000, "OUNCES": 28.349523125, "POUNDS": 453.59237}

// maxGrams is a weight that no parcel has.
const maxGrams = 1e9

// grams returns a weight, 0 if its unit is not known or no product weighs as much.
func grams(value float64, unit string) int {
	g := math.Round(value * inGrams[unit])
	if !(g > 0 && g <= maxGrams) {
		return 0
	}
	return int(g)
}

// options converts options. A product without any has one by these names, which customers do not see
// (shopify.dev/docs/api/admin-graphql/latest/objects/Product, hasOnlyDefaultVariant).
func options(list []retailing.Option) []retail.Option {
	var out []retail.Option
	for _, o := range list {
		if o.Name != "Title" || o.Value != "Default Title" {
			out = append(out, retail.Option{Name: text(o.Name), Value: text(o.Value)})
		}
	}
	return out
}

func address(a *retailing.Address) *retail.Address {
	if a == nil {
		return nil
	}
	return &retail.Address{
		Name: text(a.Name), Street1: text(a.Address1), Street2: text(a.Address2), City: text(a.City),
		Province: text(a.ProvinceCode), PostalCode: text(a.Zip), Country: text(a.CountryCodeV2), Phone: text(a.Phone),
	}
}

// customer converts the customer. The display name is not used: it may be an e-mail address or a phone number.
func customer(o *retailing.Order) retail.Customer {
	if o.Customer == nil {
		return retail.Customer{}
	}
	out := retail.Customer{Name: text(o.Customer.FirstName + " " + o.Customer.LastName)}
	if p := o.Customer.DefaultPhoneNumber; p != nil {
		out.Phone, out.TextsConsented = text(p.PhoneNumber), p.MarketingState == "SUBSCRIBED"
	}
	return out
}
