package messages

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/giftbridge/giftbridge/internal/retail"
)

// UpdateType says what changed.
type UpdateType string

// The types of updates.
const (
	CancelItem     UpdateType = "cancel_item"
	UpdateQuantity UpdateType = "update_quantity"
)

// UpdateFields are what an update is built of.
type UpdateFields struct {
	// ID is the number of the order, which its receipt has, and UpdateID the update's own; it may be empty.
	ID, UpdateID string
	Type         UpdateType
	Items        []Changed
	// At is when the order was changed.
	At time.Time
	// The amounts are what the order costs now. One that is zero, without a currency, is not sent, and stays what it was. If all
	// four are there, Total is the sum of the three before it.
	Subtotal, Shipping, Tax, Total retail.Amount
	// Currency is that of the amounts; it may be empty if there are none.
	Currency string
}

// Changed is a line of a receipt that changed.
type Changed struct {
	// ID is the number of the line.
	ID string
	// Quantity is how many are left; nil is not sent. Of a cancelled line none is left.
	Quantity *int
}

// Update is a change of an order that its customer knows. The zero value is no update.
type Update struct{ f UpdateFields }

// NewUpdate checks the fields. The error is a [*FieldError].
func NewUpdate(f UpdateFields) (Update, error) {
	if err := first(required("receipt_id", f.ID), moment("timestamp", f.At)); err != nil {
		return Update{}, err
	}
	if f.Type != CancelItem && f.Type != UpdateQuantity {
		return Update{}, faulty("update_type", "is not one of cancel_item and update_quantity")
	}
	if len(f.Items) == 0 {
		return Update{}, faulty("items", "is empty")
	}
	seen := map[string]bool{}
	for _, item := range f.Items {
		if err := required("id", item.ID); err != nil {
			return Update{}, within("items", err)
		}
		switch {
		case seen[item.ID]:
			return Update{}, faulty("items.id", "is there twice")
		case item.Quantity == nil:
		case f.Type == CancelItem && *item.Quantity != 0:
			return Update{}, faulty("items.quantity", "is not zero though the item is cancelled")
		case f.Type == UpdateQuantity && quantity("quantity", *item.Quantity, 1) != nil:
			return Update{}, faulty("items.quantity", "is out of range")
		}
		seen[item.ID] = true
	}
	present := 0
	for _, a := range f.amounts() {
		if *a.amount == (retail.Amount{}) {
			continue
		}
		present++
		if err := sum(a.field, *a.amount, f.Currency); err != nil {
			return Update{}, err
		}
	}
	if present == 4 {
		if err := addUp("updated_total", f.Total, f.Subtotal, f.Shipping, f.Tax); err != nil {
			return Update{}, err
		}
	}
	return Update{f}, nil
}

type namedAmount struct {
	field  string
	amount *retail.Amount
}

func (f *UpdateFields) amounts() []namedAmount {
	return []namedAmount{
		{"updated_sub_total", &f.Subtotal},
		{"updated_shipping_cost", &f.Shipping},
		{"updated_total_tax", &f.Tax},
		{"updated_total", &f.Total},
	}
}

type updateWire struct {
	ReceiptID           string     `json:"receipt_id"`
	UpdateID            string     `json:"update_id,omitempty"`
	UpdateType          string     `json:"update_type"`
	Items               []partWire `json:"items"`
	Timestamp           string     `json:"timestamp"`
	UpdatedSubTotal     string     `json:"updated_sub_total,omitempty"`
	UpdatedShippingCost string     `json:"updated_shipping_cost,omitempty"`
	UpdatedTotalTax     string     `json:"updated_total_tax,omitempty"`
	UpdatedTotal        string     `json:"updated_total,omitempty"`
	Currency            string     `json:"currency,omitempty"`
}

// texts are the amounts in the order of [UpdateFields.amounts].
func (w *updateWire) texts() []*string {
	return []*string{&w.UpdatedSubTotal, &w.UpdatedShippingCost, &w.UpdatedTotalTax, &w.UpdatedTotal}
}

// MarshalJSON returns the structure in the service's words. It fails for the zero value.
func (u Update) MarshalJSON() ([]byte, error) {
	f := u.f
	if f.ID == "" {
		return nil, errUnbuilt
	}
	w := updateWire{
		ReceiptID: f.ID, UpdateID: f.UpdateID, UpdateType: string(f.Type), Timestamp: unix(f.At), Currency: f.Currency,
	}
	for _, i := range f.Items {
		part := partWire{ID: i.ID}
		if i.Quantity != nil {
			part.Quantity = strconv.Itoa(*i.Quantity)
		}
		w.Items = append(w.Items, part)
	}
	for i, a := range f.amounts() {
		if *a.amount != (retail.Amount{}) {
			*w.texts()[i] = a.amount.String()
		}
	}
	return json.Marshal(w)
}

// ParseUpdate reads the structure, with the checks of [NewUpdate]. Fields that giftbridge does not send are left out.
func ParseUpdate(data []byte) (Update, error) {
	var w updateWire
	if err := decode(data, &w); err != nil {
		return Update{}, err
	}
	at, err := parseUnix("timestamp", w.Timestamp)
	if err != nil {
		return Update{}, err
	}
	f := UpdateFields{ID: w.ReceiptID, UpdateID: w.UpdateID, Type: UpdateType(w.UpdateType), At: at, Currency: w.Currency}
	for _, i := range w.Items {
		item := Changed{ID: i.ID}
		if i.Quantity != "" {
			n, err := parseQuantity("quantity", i.Quantity)
			if err != nil {
				return Update{}, within("items", err)
			}
			item.Quantity = &n
		}
		f.Items = append(f.Items, item)
	}
	for i, a := range f.amounts() {
		text := *w.texts()[i]
		if text == "" {
			continue
		}
		if *a.amount, err = parseAmount(a.field, text, w.Currency); err != nil {
			return Update{}, err
		}
	}
	return NewUpdate(f)
}
