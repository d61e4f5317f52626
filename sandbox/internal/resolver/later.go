package resolver

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/sandbox/internal/storm"
	"github.com/giftbridge/giftbridge/workflows"
)

// lookEvery is the interval at which a person looks for cards whose activation stays open.
const lookEvery = 3 * time.Second

// Later resolves the cards of the issuer that makes cards later. All fields are needed.
type Later struct {
	Client  client.Client
	Control storm.Control
	// Quiet is how old the latest attempt to activate a card must be, so that nothing of it is still on its way.
	Quiet time.Duration

	resolved atomic.Int64
}

// Resolved returns the number of cards that were resolved so far.
func (l *Later) Resolved() int { return int(l.resolved.Load()) }

// Start finds out, until the returned function is called, what has become of the cards of whose activation nothing is
// seen: a worker that was killed while it asked for one may not have sent the request. In production the order waits for a
// week, because the issuer's queue may lag. The person sees that the queue is empty.
func (l *Later) Start(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var person sync.WaitGroup
	person.Go(func() {
		for ctx.Err() == nil {
			select {
			case <-time.After(lookEvery):
			case <-ctx.Done():
				return
			}
			l.look(ctx) // Temporal may be busy; then the next look finds more.
		}
	})
	return func() {
		cancel()
		person.Wait()
	}
}

// look resolves the cards whose activation stays open now.
func (l *Later) look(ctx context.Context) {
	page, err := l.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Query: "WorkflowType = '" + workflows.DeferredCardType + "' AND ExecutionStatus = 'Running'", PageSize: 500,
	})
	if err != nil {
		return
	}
	for _, x := range page.GetExecutions() {
		id := x.GetExecution().GetWorkflowId()
		if !l.staysOpen(ctx, id) || !l.nothingCame(ctx, id) {
			continue
		}
		err := l.Client.SignalWorkflow(ctx, id, "", workflows.ResolveSignal, workflows.DeferredResolution{
			By: "a simulated person", Reason: "the issuer's ledger",
		})
		if err == nil {
			l.resolved.Add(1)
		}
	}
}

// staysOpen reports whether the latest attempt to activate a card is so old that nothing of it is still on its way.
func (l *Later) staysOpen(ctx context.Context, id string) bool {
	var last time.Time
	events := l.Client.GetWorkflowHistory(ctx, id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			return false
		}
		if e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName() == "ActivateCard" ||
			e.GetWorkflowExecutionSignaledEventAttributes().GetSignalName() == workflows.ResolveSignal {
			last = e.GetEventTime().AsTime()
		}
	}
	return !last.IsZero() && time.Since(last) > l.Quiet
}

// nothingCame reports whether nothing waits in the issuer's queue, and no card was activated for the unit of a card's
// workflow.
func (l *Later) nothingCame(ctx context.Context, id string) bool {
	var jobs []struct {
		Trouble string    `json:"trouble"`
		Done    time.Time `json:"done"`
	}
	var cards []struct {
		Movements []struct {
			Payload string `json:"payload"`
		} `json:"movements"`
	}
	if storm.Send(ctx, http.MethodGet, l.Control.Later+"jobs", nil, &jobs) != nil ||
		storm.Send(ctx, http.MethodGet, l.Control.Later+"cards", nil, &cards) != nil {
		return false
	}
	for _, j := range jobs {
		if j.Done.IsZero() && j.Trouble != "lost" {
			return false
		}
	}
	key := strings.Split(id, "/")
	for _, c := range cards {
		for _, m := range c.Movements {
			if slices.Contains(key, m.Payload) {
				return false
			}
		}
	}
	return true
}
