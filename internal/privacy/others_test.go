package privacy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/left"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/privacy"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/internal/relayed/memory"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

const (
	completed = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	running   = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	failed    = enumspb.WORKFLOW_EXECUTION_STATUS_FAILED
)

// began is a run with an input, and the signals that came after it.
func began(kind, id, runID string, status enumspb.WorkflowExecutionStatus, in any, signals ...any) memory.Run {
	r := memory.Run{Type: kind, ID: id, RunID: runID, Status: status, Started: noon}
	r.History = []*historypb.HistoryEvent{{
		Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{Input: memory.Payloads(in)},
		},
	}}
	for _, s := range signals {
		r.History = append(r.History, &historypb.HistoryEvent{
			Attributes: &historypb.HistoryEvent_WorkflowExecutionSignaledEventAttributes{
				WorkflowExecutionSignaledEventAttributes: &historypb.WorkflowExecutionSignaledEventAttributes{Input: memory.Payloads(s)},
			},
		})
	}
	return r
}

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// box is a mailbox that has got an event.
func box(endpoint, resource string, status enumspb.WorkflowExecutionStatus, body string) memory.Run {
	id := workflows.RelayID(endpoint, resource)
	return began(workflows.RelayType, id, id, status, workflows.RelayInput{Endpoint: endpoint, Resource: resource},
		relaying.Event{ID: "evt_1", Topic: "orders/updated", Body: relaying.Body(body)})
}

// record is a run of the record of a refused event.
func record(resource, runID string, status enumspb.WorkflowExecutionStatus, body string) memory.Run {
	return began(workflows.UndeliveredEventType, workflows.UndeliveredEventID(relaying.Orders, resource, "evt_1"), runID, status,
		workflows.UndeliveredEventInput{
			Endpoint: relaying.Orders, Resource: resource, Event: relaying.Event{ID: "evt_1", Body: relaying.Body(body)},
			Kind: giftcard.InvalidRequest,
		})
}

// later is a run that began after the others.
func later(r memory.Run) memory.Run {
	r.Started = r.Started.Add(time.Hour)
	return r
}

// unsent is the record of a message that could not be sent. It names no person, only the order.
func unsent(order, runID string, status enumspb.WorkflowExecutionStatus) memory.Run {
	return began(workflows.UnsentMessageType, workflows.UnsentMessageID("s", order, "receipt"), runID, status,
		workflows.UnsentMessageInput{Shop: "s", Order: order, Key: "receipt"})
}

// What is about a person's order is found with it, whether it names the person or not, and stays as long as something is to be done.
func TestFindOthers(t *testing.T) {
	t.Parallel()
	const hers, his = `{"id":70,"customer":{"id":7001}}`, `{"id":71,"customer":{"id":7002}}`
	temporal := &memory.Temporal{Runs: []memory.Run{
		box(relaying.Orders, "70", completed, hers),
		box(relaying.Orders, "71", completed, his),
		box(relaying.Orders, "72", running, hers),
		box(relaying.Products, "70", completed, `{"id":70}`), // A product has the number of her order.
		record("72", "refused", failed, hers),
		record("70", "given-up", failed, hers), later(record("70", "delivered", completed, `{}`)),
		record("73", "delivered-first", completed, hers), later(record("73", "refused-again", failed, hers)),
		record("71", "his", failed, his),
		unsent("70", "unsent", failed), unsent("71", "his-unsent", failed), unsent("72", "sent-after-all", completed),
		began(workflows.OrderMessagesType, workflows.OrderMessagesID("s", "70"), "told", running, workflows.OrderMessagesInput{Order: "70"}),
		began(workflows.OrderMessagesType, workflows.OrderMessagesID("s", "71"), "his-told", completed, workflows.OrderMessagesInput{Order: "71"}),
		began(workflows.BackInStockType, workflows.BackInStockID("s", "70"), "notice", running, workflows.BackInStockInput{Variant: "70"}),
	}}
	reader := executions.New(temporal, "default", new(codec.Codec), "")
	o := privacy.New(left.New(recovery.New(orders.New(settings.New(reader, settings.Configured{})))))
	found, err := o.Find(t.Context(), privacy.Person{CustomerID: "7001"}, time.Time{}, func(int) {})
	require.NoError(t, err)
	require.Empty(t, found.Unreadable)
	kept := map[string]string{}
	for _, other := range found.Others {
		kept[other.RunID] = other.Kept
	}
	require.Equal(t, map[string]string{
		"relay/orders/70": "", "given-up": "", "delivered": "", "sent-after-all": "", "delivered-first": "",
		"refused-again":   "the event was refused: settle it first (relay settle)",
		"relay/orders/72": "it is running, because events wait: it can go once they are delivered",
		"refused":         "the event was refused: settle it first (relay settle)",
		"unsent":          "the message could not be sent: settle it first (messages settle)",
		"told":            "it is running, so its customer may still be told something: it can go once it has ended",
	}, kept)
}
