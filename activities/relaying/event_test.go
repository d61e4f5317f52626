package relaying_test

import (
	"encoding/json"
	"strings"
	"testing"

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
