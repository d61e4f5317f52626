package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/sonar/sonartest/ledger"
	"github.com/giftbridge/giftbridge/internal/sonar/sonartest/structures"
)

const (
	window = 7 * time.Second
	anna   = "+14155550100"
	bert   = "+14155550101"
)

var begin = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

func message(t *testing.T, to, text, typ, raw string) ledger.Message {
	t.Helper()
	m := ledger.Message{To: to, Text: text, Type: typ, Raw: raw}
	if typ != "" {
		data, err := structures.Parse(raw)
		require.NoError(t, err)
		m.Data = data
	}
	return m
}

// take is a message at a time after the beginning, with what becomes of it.
type take struct {
	after              time.Duration
	to, text, typ, raw string
	want               ledger.Outcome
}

func play(t *testing.T, l *ledger.Ledger, takes ...take) ledger.Totals {
	t.Helper()
	for i, m := range takes {
		got := l.Take(message(t, m.to, m.text, m.typ, m.raw), begin.Add(m.after), window, "id")
		require.Equal(t, m.want, got, "message %d", i+1)
	}
	return l.Totals()
}

func TestTheWindow(t *testing.T) {
	t.Parallel()
	const raw = `{"receipt_id":"1"}`
	totals := play(t, ledger.New(),
		take{0, anna, "hi", "", "", ledger.Delivered},
		take{window - 1, anna, "hi", "", "", ledger.Suppressed},
		take{window - 1, bert, "hi", "", "", ledger.Delivered},
		take{window - 1, anna, "hi!", "", "", ledger.Delivered},
		take{window, anna, "hi", "", "", ledger.Delivered}, // What was suppressed does not make the window longer.
		take{window, anna, "hi", structures.Receipt, raw, ledger.Delivered},
		take{window + 1, anna, "hi", structures.Receipt, raw, ledger.Suppressed},
		take{window + 1, anna, "hi", structures.Receipt, `{"receipt_id": "1"}`, ledger.Delivered}, // Not the same bytes.
	)
	require.Equal(t, ledger.Totals{
		Delivered: map[string]int{"text": 4, structures.Receipt: 2}, Suppressed: 2, Doubles: 2,
	}, totals)
}

func TestDoubles(t *testing.T) {
	t.Parallel()
	totals := play(t, ledger.New(),
		take{0, anna, "a", structures.Receipt, `{"receipt_id":"1","x":{"a":"1","b":"2"}}`, ledger.Delivered},
		take{0, bert, "a", structures.Receipt, `{"receipt_id":"1","x":{"a":"1","b":"2"}}`, ledger.Delivered},
		take{0, anna, "b", structures.Receipt, `{"x":{"b":"2","a":"1"},"receipt_id":"1"}`, ledger.Delivered}, // Another text, another order of names.
		take{0, anna, "a", structures.Receipt, `{"receipt_id":"2"}`, ledger.Delivered},
		take{0, anna, "a", structures.Receipt, `{"receipt_id":"2","y":"z"}`, ledger.Delivered},
	)
	require.Equal(t, 1, totals.Doubles)
	require.Equal(t, 1, totals.SecondReceipts)
}

func TestNothingComesBeforeItsReceipt(t *testing.T) {
	t.Parallel()
	const one, more = `{"receipt_id":"1"}`, `{"receipt_id":"1","carrier":"UPS"}`
	totals := play(t, ledger.New(),
		take{0, anna, "receipt as a text", "", "", ledger.Delivered},
		take{0, anna, "a", structures.Shipment, one, ledger.Delivered},
		take{0, anna, "a", structures.Update, one, ledger.Delivered},
		take{0, bert, "a", structures.Receipt, one, ledger.Delivered},
		take{0, anna, "a", structures.Update, more, ledger.Delivered},
		take{0, anna, "a", structures.Receipt, one, ledger.Delivered},
		take{0, anna, "a", structures.Shipment, more, ledger.Delivered},
		take{0, anna, "a", structures.Update, `{"receipt_id":"1","update_id":"2"}`, ledger.Delivered},
	)
	require.Equal(t, 1, totals.ShipmentsBeforeReceipt)
	require.Equal(t, 2, totals.UpdatesBeforeReceipt)
	require.Zero(t, totals.Doubles)
}

func TestNoticesMayComeAgain(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	totals := play(t, ledger.New(),
		take{0, "", "back", structures.Notice, `{"notification_id":"p"}`, ledger.Delivered},
		take{0, "", "back", structures.Notice, `{"notification_id":"p"}`, ledger.Suppressed},
		take{day, "", "back", structures.Notice, `{"notification_id":"p"}`, ledger.Delivered},
		take{day, "", "back", structures.Notice, `{"notification_id":"q"}`, ledger.Delivered},
	)
	require.Equal(t, 1, totals.NoticesAgain)
	require.Zero(t, totals.Doubles)
}

func TestCustomers(t *testing.T) {
	t.Parallel()
	l := ledger.New()
	l.SetCustomer(ledger.Customer{PhoneNumber: bert})
	totals := play(t, l,
		take{0, bert, "a", "", "", ledger.Unsubscribed},
		take{0, anna, "a", "", "", ledger.Delivered},
		take{0, "", "a", structures.Notice, `{"notification_id":"p"}`, ledger.Delivered},
	)
	require.Equal(t, 1, totals.Unsubscribed)
	require.Equal(t, []ledger.Customer{{PhoneNumber: anna, Subscribed: true}, {PhoneNumber: bert}}, l.Customers())
	l.SetCustomer(ledger.Customer{PhoneNumber: bert, Subscribed: true, Unreachable: true})
	play(t, l, take{0, bert, "a", "", "", ledger.Unreachable})
	l.SetCustomer(ledger.Customer{PhoneNumber: bert, Subscribed: true})
	play(t, l, take{0, bert, "a", "", "", ledger.Delivered}) // What was not delivered suppresses nothing.
}

func TestDeliveries(t *testing.T) {
	t.Parallel()
	l := ledger.New()
	require.NotNil(t, l.Deliveries())
	play(t, l,
		take{0, anna, "a", structures.Update, `{"receipt_id":"1"}`, ledger.Delivered},
		take{time.Second, "", "b", structures.Notice, `{"notification_id":"p"}`, ledger.Delivered},
	)
	want := []ledger.Delivery{
		{Number: 1, To: anna, Text: "a", Type: structures.Update, Data: []byte(`{"receipt_id":"1"}`), ReceiptID: "1", At: begin, RequestID: "id"},
		{
			Number: 2, Text: "b", Type: structures.Notice, Data: []byte(`{"notification_id":"p"}`), NotificationID: "p",
			At: begin.Add(time.Second), RequestID: "id",
		},
	}
	require.Equal(t, want, l.Deliveries())
	l.Deliveries()[0].To = "changed"
	l.Totals().Delivered["text"] = 9
	require.Equal(t, want, l.Deliveries(), "a copy")
	require.Zero(t, l.Totals().Delivered["text"])
}
