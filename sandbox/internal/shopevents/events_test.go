package shopevents_test

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
	"github.com/giftbridge/giftbridge/internal/webhook"
	"github.com/giftbridge/giftbridge/sandbox/internal/shopevents"
)

// Each event is of the size that is said, is read by a receiver as what it is, and differs from all others.
func TestEvents(t *testing.T) {
	t.Parallel()
	e, err := shopevents.New("bench.myshopify.com")
	require.NoError(t, err)
	number := e.Number()
	require.NotEqual(t, number, e.Number())
	ids := map[string]bool{}
	for _, one := range []shopevents.Event{e.Order(number), e.Order(e.Number()), e.Fulfillment(number), e.Product(number), e.Product(number)} {
		ids[one.ID] = true
		require.InDelta(t, shopevents.BodySize, len(one.Body), shopevents.BodySize/20)
		n, err := webhook.Parse(one.Topic, one.Body)
		require.NoError(t, err)
		require.Equal(t, one.Resource, n.Order+n.Product)
		require.Equal(t, n.Product != "", one.Endpoint == relaytest.Products)
		require.WithinDuration(t, time.Now(), n.UpdatedAt, time.Minute)
		for _, mark := range []string{"9999999999999", "2001-02-03", "S-00000000"} {
			require.NotContains(t, string(one.Body), mark)
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
		e, err := shopevents.New("bench.myshopify.com")
		require.NoError(t, err)
		topics, of := map[string]int{}, map[string][]string{}
		for _, p := range e.Plan(n, 16) {
			resources := map[string][]string{}
			for makes := range p.All(e) {
				one := makes()
				topics[one.Topic]++
				resources[one.Resource] = append(resources[one.Resource], one.Topic)
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
			require.Len(t, r, shopevents.Changes)
		}
	}
}
