package messages

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/retail"
)

// The types of structures, in the words of the service's documentation of structured retail messages.
const (
	TypeReceipt  = "retail_receipts"
	TypeShipment = "retail_shipments"
	TypeUpdate   = "retail_updatereceipts"
	TypeNotice   = "notifyme"
)

var errUnbuilt = errors.New("the structure was not built by its constructor")

// ReceiptFields are what a receipt is built of.
type ReceiptFields struct {
	// ID is the number of the order.
	ID    string
	Items []Item
	// At is when the order was placed.
	At time.Time
	// Holder is who placed the order, and Recipient who gets it.
	Holder, Recipient string
	Address           Address
	// ShippingMethod may be empty.
	ShippingMethod string
	PaymentMethod  string
	// Total is the sum of the three before it.
	Subtotal, Shipping, Tax, Total retail.Amount
	// URL shows the order; it may be empty.
	URL string
}

// Item is a line of a receipt.
type Item struct {
	// ID is the number of the line.
	ID, Name string
	// Price is that of one unit.
	Price retail.Amount
	// ImageURL may be empty; URL may not.
	ImageURL, URL string
	Quantity      int
	Attributes    Attributes
}

// Receipt is what a customer bought, for what price, and where it goes. The zero value is no receipt.
type Receipt struct{ f ReceiptFields }

// NewReceipt checks the fields. The error is a [*FieldError].
func NewReceipt(f ReceiptFields) (Receipt, error) {
	currency := f.Total.Currency
	if err := first(
		required("receipt_id", f.ID), moment("timestamp", f.At),
		required("account_holder_name", f.Holder), required("recipient_name", f.Recipient),
		within("structured_address", first(required("street_1", f.Address.w.Street1), f.Address.w.check())),
		required("payment_method", f.PaymentMethod), optionalURL("order_url", f.URL),
		sum("total_cost", f.Total, currency), sum("subtotal", f.Subtotal, currency),
		sum("shipping_cost", f.Shipping, currency), sum("total_tax", f.Tax, currency),
		addUp("total_cost", f.Total, f.Subtotal, f.Shipping, f.Tax),
	); err != nil {
		return Receipt{}, err
	}
	if len(f.Items) == 0 {
		return Receipt{}, faulty("items", "is empty")
	}
	seen := map[string]bool{}
	for _, item := range f.Items {
		if err := first(
			required("id", item.ID), required("name", item.Name), sum("price", item.Price, currency),
			optionalURL("thumb_url", item.ImageURL), webURL("item_url", item.URL), quantity("quantity", item.Quantity, 1),
			item.Attributes.check(),
		); err != nil {
			return Receipt{}, within("items", err)
		}
		if seen[item.ID] {
			return Receipt{}, faulty("items.id", "is there twice")
		}
		seen[item.ID] = true
	}
	return Receipt{f}, nil
}

type itemWire struct {
	ID       string      `json:"id"`
	Name     string      `json:"name"`
	Currency string      `json:"currency"`
	Price    string      `json:"price"`
	ThumbURL string      `json:"thumb_url,omitempty"`
	ItemURL  string      `json:"item_url"`
	Quantity string      `json:"quantity,omitempty"`
	Metadata *Attributes `json:"metadata,omitempty"`
}

type receiptWire struct {
	ReceiptID         string         `json:"receipt_id"`
	Items             []itemWire     `json:"items"`
	Timestamp         string         `json:"timestamp"`
	AccountHolderName string         `json:"account_holder_name"`
	RecipientName     string         `json:"recipient_name"`
	StructuredAddress receiptAddress `json:"structured_address"`
	ShippingMethod    string         `json:"shipping_method,omitempty"`
	PaymentMethod     string         `json:"payment_method"`
	Subtotal          string         `json:"subtotal"`
	ShippingCost      string         `json:"shipping_cost"`
	TotalTax          string         `json:"total_tax"`
	TotalCost         string         `json:"total_cost"`
	Currency          string         `json:"currency"`
	OrderURL          string         `json:"order_url,omitempty"`
}

// MarshalJSON returns the structure in the service's words. It fails for the zero value.
func (r Receipt) MarshalJSON() ([]byte, error) {
	f := r.f
	if f.ID == "" {
		return nil, errUnbuilt
	}
	w := receiptWire{
		ReceiptID: f.ID, Timestamp: unix(f.At), AccountHolderName: f.Holder, RecipientName: f.Recipient,
		StructuredAddress: receiptAddress(f.Address.w), ShippingMethod: f.ShippingMethod, PaymentMethod: f.PaymentMethod,
		Subtotal: f.Subtotal.String(), ShippingCost: f.Shipping.String(), TotalTax: f.Tax.String(), TotalCost: f.Total.String(),
		Currency: f.Total.Currency, OrderURL: f.URL,
	}
	for _, i := range f.Items {
		w.Items = append(w.Items, itemWire{
			ID: i.ID, Name: i.Name, Currency: i.Price.Currency, Price: i.Price.String(), ThumbURL: i.ImageURL, ItemURL: i.URL,
			Quantity: fmt.Sprint(i.Quantity), Metadata: i.Attributes.wire(),
		})
	}
	return json.Marshal(w)
}

// ParseReceipt reads the structure, with the checks of [NewReceipt]. The documentation's table calls recipient_name receipt_name:
// that is read too, and never written. Fields that giftbridge does not send are left out.
func ParseReceipt(data []byte) (Receipt, error) {
	var w struct {
		receiptWire
		ReceiptName string `json:"receipt_name"`
	}
	if err := decode(data, &w); err != nil {
		return Receipt{}, err
	}
	at, err := parseUnix("timestamp", w.Timestamp)
	if err != nil {
		return Receipt{}, err
	}
	f := ReceiptFields{
		ID: w.ReceiptID, At: at, Holder: w.AccountHolderName, Recipient: w.RecipientName,
		Address: Address{addressWire(w.StructuredAddress)}, ShippingMethod: w.ShippingMethod, PaymentMethod: w.PaymentMethod,
		URL: w.OrderURL,
	}
	if strings.TrimSpace(f.Recipient) == "" {
		f.Recipient = w.ReceiptName
	}
	for _, a := range []struct {
		field, text string
		to          *retail.Amount
	}{
		{"subtotal", w.Subtotal, &f.Subtotal},
		{"shipping_cost", w.ShippingCost, &f.Shipping},
		{"total_tax", w.TotalTax, &f.Tax},
		{"total_cost", w.TotalCost, &f.Total},
	} {
		if *a.to, err = parseAmount(a.field, a.text, w.Currency); err != nil {
			return Receipt{}, err
		}
	}
	for _, i := range w.Items {
		item := Item{ID: i.ID, Name: i.Name, ImageURL: i.ThumbURL, URL: i.ItemURL, Quantity: 1, Attributes: fromWire(i.Metadata)}
		if item.Price, err = parseAmount("price", i.Price, i.Currency); err != nil {
			return Receipt{}, within("items", err)
		}
		if i.Quantity != "" { // Not required; a line without one is a unit.
			if item.Quantity, err = parseQuantity("quantity", i.Quantity); err != nil {
				return Receipt{}, within("items", err)
			}
		}
		f.Items = append(f.Items, item)
	}
	return NewReceipt(f)
}
