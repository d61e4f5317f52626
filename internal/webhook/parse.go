package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// What is wrong with a body. The errors repeat nothing of it.
var (
	errNotJSON = errors.New("the body is not one JSON object")
	errShape   = errors.New("the body does not have the shape of its topic")
	errForeign = errors.New("it has a field of another topic")
)

// lineItems is the field with the lines of an order or a fulfilment.
const lineItems = "line_items"

// fields are those of a body that say what it is about. Everything else is skipped. A nil field is absent; null is
// present. The bodies have these fields at their top level, each in some topics only, so that they also tell what a body
// is.
type fields struct {
	ID        json.RawMessage `json:"id"`
	GID       json.RawMessage `json:"admin_graphql_api_id"`
	CreatedAt json.RawMessage `json:"created_at"`
	UpdatedAt json.RawMessage `json:"updated_at"`
	OrderID   json.RawMessage `json:"order_id"`
	LineItems *[]line         `json:"line_items"`
	OrderEdit json.RawMessage `json:"order_edit"`
	Refunded  json.RawMessage `json:"refund_line_items"`
	Evidence  json.RawMessage `json:"evidence_due_by"`
	Tracking  json.RawMessage `json:"tracking_number"`
	Trackings json.RawMessage `json:"tracking_numbers"`
	Variants  json.RawMessage `json:"variants"`
	ProductID json.RawMessage `json:"product_id"`
	Domain    json.RawMessage `json:"myshopify_domain"`
	Title     json.RawMessage `json:"title"`
	Name      json.RawMessage `json:"name"`
}

// line is a line of an order.
type line struct {
	SKU json.RawMessage `json:"sku"`
}

// Parse reads the body of a delivery. Only a topic of [Topics] can be read. The error repeats nothing of the body.
//
// Bodies differ between versions of the API, and subscriptions may leave fields out. So a body fits its topic if it says
// which order or product it is about, and has no field that only bodies of other topics have.
func Parse(topicName string, body []byte) (Notice, error) {
	t, ok := find(topicName)
	if !ok {
		return Notice{}, errors.New("the topic is unknown")
	}
	n := Notice{Topic: t.name}
	var f fields
	// Unmarshal takes null for an empty struct.
	if first := bytes.TrimLeft(body, " \t\r\n"); len(first) == 0 || first[0] != '{' || !f.read(body) {
		return Notice{}, errNotJSON
	}
	if err := t.read(f, &n); err != nil {
		return Notice{}, fmt.Errorf("%w: %w", errShape, err)
	}
	return n, nil
}

// read reads the fields in one pass, and reports whether the body is JSON. Lines that are not objects leave a line without
// a SKU.
func (f *fields) read(body []byte) bool {
	err := json.Unmarshal(body, f)
	_, odd := errors.AsType[*json.UnmarshalTypeError](err)
	return err == nil || odd
}

// lines returns a field that is present if there are lines.
func (f *fields) lines() json.RawMessage {
	if f.LineItems == nil {
		return nil
	}
	return json.RawMessage{}
}

// tracking returns a field that is present if a body says how a parcel is tracked, which only those of fulfilments do.
func (f *fields) tracking() json.RawMessage {
	if f.Tracking == nil {
		return f.Trackings
	}
	return f.Tracking
}

// foreign returns an error if a body has one of the fields.
func foreign(all ...json.RawMessage) error {
	for _, f := range all {
		if f != nil {
			return errForeign
		}
	}
	return nil
}

func readOrder(f fields, n *Notice) (err error) {
	if err := foreign(f.OrderID, f.OrderEdit, f.Refunded, f.Evidence, f.tracking(), f.Variants, f.Domain, f.ProductID); err != nil {
		return err
	}
	if f.CreatedAt == nil && f.UpdatedAt == nil && f.LineItems == nil {
		return errors.New("it has neither times nor lines")
	}
	if n.Order, err = number(f.ID, f.GID, "Order"); err != nil {
		return err
	}
	n.CreatedAt, n.UpdatedAt = moment(f.CreatedAt), moment(f.UpdatedAt)
	n.Name = words(f.Name)
	n.SKUs, n.LinesKnown = skus(f.LineItems)
	return nil
}

func readEdit(f fields, n *Notice) (err error) {
	if err := foreign(f.OrderID, f.lines(), f.Refunded, f.Evidence, f.tracking(), f.Variants, f.Domain, f.ProductID); err != nil {
		return err
	}
	var edit struct {
		OrderID json.RawMessage `json:"order_id"`
	}
	if f.OrderEdit == nil || json.Unmarshal(f.OrderEdit, &edit) != nil {
		return errors.New("it has no order_edit")
	}
	n.Order, err = number(edit.OrderID, nil, "")
	return err
}

func readRefund(f fields, n *Notice) (err error) {
	if err := foreign(f.OrderEdit, f.lines(), f.Evidence, f.tracking(), f.Variants, f.Domain, f.ProductID); err != nil {
		return err
	}
	if err := typed(f.GID, "Refund"); err != nil {
		return err
	}
	n.Order, err = number(f.OrderID, nil, "")
	return err
}

