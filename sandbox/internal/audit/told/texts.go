package told

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

const items = `{{range .Items}}({{.Name}}={{.Quantity}}){{end}}`

// Templates are the texts of an installation whose messages are compared: they say all that there is to compare, and no more.
func Templates() map[string]string {
	numbers := `{{range .Trackings}}<{{.Number}}>{{end}}`
	return map[string]string{
		"receipt": "receipt {{.Order}} " + items, "shipment": "shipment {{.Order}} " + items + " " + numbers,
		"trackings": "trackings {{.Order}} " + numbers, "returned": "returned {{.Order}} " + items,
		"changed": "changed {{.Order}} " + items, "added": "added {{.Order}} " + items, "cancelled": "cancelled {{.Order}} " + items,
		"refunded": "refunded {{.Order}} {{.Amount}}", "in-stock": "stock {{.Product}}", "opt-out": "STOP",
	}
}

// What a text says.
const (
	saysReceipt   = "receipt"
	saysShipment  = "shipment"
	saysTrackings = "trackings"
	saysReturned  = "returned"
	saysChanged   = "changed"
	saysAdded     = "added"
	saysCancelled = "cancelled"
	saysRefunded  = "refunded"
)

// text is what a message about an order says.
type text struct {
	what, order string
	items       map[string]int
	numbers     []string
	amount      *big.Rat
	delivery    Delivery
	// nth is its place among all messages.
	nth int
}

var (
	form    = regexp.MustCompile(`^[^:]+: ([a-z]+) (#\d+)(.*)$`)
	item    = regexp.MustCompile(`\(([^()=]+)=(\d+)\)`)
	number  = regexp.MustCompile(`<([^<>]+)>`)
	amounts = regexp.MustCompile(`^ ([0-9.]+) [A-Z]{3}`)
)

// read reads a message about an order.
func read(d Delivery, nth int) (text, bool) {
	parts := form.FindStringSubmatch(d.Text)
	if parts == nil {
		return text{}, false
	}
	t := text{what: parts[1], order: parts[2], items: map[string]int{}, delivery: d, nth: nth}
	for _, m := range item.FindAllStringSubmatch(parts[3], -1) {
		n, err := strconv.Atoi(m[2])
		if err != nil {
			return text{}, false
		}
		t.items[m[1]] += n
	}
	for _, m := range number.FindAllStringSubmatch(parts[3], -1) {
		t.numbers = append(t.numbers, m[1])
	}
	if m := amounts.FindStringSubmatch(parts[3]); m != nil {
		t.amount, _ = new(big.Rat).SetString(m[1])
	}
	return t, true
}

// structured compares a structure with the text beside it, and returns how they differ; empty if they agree.
func (t text) structured(o Order) string {
	if t.delivery.Type == "" {
		return ""
	}
	var data struct {
		ReceiptID string `json:"receipt_id"`
		Tracking  string `json:"tracking_number"`
		Items     []struct {
			ID       string `json:"id"`
			Quantity string `json:"quantity"`
		} `json:"items"`
	}
	if err := json.Unmarshal(t.delivery.Data, &data); err != nil {
		return "its data are not JSON"
	}
	want := map[string]string{saysReceipt: "retail_receipts", saysShipment: "retail_shipments", saysChanged: "retail_updatereceipts", saysCancelled: "retail_updatereceipts"}
	if want[t.what] != t.delivery.Type {
		return "it is of the type " + t.delivery.Type
	}
	if data.ReceiptID != id(o.ID) {
		return "it is about order " + data.ReceiptID
	}
	has := map[string]int{}
	for _, i := range data.Items {
		line, err := strconv.ParseInt(i.ID, 10, 64)
		l, known := o.line(line)
		n, badNumber := strconv.Atoi(i.Quantity)
		if err != nil || !known || badNumber != nil {
			return fmt.Sprintf("it has %s units of line %s", i.Quantity, i.ID)
		}
		has[l.Title] += n
	}
	if !maps.Equal(has, t.items) {
		return fmt.Sprintf("it has the items %v, and the text beside it %v", has, t.items)
	}
	if data.Tracking != "" && (len(t.numbers) == 0 || t.numbers[0] != data.Tracking) {
		return "it has the tracking number " + data.Tracking
	}
	return ""
}

// short returns what a message says without the customer's words.
func (t text) short() string { return strings.TrimSpace(t.what + " " + t.order) }
