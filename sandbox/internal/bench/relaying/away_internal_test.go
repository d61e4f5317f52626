package relaying

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
)

// What has not arrived is lost, unless a later event of the same product has arrived.
func TestJudge(t *testing.T) {
	t.Parallel()
	var kept []keptEvent
	for id := range strings.FieldsSeq("o1.a p1.a p1.b o1.b p2.a p1.c") {
		resource, _, _ := strings.Cut(id, ".")
		kept = append(kept, keptEvent{id: id, resource: resource, product: id[0] == 'p'})
	}
	tests := map[string]struct {
		arrived string
		want    Away
	}{
		"all":               {"o1.a o1.b p1.a p1.b p1.c p2.a", Away{Arrived: 6, MostOfProduct: 3}},
		"coalesced":         {"o1.a o1.b p1.a p1.c p2.a", Away{Arrived: 5, MostOfProduct: 2, Coalesced: 1}},
		"a double":          {"o1.a o1.a o1.b p1.c p2.a p2.a", Away{Arrived: 4, MostOfProduct: 1, Coalesced: 2, Doubles: 2}},
		"the newest lost":   {"o1.a o1.b p1.a p1.b p2.a", Away{Arrived: 5, MostOfProduct: 2, Lost: 1}},
		"an order lost":     {"o1.b p1.c p2.a", Away{Arrived: 3, MostOfProduct: 1, Coalesced: 2, Lost: 1}},
		"a product lost":    {"o1.a o1.b p1.c", Away{Arrived: 3, MostOfProduct: 1, Coalesced: 2, Lost: 1}},
		"all lost":          {"", Away{Lost: 6}},
		"an order disorder": {"o1.b o1.a! p1.c p2.a", Away{Arrived: 4, MostOfProduct: 1, Coalesced: 2, Unordered: 1}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var deliveries []relaytest.Delivery
			seen := map[string]bool{}
			for id := range strings.FieldsSeq(tt.arrived) {
				id, unordered := strings.CutSuffix(id, "!")
				about, _, _ := strings.Cut(id, ".")
				d := relaytest.Delivery{ID: id, About: about, Endpoint: relaytest.Orders, Double: seen[id], Unordered: unordered}
				if about[0] == 'p' {
					d.Endpoint = relaytest.Products
				}
				seen[id] = true
				deliveries = append(deliveries, d)
			}
			var got Away
			got.judge(kept, deliveries)
			require.Equal(t, tt.want, got)
		})
	}
}

// The pace leaves out the first and the last tenth, in which an endpoint is slow.
func TestPace(t *testing.T) {
	t.Parallel()
	require.Zero(t, pace(nil))
	require.Zero(t, pace([]time.Time{{}}))
	at := []time.Time{time.Unix(0, 0)}
	for i := range 98 {
		at = append(at, time.Unix(1000, 0).Add(time.Duration(i)*50*time.Millisecond))
	}
	at = append(at, time.Unix(2000, 0))
	slices.Reverse(at)
	require.InEpsilon(t, 20.0, pace(at), 1e-9)
}

// An event has arrived when it arrives for the first time, and what was not sent is not waited for.
func TestBook(t *testing.T) {
	t.Parallel()
	b := newBook()
	one := b.send("a")
	require.False(t, b.has("a"))
	for _, id := range []string{"a", "a", "b"} {
		b.arrive(relaytest.Delivery{ID: id, Endpoint: relaytest.Orders})
	}
	<-one.arrived
	require.False(t, one.at.Before(one.sent))
	require.True(t, b.has("a"))
	require.False(t, b.has("b"))
	require.Len(t, b.times(relaytest.Orders), 3)
	require.Empty(t, b.times(relaytest.Products))
	b.clear()
	require.False(t, b.has("a"))
	require.Empty(t, b.times(relaytest.Orders))
}
