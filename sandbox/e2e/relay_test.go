package e2e_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/app/forwarding"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
	"github.com/giftbridge/giftbridge/internal/relayqueue"
	"github.com/giftbridge/giftbridge/internal/webhook"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// erp is a system whose events go to a simulated ERP.
type erp struct {
	*system

	*relaytest.Server
}

// startRelaying starts a system that posts events to a simulated ERP.
func startRelaying(t *testing.T, o stack.Options, more relaytest.Options) *erp {
	t.Helper()
	secret := "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("s", 32)))
	more.Secrets = []string{secret}
	e := &erp{Server: relaytest.New(more)}
	door := httptest.NewServer(e.Server)
	t.Cleanup(door.Close)
	configure := o.Configure
	o.Configure = func(c *config.Config) {
		c.Relay.OrdersURL, c.Relay.ProductsURL = door.URL+"/orders", door.URL+"/products"
		require.NoError(t, c.Relay.Secrets.Decode(secret))
		require.NoError(t, c.Relay.AllowedNetworks.Decode("127.0.0.0/8"))
		if configure != nil {
			configure(c)
		}
	}
	e.system = startReceiving(t, o)
	return e
}

// announce delivers a webhook as the shop does, which sends it again if the receiver could not keep it in time, and returns the status of
// the last answer.
func (e *erp) announce(topic, body string) (status int) {
	e.t.Helper()
	e.await(topic+" is answered", func() bool {
		status = e.announceOnce(topic, body)
		return status != http.StatusServiceUnavailable
	})
	return status
}

func (e *erp) announceOnce(topic, body string) int {
	e.t.Helper()
	r, err := http.NewRequestWithContext(e.ctx, http.MethodPost, e.Config.Receiver.URL+webhook.PathOf(topic), strings.NewReader(body))
	require.NoError(e.t, err)
	r.Header.Set("X-Shopify-Topic", topic)
	r.Header.Set("X-Shopify-Shop-Domain", stack.Shop)
	r.Header.Set("X-Shopify-Api-Version", "2026-07")
	r.Header.Set("X-Shopify-Triggered-At", "2026-07-01T12:00:00.123Z")
	r.Header.Set("X-Shopify-Hmac-Sha256", webhook.Sign(e.Config.Receiver.WebhookSecrets[0].Reveal(), []byte(body)))
	answer, err := e.http().Do(r)
	require.NoError(e.t, err)
	require.NoError(e.t, answer.Body.Close())
	return answer.StatusCode
}

// http returns a client for requests to the system.
func (e *erp) http() *http.Client { return &http.Client{Timeout: within(e.t)} }

// took waits until the ERP has taken an event of which wanted is true, and returns the first one.
func (e *erp) took(what string, wanted func(relaytest.Delivery) bool) (d relaytest.Delivery) {
	e.t.Helper()
	e.await(what+" taken", func() bool {
		all := e.Deliveries()
		i := slices.IndexFunc(all, wanted)
		if i >= 0 {
			d = all[i]
		}
		return i >= 0
	})
	return d
}

// of tells the event with a body.
func of(body string) func(relaytest.Delivery) bool {
	return func(d relaytest.Delivery) bool { return d.BodyHash == hash(body) }
}

