package e2e_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/relay"
	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
	"github.com/giftbridge/giftbridge/internal/relayed"
	"github.com/giftbridge/giftbridge/internal/webhook"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// What the ERP has lost comes once more under its ID, or under a new one, to the byte. What it had refused is not listed any more once
// it was taken.
func TestReplayOfEvents(t *testing.T) {
	t.Parallel()
	e := startRelaying(t, stack.Options{}, relaytest.Options{})
	body := `{"id":7,"order_id":70,"tracking_number":"1Z"}`
	require.Equal(t, http.StatusOK, e.announce(webhook.FulfillmentsCreate, body))
	first := e.took("the shipment", of(body))
	e.awaitListed("orders/70")

	again := func(args ...string) relaytest.Delivery {
		t.Helper()
		before := len(e.Deliveries())
		e.ok(append([]string{"relay", "replay", "--yes"}, args...)...)
		e.await("taken again", func() bool { return len(e.Deliveries()) > before })
		d := e.Deliveries()[before]
		require.True(t, d.Replayed)
		require.Equal(t, []string{first.BodyHash, first.Topic, first.Resource}, []string{d.BodyHash, d.Topic, d.Resource})
		return d
	}
	require.Contains(t, e.ok("relay", "replay", "--since", "1h", "--dry-run", "--json"), first.ID)
	require.Len(t, e.Deliveries(), 1)
	soon := time.Now().Add(time.Minute).UTC().Format(time.RFC3339)
	require.Equal(t, first.ID, again("--since", "1h", "--until", soon).ID)
	none := e.starter(nil, "relay", "replay", "--yes", "--since", "3h", "--until", "2h")
	require.NotContains(t, none.stdout, first.ID)
	require.Equal(t, first.ID, again("--of", "orders/70").ID)
	require.NotEqual(t, first.ID, again("--id", first.ID, "--of", "orders/70", "--new-id").ID)

	refused := relaying.Event{Topic: webhook.OrdersUpdated, Body: `{"id":71}`, TakenAt: time.Now()}
	refused.ID = relay.ID(relaying.Orders, refused.Topic, "71", []byte(refused.Body))
	id := workflows.UndeliveredEventID(relaying.Orders, "71", refused.ID)
	left, err := e.keyed.ExecuteWorkflow(e.ctx, client.StartWorkflowOptions{ID: id, TaskQueue: workflows.TaskQueue},
		workflows.UndeliveredEventType, workflows.UndeliveredEventInput{
			Endpoint: relaying.Orders, Resource: "71", Event: refused, Kind: giftcard.InvalidRequest, Message: "status 422",
		})
	require.NoError(t, err)
	require.Error(t, left.Get(e.ctx, nil))
	e.await("the failure is listed", func() bool { return strings.Contains(e.ok("relay", "list", "--failed", "--json"), refused.ID) })
	e.ok("relay", "replay", "--id", refused.ID, "--yes")
	require.Equal(t, refused.ID, e.took("what was refused", of(string(refused.Body))).ID)
	e.await("the failure is not listed", func() bool { return !strings.Contains(e.ok("relay", "list", "--failed", "--json"), refused.ID) })
	require.Empty(t, e.Stats().Refused)
}

// awaitListed waits until Temporal's list shows that a mailbox has ended, from which a replay takes its events.
func (e *erp) awaitListed(box string) {
	e.t.Helper()
	e.await(box+" is listed", func() bool {
		var found struct {
			Events []json.RawMessage `json:"events"`
		}
		require.NoError(e.t, json.Unmarshal([]byte(e.ok("relay", "replay", "--of", box, "--dry-run", "--json")), &found))
		return len(found.Events) > 0
	})
}

// What waits for an endpoint that was away is tried when a person resumes it, and not at its next attempt minutes later. Until then, the
// endpoint is said to fail.
func TestResumeHurriesWhatWaits(t *testing.T) {
	t.Parallel()
	e := startRelaying(t, stack.Options{NoWorker: true}, relaytest.Options{})
	slow, err := app.StartWorker(e.ctx, app.WorkerOptions{Config: e.Config, Temporal: e.TemporalOptions(), Log: zerolog.Nop()})
	require.NoError(t, err)
	t.Cleanup(slow.Stop)
	require.NoError(t, e.Inject(relaytest.Fault{Kind: relaytest.ServerError, Topic: webhook.ProductsUpdate, Times: 2}))
	body := `{"id":9,"title":"a"}`
	require.Equal(t, http.StatusOK, e.announce(webhook.ProductsUpdate, body))
	e.await("the second attempt has failed", func() bool {
		d, err := e.plain.DescribeWorkflowExecution(e.ctx, workflows.RelayID(relaying.Products, "9"), "")
		require.NoError(t, err)
		all := d.GetPendingActivities()
		return len(all) == 1 && all[0].GetAttempt() == 3 // The third one is due five minutes later.
	})
	require.Empty(t, e.Deliveries())
	status := func() relayed.EndpointStatus {
		all := decoded[struct{ Endpoints []relayed.EndpointStatus }](e.system, "relay", "list", "--endpoint", relaying.Products)
		require.Len(t, all.Endpoints, 1)
		return all.Endpoints[0]
	}
	e.await("it is listed", func() bool { return status().Waiting == 1 })
	require.True(t, status().Failing)
	require.Contains(t, e.ok("relay", "resume", relaying.Products), "events of 1 orders or products are tried now")
	taken := e.took("the product", of(body))
	require.Equal(t, 1, taken.Attempt, "attempts are counted anew")
	e.await("nothing waits", func() bool { return status().Waiting == 0 })
	require.False(t, status().Failing)
}
