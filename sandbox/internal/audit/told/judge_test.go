package told_test

import (
	"encoding/json"
	"go/build"
	"slices"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/audit/told"
)

// The auditor shares no code with what it audits.
func TestAuditorStandsAlone(t *testing.T) {
	t.Parallel()
	p, err := build.ImportDir(".", 0)
	require.NoError(t, err)
	require.NotEmpty(t, p.Imports)
	for _, path := range p.Imports {
		first, _, _ := strings.Cut(path, "/")
		require.NotContains(t, first, ".", path)
	}
}

func TestTemplatesAreTemplates(t *testing.T) {
	t.Parallel()
	for name, text := range told.Templates() {
		_, err := template.New(name).Parse(text)
		require.NoError(t, err, name)
	}
	require.Len(t, told.Templates(), 10)
}

var began = time.Date(2026, time.July, 1, 12, 0, 0, 0, time.UTC)

func at(seconds int) time.Time { return began.Add(time.Duration(seconds) * time.Second) }

const anna, bert, carl, dora = "+14155550101", "+14155550102", "+14155550103", "+14155550104"

func got(seconds int, to, text string) told.Delivery {
	return told.Delivery{To: to, Text: "shop: " + text, At: at(seconds)}
}

func structured(d told.Delivery, typ, data string) told.Delivery {
	d.Type, d.Data = typ, json.RawMessage(data)
	return d
}

func parcel(t *testing.T, text string) (f told.Fulfillment) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), &f))
	return f
}

// These books balance. Anna's order was sent in two parcels, of which one was taken back, and edited; money was given back. Bert
// unsubscribed after his receipt. Carl left no number, Dora's receipt is in doubt, and the last order is a test.
func books(t *testing.T) told.Books {
	t.Helper()
	lines := []told.Line{{ID: 11, Title: "Shirt", Quantity: 3, Removed: 1}, {ID: 12, Title: "Mug", Quantity: 1}}
	one := []told.Line{{ID: 21, Title: "Mug", Quantity: 1}}
	sent := func(key, kind string) told.Message { return told.Message{Key: key, Kind: kind, State: "sent"} }
	return told.Books{
		Orders: []told.Order{
			{ID: 1, Name: "#1", FinancialStatus: "PARTIALLY_REFUNDED", Lines: lines, Fulfillments: []told.Fulfillment{
				parcel(t, `{"id": 51, "status": "SUCCESS", "trackings": [{"number": "Z1"}, {"number": "Z2"}], "lines": [{"line": 11, "quantity": 2}]}`),
				parcel(t, `{"id": 52, "status": "CANCELLED", "trackings": [{"number": "Z3"}], "lines": [{"line": 12, "quantity": 1}]}`),
			}, Refunds: []told.Refund{{ID: 61, Lines: []told.Units{{Line: 11, Quantity: 1}}}, {ID: 62, Amount: "3.25"}}},
			{ID: 2, Name: "#2", FinancialStatus: "PAID", Lines: one, Fulfillments: []told.Fulfillment{
				parcel(t, `{"id": 53, "status": "SUCCESS", "trackings": [{"number": "Z4"}], "lines": [{"line": 21, "quantity": 1}]}`),
			}},
			{ID: 3, Name: "#3", FinancialStatus: "PAID", Lines: one},
			{ID: 4, Name: "#4", FinancialStatus: "PAID", Lines: one},
			{ID: 5, Name: "#5", FinancialStatus: "PAID", Test: true, Lines: one},
		},
		People: map[int64]told.Person{
			1: {Number: anna}, 2: {Number: bert, Left: at(15), Abroad: true}, 3: {Why: "no_phone"}, 4: {Number: dora}, 5: {Number: carl},
		},
		Changes: []told.Change{{Order: 1, What: "money_back", Began: at(30), Did: at(31)}},
		Deliveries: []told.Delivery{
			structured(got(10, anna, "receipt #1 (Shirt=3)(Mug=1) STOP"), "retail_receipts",
				`{"receipt_id": "1", "items": [{"id": "11", "quantity": "3"}, {"id": "12", "quantity": "1"}]}`),
			got(11, bert, "receipt #2 (Mug=1) STOP"),
			structured(got(20, anna, "shipment #1 (Shirt=2) <Z1>"), "retail_shipments",
				`{"receipt_id": "1", "tracking_number": "Z1", "items": [{"id": "11", "quantity": "2"}]}`),
			got(21, anna, "trackings #1 <Z2>"), got(22, anna, "shipment #1 (Mug=1) <Z3>"), got(23, anna, "returned #1 (Mug=1)"),
			structured(got(25, anna, "changed #1 (Shirt=2)"), "retail_updatereceipts", `{"receipt_id": "1", "items": [{"id": "11", "quantity": "2"}]}`),
			got(32, anna, "refunded #1 3.25 USD"),
			{Text: "shop: stock Hat STOP", Type: "notifyme", NotificationID: "71", At: at(40)},
		},
		States: []told.State{
			{Order: 1, Messages: []told.Message{
				sent("a", "receipt"), sent("b", "shipment"), sent("c", "shipment"), sent("d", "shipment"), sent("e", "shipment"),
				sent("f", "update"), sent("g", "update"),
			}},
			{Order: 2, Messages: []told.Message{sent("a", "receipt"), {Key: "b", Kind: "shipment", State: "unsubscribed"}}},
			{Order: 3, Messages: []told.Message{{Key: "a", Kind: "receipt", State: "dropped", Dropped: "no_phone"}}},
			{Order: 4, Messages: []told.Message{{Key: "a", Kind: "receipt", State: "failed", Failure: "MessageInDoubt"}}},
			{Order: 5, Messages: []told.Message{{Key: "a", Kind: "receipt", State: "dropped", Dropped: "test"}}},
		},
		Unsent: []told.Unsent{{Order: "4", Key: "a"}},
		Asked:  map[string]int{anna: 8, bert: 2, dora: 3},
		Products: []told.Product{
			{ID: "71", Variant: "72", Name: "HAT", Notices: true, Heard: true},
			{ID: "73", Variant: "74", Name: "CAP", Heard: true},
			{ID: "75", Variant: "76", Name: "LOST", Notices: true},
		},
		Service: told.Service{Refused: map[string]int{"Bad Token": 3}},
	}
}