func hash(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// An event of the shop reaches the ERP: those of one order in their order, and each to the byte.
func TestRelay(t *testing.T) {
	t.Parallel()
	e := startRelaying(t, stack.Options{}, relaytest.Options{})
	placed := e.PlaceKind(scenario.Single)
	number := strconv.FormatInt(placed.ID, 10)
	created := e.took("the order", func(d relaytest.Delivery) bool { return d.Topic == webhook.OrdersCreate })
	require.Equal(t, number, created.Resource)
	require.Equal(t, stack.Shop, created.Shop)
	sent := fmt.Sprintf("{ \"id\":7,\r\n\"order_id\":%d,\"tracking_number\":\"<1Z>\u2028\",\"note\":\"\\u00e9\", \"n\":820982911946154508 }", placed.ID)
	product := `{"id":9,"title":"a","updated_at":"2026-07-01T08:00:00-04:00"}`
	require.Equal(t, http.StatusOK, e.announce(webhook.FulfillmentsCreate, sent))
	require.Equal(t, http.StatusOK, e.announce(webhook.ProductsUpdate, product))
	shipped, updated := e.took("the shipment", of(sent)), e.took("the product", of(product))
	require.Equal(t, webhook.FulfillmentsCreate, shipped.Topic)
	require.Equal(t, number, shipped.Resource)
	require.Equal(t, 2, shipped.Sequence)
	require.Equal(t, "2026-07", shipped.APIVersion)
	require.Equal(t, time.Date(2026, 7, 1, 12, 0, 0, 123e6, time.UTC), shipped.TriggeredAt.UTC())
	require.Equal(t, relaytest.Products, updated.Endpoint)
	require.Equal(t, "9", updated.Resource)
	require.Empty(t, e.Stats().Refused)

	// The mailbox is found by the name of its order.
	e.await("listed", func() bool {
		found, err := e.plain.ListWorkflow(e.ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query: "WorkflowType = 'Relay' AND ShopifyOrderName = '" + placed.Name + "'",
		})
		require.NoError(t, err)
		return slices.ContainsFunc(found.GetExecutions(), func(info *workflowpb.WorkflowExecutionInfo) bool {
			return info.GetExecution().GetWorkflowId() == workflows.RelayID("orders", number)
		})
	})
}

// An answer that is lost on its way makes a double, which has the same ID. An endpoint that wants no events gets none until it is resumed,
// and then all of them.
func TestRelayThroughTrouble(t *testing.T) {
	t.Parallel()
	e := startRelaying(t, stack.Options{}, relaytest.Options{})
	require.NoError(t, e.Inject(relaytest.Fault{Kind: relaytest.Drop, AfterTaking: true, Topic: webhook.FulfillmentsCreate}))
	shipped := `{"id":7,"order_id":70,"tracking_number":"1Z"}`
	require.Equal(t, http.StatusOK, e.announce(webhook.FulfillmentsCreate, shipped))
	again := e.took("the shipment again", func(d relaytest.Delivery) bool { return d.BodyHash == hash(shipped) && d.Attempt > 1 })
	require.True(t, again.Double)

	require.NoError(t, e.Inject(relaytest.Fault{Kind: relaytest.Gone, Topic: webhook.ProductsCreate}))
	created, updated := `{"id":9,"title":"a"}`, `{"id":9,"title":"b"}`
	require.Equal(t, http.StatusOK, e.announce(webhook.ProductsCreate, created))
	queues := forwarding.Queues(e.plain, e.Temporal.Namespace(), "somebody")
	e.await("paused", func() bool {
		status, err := queues.Status(e.ctx, relaying.Products)
		require.NoError(t, err)
		return status.State == relayqueue.Paused
	})
	require.Equal(t, http.StatusOK, e.announce(webhook.ProductsUpdate, updated))
	require.NoError(t, queues.Resume(e.ctx, relaying.Products, "the ERP is back"))
	e.took("the product", of(created))
	require.Equal(t, 2, e.took("its update", of(updated)).Sequence)
	require.Empty(t, e.Stats().Refused)
}

// A mailbox ends as soon as nothing waits. The next event starts it again at once, also where Temporal lets an ID start only once a second:
// the receiver waits for that then.
func TestMailboxStartsAgainAtOnce(t *testing.T) {
	t.Parallel()
	e := startRelaying(t, stack.Options{
		DynamicConfig: map[string]any{"history.enableWorkflowIdReuseStartTimeValidation": true},
	}, relaytest.Options{})
	for i := range 4 {
		body := fmt.Sprintf(`{"id":9,"title":"%d"}`, i)
		require.Equal(t, http.StatusOK, e.announce(webhook.ProductsUpdate, body))
		e.took("the product", of(body))
		require.NoError(t, e.plain.GetWorkflow(e.ctx, workflows.RelayID(relaying.Products, "9"), "").Get(e.ctx, nil))
	}
}
