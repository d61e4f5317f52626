package forwarding_test

import (
	"encoding/base64"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/app/forwarding"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/relay"
	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
)

// What an endpoint answers decides whether the event, the endpoint or neither is at fault.
func TestPost(t *testing.T) {
	t.Parallel()
	secret := "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("s", 32)))
	erp := relaytest.New(relaytest.Options{Secrets: []string{secret}})
	server := httptest.NewServer(erp)
	t.Cleanup(server.Close)
	c := config.Default()
	c.Shopify.Shop, c.Relay.OrdersURL = "example.myshopify.com", server.URL+"/orders"
	require.NoError(t, c.Relay.Secrets.Decode(secret))
	require.NoError(t, c.Relay.AllowedNetworks.Decode("127.0.0.0/8"))
	door, err := forwarding.NewDoor(c, nil)
	require.NoError(t, err)
	body := []byte(`{"id":7}`)
	posting := relaying.Posting{
		Endpoint: relaying.Orders, Resource: "7", Stale: true, Attempt: 3, Event: relaying.Event{
			ID: relay.ID(relaying.Orders, "orders/create", "7", body), Topic: "orders/create", Body: relaying.NewBody(body), Size: 3 << 20, Again: true,
			TriggeredAt: time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC), APIVersion: "2026-07",
		},
	}
	require.NoError(t, door.Post(t.Context(), posting))
	got := erp.Deliveries()[0]
	require.Equal(t, relaytest.Delivery{
		Endpoint: relaytest.Orders, ID: posting.Event.ID, Topic: "orders/create", Resource: "7", About: "7", Shop: "example.myshopify.com",
		APIVersion: "2026-07", BodyHash: got.BodyHash, Size: len(body), Oversized: 3 << 20, TriggeredAt: posting.Event.TriggeredAt,
		Stale: true, Replayed: true, Attempt: 3, Signatures: 1, Sequence: 1, At: got.At, AnsweredAt: got.AnsweredAt,
	}, got)
	damaged := posting
	damaged.Event.Body = "base64:?"
	require.Equal(t, &relaying.Refusal{Kind: giftcard.InvalidRequest, Event: true, Message: "the body of the event is not base64"},
		door.Post(t.Context(), damaged))
	for name, tt := range map[string]struct {
		fault relaytest.Fault
		want  relaying.Refusal
	}{
		"the event":     {relaytest.Fault{Kind: relaytest.ServerError, Status: 422}, relaying.Refusal{Kind: giftcard.InvalidRequest, Event: true}},
		"the secret":    {relaytest.Fault{Kind: relaytest.ServerError, Status: 401}, relaying.Refusal{Kind: giftcard.Unauthorized}},
		"the URL":       {relaytest.Fault{Kind: relaytest.ServerError, Status: 404}, relaying.Refusal{Kind: giftcard.UnexpectedResponse}},
		"elsewhere":     {relaytest.Fault{Kind: relaytest.Redirect}, relaying.Refusal{Kind: giftcard.UnexpectedResponse}},
		"too many":      {relaytest.Fault{Kind: relaytest.Throttle, RetryAfter: "60"}, relaying.Refusal{Kind: giftcard.RateLimited, RetryAfter: time.Minute}},
		"a failure":     {relaytest.Fault{Kind: relaytest.ServerError}, relaying.Refusal{Kind: giftcard.Unavailable}},
		"no answer":     {relaytest.Fault{Kind: relaytest.Drop}, relaying.Refusal{Kind: giftcard.Unavailable}},
		"wants no more": {relaytest.Fault{Kind: relaytest.Gone}, relaying.Refusal{Kind: giftcard.UnexpectedResponse, Gone: true}},
	} {
		require.NoError(t, erp.Inject(tt.fault))
		var refusal *relaying.Refusal
		require.ErrorAs(t, door.Post(t.Context(), posting), &refusal, name)
		require.Contains(t, refusal.Error(), "orders", name)
		require.NotContains(t, refusal.Error(), "id", name)
		refusal.Message = ""
		require.Equal(t, tt.want, *refusal, name)
	}
	posting.Endpoint = relaying.Products
	require.ErrorContains(t, door.Post(t.Context(), posting), "no URL of endpoint products")

	off, err := forwarding.NewDoor(config.Default(), nil)
	require.NoError(t, err)
	require.Nil(t, off)
	c.Relay.CAFile = "/nonexistent"
	_, err = forwarding.NewDoor(c, nil)
	require.ErrorContains(t, err, "set up the relay: endpoint orders")
}