func TestBooksThatBalance(t *testing.T) {
	t.Parallel()
	require.Equal(t, told.Tally{
		Messages: 8, Receipts: 2, Shipments: 4, Updates: 2, Notices: 1, LeftOut: 3, InDoubt: 1,
		Dropped: map[string]int{"no_phone": 1, "test": 1, "unsubscribed": 1}, Unsent: map[string]int{"MessageInDoubt": 1},
		Fates: map[string]int{
			"message_no_phone": 1, "message_test": 1, told.FateUnsubscribed: 1, told.FateLeft: 1, told.FateInDoubt: 1, told.FateAsText: 1,
		},
	}, books(t).Judge())
	b := books(t) // The receipt in doubt has come after all.
	b.Deliveries = append(b.Deliveries, structured(got(50, dora, "receipt #4 (Mug=1)"), "retail_receipts",
		`{"receipt_id": "4", "items": [{"id": "21", "quantity": "1"}]}`))
	require.Empty(t, b.Judge().Wrong)
}

// without returns the books without the nth message, which the system does not know of either.
func without(b *told.Books, n, order int, key string) {
	b.Deliveries = slices.Delete(b.Deliveries, n, n+1)
	if key != "" {
		b.States[order].Messages = slices.DeleteFunc(b.States[order].Messages, func(m told.Message) bool { return m.Key == key })
	}
}

// add adds a message of which the system says that it was sent.
func add(b *told.Books, order int, kind string, d told.Delivery) {
	b.Deliveries = append(b.Deliveries, d)
	b.States[order].Messages = append(b.States[order].Messages, told.Message{Key: "more", Kind: kind, State: "sent"})
}