func readFulfillment(f fields, n *Notice) (err error) {
	if err := foreign(f.OrderEdit, f.Refunded, f.Evidence, f.Variants, f.Domain, f.ProductID, f.Title); err != nil {
		return err
	}
	// A refund may have been reduced to the same numbers.
	if f.tracking() == nil && f.LineItems == nil && (f.GID == nil || isNull(f.GID)) {
		return errors.New("it has neither tracking nor lines")
	}
	if n.Order, err = number(f.OrderID, nil, ""); err != nil {
		return err
	}
	if n.Fulfillment, err = number(f.ID, f.GID, "Fulfillment"); err != nil {
		return err
	}
	n.CreatedAt, n.UpdatedAt = moment(f.CreatedAt), moment(f.UpdatedAt)
	return nil
}

// readDispute reads a dispute, which need not be about an order.
func readDispute(f fields, n *Notice) (err error) {
	if err := foreign(f.OrderEdit, f.lines(), f.Refunded, f.tracking(), f.Variants, f.Domain, f.ProductID); err != nil {
		return err
	}
	switch {
	case f.OrderID == nil:
		return errors.New("it has no order_id")
	case isNull(f.OrderID):
		return nil
	}
	n.Order, err = number(f.OrderID, nil, "")
	return err
}

func readProduct(f fields, n *Notice) (err error) {
	if err := foreign(f.OrderID, f.lines(), f.OrderEdit, f.Refunded, f.Evidence, f.tracking(), f.Domain, f.ProductID); err != nil {
		return err
	}
	if f.CreatedAt == nil && f.UpdatedAt == nil && f.Variants == nil && f.Title == nil {
		return errors.New("it has neither times nor variants")
	}
	if n.Product, err = number(f.ID, f.GID, "Product"); err != nil {
		return err
	}
	n.CreatedAt, n.UpdatedAt = moment(f.CreatedAt), moment(f.UpdatedAt)
	return nil
}

// readDeleted reads a deleted product, of which there is only the number.
func readDeleted(f fields, n *Notice) (err error) {
	if err := foreign(f.OrderID, f.lines(), f.OrderEdit, f.Refunded, f.Evidence, f.tracking(), f.Variants, f.Domain,
		f.ProductID, f.Title, f.CreatedAt); err != nil {
		return err
	}
	n.Product, err = number(f.ID, f.GID, "Product")
	return err
}

func readVariant(f fields, n *Notice) (err error) {
	if err := foreign(f.OrderID, f.lines(), f.OrderEdit, f.Refunded, f.Evidence, f.tracking(), f.Variants, f.Domain); err != nil {
		return err
	}
	if n.Product, err = number(f.ProductID, nil, ""); err != nil {
		return err
	}
	if n.Variant, err = number(f.ID, f.GID, "ProductVariant"); err != nil {
		return err
	}
	n.CreatedAt, n.UpdatedAt = moment(f.CreatedAt), moment(f.UpdatedAt)
	return nil
}

// readShop reads the shop that a delivery about the app has.
func readShop(f fields, _ *Notice) error {
	if err := foreign(f.OrderID, f.lines(), f.OrderEdit, f.Refunded, f.Evidence, f.tracking(), f.Variants, f.ProductID); err != nil {
		return err
	}
	if _, err := number(f.ID, nil, ""); err != nil || f.Domain == nil {
		return errors.New("it has no shop")
	}
	return nil
}

// number returns the shop's number of what a body is about. The global ID takes precedence where there is one: it is
// text, and some of the numbers have been rounded on their way.
func number(id, gid json.RawMessage, kind string) (string, error) {
	var text string
	if gid != nil && !isNull(gid) {
		if json.Unmarshal(gid, &text) != nil {
			return "", errors.New("its ID is not text")
		}
		rest, ok := strings.CutPrefix(text, "gid://shopify/"+kind+"/")
		if !ok {
			return "", errors.New("its ID is of something else")
		}
		text, _, _ = strings.Cut(rest, "?")
	} else {
		text = string(id)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return "", errors.New("it has no usable ID")
	}
	return strconv.FormatInt(n, 10), nil
}

// typed returns an error if a global ID is of another kind.
func typed(gid json.RawMessage, kind string) error {
	if gid == nil || isNull(gid) {
		return nil
	}
	_, err := number(nil, gid, kind)
	return err
}

func isNull(raw json.RawMessage) bool { return string(raw) == "null" }

// moment returns a time, which bodies have with the shop's offset; zero if there is none.
func moment(raw json.RawMessage) time.Time {
	var t time.Time
	if raw == nil || json.Unmarshal(raw, &t) != nil {
		return time.Time{}
	}
	return t.UTC()
}

// words returns a text, empty if there is none.
func words(raw json.RawMessage) string {
	var text string
	if raw == nil || json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

// skus returns the SKUs of an order's lines. A line whose SKU is null has none; with a line whose SKU was left out, the
// lines are not known.
func skus(lines *[]line) (all []string, known bool) {
	if lines == nil || *lines == nil { // Absent, or something else than a list.
		return nil, false
	}
	for _, l := range *lines {
		var sku string
		switch {
		case l.SKU == nil || json.Unmarshal(l.SKU, &sku) != nil:
			return nil, false
		case sku != "":
			all = append(all, sku)
		}
	}
	return all, true
}
