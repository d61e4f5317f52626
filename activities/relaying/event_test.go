package relaying_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities/relaying"
)

// A body survives to the byte, whatever it is.
func FuzzBody(f *testing.F) {
	for _, s := range []string{
		`{"id":820982911946154508,"price":"199.00","note":"<&>\u2028 ` + "\u2028" + `"}`, "", "base64:e30=", "base64:", "\xff\xfe{}", "\x00", "null",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		text, err := json.Marshal(relaying.Event{ID: "1", Body: relaying.NewBody(raw)})
		require.NoError(t, err)
		var back relaying.Event
		require.NoError(t, json.Unmarshal(text, &back))
		got, err := back.Body.Bytes()
		require.NoError(t, err)
		require.Equal(t, string(raw), string(got))
		require.Equal(t, len(raw), back.Body.Len())
	})
}

func TestDamagedBody(t *testing.T) {
	t.Parallel()
	_, err := relaying.Body("base64:secret!").Bytes()
	require.EqualError(t, err, "the body of the event is not base64")
}

func TestOnlyUpdatesOfProductsCoalesce(t *testing.T) {
	t.Parallel()
	var all []string
	for _, topic := range []string{
		"products/update", "PRODUCTS/UPDATE", "products/create", "products/delete", "orders/create", "fulfillments/update",
	} {
		if (relaying.Event{Topic: topic}).Coalesces() {
			all = append(all, topic)
		}
	}
	require.Equal(t, "products/update PRODUCTS/UPDATE", strings.Join(all, " "))
}

// However often a person has an event sent again, it keeps the ID that it was given first.
func TestFirstID(t *testing.T) {
	t.Parallel()
	require.Equal(t, "a", relaying.Event{ID: "a"}.FirstID())
	require.Equal(t, "a", relaying.Event{ID: "b", Repeats: "a"}.FirstID())
}

// A notice has the numbers that the body has, and at least that of the order.
func TestAsNotice(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)
	for body, want := range map[string]string{
		`{"id":9,"order_id":7,"line_items":[]}`:  `{"id":9,"order_id":7,"updated_at":"2026-07-10T12:00:00Z"}`,
		`{"id":12345678901234567890,"note":"x"}`: `{"id":12345678901234567890,"updated_at":"2026-07-10T12:00:00Z"}`,
		`{"order_edit":{"id":9,"order_id":7}}`:   `{"order_id":7,"updated_at":"2026-07-10T12:00:00Z"}`,
		`{"id":"gid://shopify/Order/7"}`:         `{"order_id":7,"updated_at":"2026-07-10T12:00:00Z"}`,
		`no JSON`:                                `{"order_id":7,"updated_at":"2026-07-10T12:00:00Z"}`,
		"\xff":                                   `{"order_id":7,"updated_at":"2026-07-10T12:00:00Z"}`,
	} {
		e := relaying.Event{ID: "evt_1", Topic: "orders/updated", Body: relaying.NewBody([]byte(body)), UpdatedAt: at}
		got := e.AsNotice("7")
		require.Equal(t, want, string(got.Body))
		require.Equal(t, len(body), got.Size)
		got.Body, got.Size = e.Body, 0
		require.Equal(t, e, got, "nothing else changes")
	}
	require.Empty(t, relaying.Notice{ID: "x"}.Body())
	product := relaying.Event{Topic: "products/update", Body: "no JSON", UpdatedAt: at}
	require.JSONEq(t, `{"id":7,"updated_at":"2026-07-10T12:00:00Z"}`, string(product.AsNotice("7").Body))
	parcel := relaying.Event{Topic: "fulfillments/update", Object: "9", Body: `{"id":"gid://shopify/Fulfillment/9"}`, UpdatedAt: at}
	require.JSONEq(t, `{"id":9,"order_id":7,"updated_at":"2026-07-10T12:00:00Z"}`, string(parcel.AsNotice("7").Body))
}