// Whatever is wrong in the books, the auditor finds it.
func TestBooksThatDoNotBalance(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		wrong func(*told.Books)
		says  string
		count func(told.Tally) int
	}{
		"a second receipt": {func(b *told.Books) {
			add(b, 0, "receipt", b.Deliveries[0])
		}, "twice: #1: 2 receipts", func(t told.Tally) int { return t.Twice }},
		"the same parcel again": {func(b *told.Books) {
			add(b, 0, "shipment", b.Deliveries[2])
		}, "twice: #1: the customer was told of parcel Z1 2 times", func(t told.Tally) int { return t.Twice }},
		"the same change again": {func(b *told.Books) {
			add(b, 0, "update", b.Deliveries[6])
		}, "twice: changed #1: 2 units, which the customer knew", func(t told.Tally) int { return t.Twice }},
		"the same money again": {func(b *told.Books) {
			add(b, 0, "update", b.Deliveries[7])
		}, "twice: #1: the customer was told that 6.50 was given back, and it was 3.25", func(t told.Tally) int { return t.Twice }},
		"a parcel that was taken back twice": {func(b *told.Books) {
			add(b, 0, "shipment", b.Deliveries[5])
		}, "twice: #1: the customer was told of 2 parcels that were taken back", func(t told.Tally) int { return t.Twice }},
		"a double that the service has seen": {func(b *told.Books) {
			b.Service.Doubles = 1
		}, "twice: the service has delivered 1 messages", func(t told.Tally) int { return t.Twice }},
		"a second receipt that the service has seen": {func(b *told.Books) {
			b.Service.SecondReceipts = 1
		}, "twice: the service has delivered 1 second receipts", func(t told.Tally) int { return t.Twice }},
		"two notices in a day": {func(b *told.Books) {
			b.Deliveries = append(b.Deliveries, b.Deliveries[8])
		}, "twice: 2 notices about HAT within a day", func(t told.Tally) int { return t.Twice }},
		"two workflows of an order": {func(b *told.Books) {
			b.States = append(b.States, b.States[0])
		}, "twice: order 1 has the messages of two workflows", func(t told.Tally) int { return t.Twice }},
		"no receipt": {func(b *told.Books) {
			without(b, 1, 1, "a")
		}, "missing: #2: no receipt", func(t told.Tally) int { return t.Missing }},
		"an order that the system does not know": {func(b *told.Books) {
			b.States = slices.Delete(b.States, 2, 3)
		}, "missing: #3: no receipt; the system knows the order: false", func(t told.Tally) int { return t.Missing }},
		"no shipment": {func(b *told.Books) {
			b.Deliveries = slices.Delete(b.Deliveries, 2, 4)
			b.States[0].Messages = slices.Delete(b.States[0].Messages, 1, 3)
		}, "missing: #1: of 1 parcels", func(t told.Tally) int { return t.Missing }},
		"no further tracking number": {func(b *told.Books) {
			without(b, 3, 0, "c")
		}, "missing: #1: of 1 parcels", func(t told.Tally) int { return t.Missing }},
		"a parcel that was taken back, and nobody said so": {func(b *told.Books) {
			without(b, 5, 0, "e")
		}, "missing: #1: of 1 parcels", func(t told.Tally) int { return t.Missing }},
		"no change": {func(b *told.Books) {
			without(b, 6, 0, "f")
		}, "missing: #1: the customer knows of 3 units of a line, and there are 2", func(t told.Tally) int { return t.Missing }},
		"no money": {func(b *told.Books) {
			without(b, 7, 0, "g")
		}, "missing: #1: money was given back", func(t told.Tally) int { return t.Missing }},
		"no notice": {func(b *told.Books) {
			without(b, 8, 0, "")
		}, "missing: nobody was told that HAT is back", func(t told.Tally) int { return t.Missing }},
		"a message that was refused for no reason": {func(b *told.Books) {
			b.States[3].Messages[0].Failure = "MessageRefused"
		}, "missing: #4: a receipt could not be sent: MessageRefused", func(t told.Tally) int { return t.Missing }},
		"an outage that was too long": {func(b *told.Books) {
			b.States[3].Messages[0].Failure = "MessagesUnavailable"
		}, "missing: #4", func(t told.Tally) int { return t.Missing }},
		"a shipment before its receipt": {func(b *told.Books) {
			b.Deliveries[0], b.Deliveries[2] = b.Deliveries[2], b.Deliveries[0]
		}, "early: shipment #1 came before the receipt", func(t told.Tally) int { return t.Early }},
		"a change without a receipt": {func(b *told.Books) {
			add(b, 3, "update", got(60, dora, "changed #4 (Mug=0)"))
			b.States[3].Messages[0] = told.Message{Key: "a", Kind: "receipt", State: "dropped", Dropped: "empty"}
			b.Unsent = nil
		}, "early: changed #4", func(t told.Tally) int { return t.Early }},
		"a message to a customer without a number": {func(b *told.Books) {
			add(b, 2, "receipt", got(60, carl, "receipt #3 (Mug=1)"))
		}, "unasked: receipt #3: a message to a customer of whom there is no_phone", func(t told.Tally) int { return t.Unasked }},
		"a message to somebody else": {func(b *told.Books) {
			b.Deliveries[3].To = carl
		}, "unasked: trackings #1: a message to somebody else", func(t told.Tally) int { return t.Unasked }},
		"a message after unsubscribing": {func(b *told.Books) {
			add(b, 1, "shipment", got(16, bert, "shipment #2 (Mug=1) <Z4>"))
		}, "unasked: shipment #2: a message to a customer who has unsubscribed", func(t told.Tally) int { return t.Unasked }},
		"a message to one who never wanted any": {func(b *told.Books) {
			b.People[4] = told.Person{Number: dora, Unsubscribed: true}
			b.Deliveries = append(b.Deliveries, got(60, dora, "receipt #4 (Mug=1)"))
		}, "unasked: receipt #4", func(t told.Tally) int { return t.Unasked }},
		"a customer who has unsubscribed is asked for again": {func(b *told.Books) {
			b.States[1].Messages = append(b.States[1].Messages, b.States[1].Messages[1])
		}, "unasked: #2: 2 requests", func(t told.Tally) int { return t.Unasked }},
		"requests without end for one who has unsubscribed": {func(b *told.Books) {
			b.People[4] = told.Person{Number: dora, Unsubscribed: true}
			b.Asked[dora] = 7
		}, "unasked: #4: 7 requests", func(t told.Tally) int { return t.Unasked }},
		"a notice about a product that is gone": {func(b *told.Books) {
			b.Deliveries[8].NotificationID = "73"
		}, "unasked: a notice about CAP", func(t told.Tally) int { return t.Unasked }},
		"a notice about an unknown product": {func(b *told.Books) {
			b.Deliveries = append(b.Deliveries, told.Delivery{NotificationID: "79"})
		}, "a notice about product 79", func(t told.Tally) int { return t.Misstated }},
		"a message about nothing": {func(b *told.Books) {
			b.Deliveries[3].Text = "shop: hello"
		}, "message 4 says nothing about an order", func(t told.Tally) int { return t.Misstated }},
		"other items in a structure": {func(b *told.Books) {
			b.Deliveries[2].Data = json.RawMessage(`{"receipt_id": "1", "tracking_number": "Z1", "items": [{"id": "11", "quantity": "1"}]}`)
		}, "shipment #1: it has the items", func(t told.Tally) int { return t.Misstated }},
		"another order in a structure": {func(b *told.Books) {
			b.Deliveries[6].Data = json.RawMessage(`{"receipt_id": "2", "items": [{"id": "11", "quantity": "2"}]}`)
		}, "changed #1: it is about order 2", func(t told.Tally) int { return t.Misstated }},
		"another line in a structure": {func(b *told.Books) {
			b.Deliveries[6].Data = json.RawMessage(`{"receipt_id": "1", "items": [{"id": "21", "quantity": "2"}]}`)
		}, "changed #1: it has 2 units of line 21", func(t told.Tally) int { return t.Misstated }},
		"another type of structure": {func(b *told.Books) {
			b.Deliveries[6].Type = "retail_shipments"
		}, "changed #1: it is of the type retail_shipments", func(t told.Tally) int { return t.Misstated }},
		"another tracking number in a structure": {func(b *told.Books) {
			b.Deliveries[2].Data = json.RawMessage(`{"receipt_id": "1", "tracking_number": "Z2", "items": [{"id": "11", "quantity": "2"}]}`)
		}, "shipment #1: it has the tracking number Z2", func(t told.Tally) int { return t.Misstated }},
		"a receipt without a structure": {func(b *told.Books) {
			b.Deliveries[0].Type = ""
		}, `#1: its receipt is of the type ""`, func(t told.Tally) int { return t.Misstated }},
		"a parcel that there is not": {func(b *told.Books) {
			b.Deliveries[3].Text = "shop: trackings #1 <Z9>"
		}, "trackings #1: it names no parcel", func(t told.Tally) int { return t.Misstated }},
		"another content of a parcel": {func(b *told.Books) {
			b.Deliveries[4].Text = "shop: shipment #1 (Shirt=1) <Z3>"
		}, "shipment #1: the parcel has something else in it", func(t told.Tally) int { return t.Misstated }},
		"a line that there is not": {func(b *told.Books) {
			add(b, 0, "update", got(60, anna, "added #1 (Sock=1)"))
		}, "#1: a message names a line that there is not", func(t told.Tally) int { return t.Misstated }},
		"a receipt of a test": {func(b *told.Books) {
			add(b, 4, "receipt", got(60, carl, "receipt #5 (Mug=1)"))
		}, "#5: a receipt of an order that has none", func(t told.Tally) int { return t.Misstated }},
		"a receipt of an order that is not paid": {func(b *told.Books) {
			b.Orders[1].FinancialStatus = "PENDING"
		}, "#2: a receipt of an order that has none", func(t told.Tally) int { return t.Misstated }},
		"a receipt of an order that came cancelled": {func(b *told.Books) {
			b.Orders[1].CancelledAt = at(0)
		}, "#2: a receipt of an order that has none", func(t told.Tally) int { return t.Misstated }},
		"a message about a test": {func(b *told.Books) {
			add(b, 4, "update", got(60, carl, "changed #5 (Mug=0)"))
		}, "#5: nothing is to be told", func(t told.Tally) int { return t.Misstated }},
		"a message that was said to be sent": {func(b *told.Books) {
			without(b, 7, 0, "")
		}, "the system says that it has sent 7 messages, with 0 in doubt, and its customer got 6", func(t told.Tally) int { return t.Misstated }},
		"a message that the system does not know of": {func(b *told.Books) {
			b.States[0].Messages = b.States[0].Messages[1:]
		}, "the system says that it has sent 6 messages, with 0 in doubt, and its customer got 7", func(t told.Tally) int { return t.Misstated }},
		"a customer who is said to have unsubscribed": {func(b *told.Books) {
			b.States[0].Messages[6].State = "unsubscribed"
		}, "#1: its customer has not unsubscribed", func(t told.Tally) int { return t.Misstated }},
		"dropped for a reason that is none": {func(b *told.Books) {
			b.States[2].Messages[0].Dropped = "bad_phone"
		}, "#3: a receipt was dropped as bad_phone, which it is not", func(t told.Tally) int { return t.Misstated }},
		"dropped as cancelled": {func(b *told.Books) {
			b.States[2].Messages[0].Dropped = "cancelled"
		}, "which it is not", func(t told.Tally) int { return t.Misstated }},
		"dropped as empty": {func(b *told.Books) {
			b.States[2].Messages[0].Dropped = "empty"
		}, "which it is not", func(t told.Tally) int { return t.Misstated }},
		"dropped as delivered": {func(b *told.Books) {
			b.States[0].Messages[1].State, b.States[0].Messages[1].Dropped = "dropped", "delivered"
		}, "which it is not", func(t told.Tally) int { return t.Misstated }},
		"dropped too late": {func(b *told.Books) {
			b.States[2].Messages[0].Dropped = "too_late"
		}, "which it is not", func(t told.Tally) int { return t.Misstated }},
		"a state that is none": {func(b *told.Books) {
			b.States[2].Messages[0].State = "lost"
		}, `#3: a message is in the state "lost"`, func(t told.Tally) int { return t.Misstated }},
		"a message that the service does not understand": {func(b *told.Books) {
			b.Service.Refused["fields"] = 2
		}, "the service has refused 2 messages: fields", func(t told.Tally) int { return t.Misstated }},
		"people see what was sent": {func(b *told.Books) {
			b.Unsent = append(b.Unsent, told.Unsent{Order: "1", Key: "a"})
		}, "#1: people see a message as unsent that is not", func(t told.Tally) int { return t.Misstated }},
		"nobody sees what was not sent": {func(b *told.Books) {
			b.Unsent = nil
		}, "unseen: #4: a receipt could not be sent, and nobody sees it", func(t told.Tally) int { return t.Unseen }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := books(t)
			tt.wrong(&b)
			tally := b.Judge()
			require.Contains(t, strings.Join(tally.Wrong, "\n"), tt.says)
			require.Positive(t, tt.count(tally))
		})
	}
}

// A notice is not missed if people see that it could not be sent, whether it was about the product or its variant.
func TestUnsentNotice(t *testing.T) {
	t.Parallel()
	for order, missing := range map[string]int{"72": 0, "product-71": 0, "71": 1, "product-72": 1} {
		b := books(t)
		without(&b, 8, 0, "")
		b.Unsent = append(b.Unsent, told.Unsent{Order: order, Key: "n"})
		require.Equal(t, missing, b.Judge().Missing, order)
	}
}

// A tally is printed with all of its counts.
func TestPrint(t *testing.T) {
	t.Parallel()
	lines := 0
	books(t).Judge().Print(func(string, ...any) { lines++ })
	require.Equal(t, 11+3+1, lines)
}
