package relaying

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
	"github.com/giftbridge/giftbridge/internal/webhook"
)

// Each event is of the size that is said, is read by a receiver as what it is, and differs from all others.
func TestEvents(t *testing.T) {
	t.Parallel()
	e, err := newEvents("bench.myshopify.com")
	require.NoError(t, err)
	number := e.number()
	require.NotEqual(t, number, e.number())
	ids := map[string]bool{}
	for _, one := range []event{e.order(number), e.order(e.number()), e.fulfillment(number), e.product(number), e.product(number)} {
		ids[one.id] = true
		require.InDelta(t, bodySize, len(one.body), bodySize/20)
		n, err := webhook.Parse(one.topic, one.body)
		require.NoError(t, err)
		require.Equal(t, one.resource, n.Order+n.Product)
		require.Equal(t, n.Product != "", one.endpoint == relaytest.Products)
		require.WithinDuration(t, time.Now(), n.UpdatedAt, time.Minute)
		for _, mark := range []string{"9999999999999", "2001-02-03", "S-00000000"} {
			require.NotContains(t, string(one.body), mark)
		}
	}
	require.Len(t, ids, 5)
}

// The events that wait are as many as were asked for, half of them about orders, and all of a resource come over one connection.
func TestPlan(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]map[string]int{
		20:   {webhook.OrdersCreate: 5, webhook.FulfillmentsCreate: 5, webhook.ProductsUpdate: 10},
		1000: {webhook.OrdersCreate: 250, webhook.FulfillmentsCreate: 250, webhook.ProductsUpdate: 500},
	} {
		e, err := newEvents("bench.myshopify.com")
		require.NoError(t, err)
		topics, of := map[string]int{}, map[string][]string{}
		for _, p := range plan(n, e.number) {
			resources := map[string][]string{}
			for makes := range p.all(e) {
				one := makes()
				topics[one.topic]++
				resources[one.resource] = append(resources[one.resource], one.topic)
			}
			for r := range resources {
				require.NotContains(t, of, r)
			}
			maps.Copy(of, resources)
		}
		require.Equal(t, want, topics)
		for _, r := range of {
			if len(r) == 2 {
				require.Equal(t, []string{webhook.OrdersCreate, webhook.FulfillmentsCreate}, r)
				continue
			}
			require.Len(t, r, changes)
		}
	}
}

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
