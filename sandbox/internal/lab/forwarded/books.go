package forwarded

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"sync"

	"go.temporal.io/api/workflowservice/v1"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/relayed"
	audited "github.com/giftbridge/giftbridge/sandbox/internal/audit/relayed"
	"github.com/giftbridge/giftbridge/sandbox/internal/mischief"
	"github.com/giftbridge/giftbridge/sandbox/internal/storm"
	"github.com/giftbridge/giftbridge/workflows"
)

// announced is what the shop says of its webhooks.
type announced struct {
	Topics map[string]struct {
		Requests int `json:"requests"`
	} `json:"topics"`
	Last []audited.Request `json:"last"`
}

func (f *Forwarded) requests(ctx context.Context) (out announced, err error) {
	return out, storm.Send(ctx, http.MethodGet, f.Control.Shop+"webhooks", nil, &out)
}

// books reads everything that there is to compare.
func (f *Forwarded) books(ctx context.Context) (audited.Books, error) {
	b := audited.Books{Patience: mischief.RelayPatience}
	sent, err := f.requests(ctx)
	if err != nil {
		return b, err
	}
	b.Requests = sent.Last
	for _, topic := range sent.Topics {
		b.Counted += topic.Requests
	}
	var stats struct {
		Refused map[string]int `json:"refused"`
	}
	for route, into := range map[string]any{"deliveries": &b.Taken, "stats": &stats} {
		if err := storm.Send(ctx, http.MethodGet, f.Control.ERP+route, nil, into); err != nil {
			return b, err
		}
	}
	b.Refused = stats.Refused
	for _, p := range f.Processes() {
		b.Deaths = append(b.Deaths, p.Deaths()...)
	}
	if b.Waiting, err = f.waiting(ctx); err != nil {
		return b, err
	}
	if b.Undelivered, err = f.undelivered(ctx); err != nil {
		return b, fmt.Errorf("read which events are undelivered: %w", err)
	}
	b.GivenUp, err = f.givenUp(ctx)
	return b, err
}

// waiting returns the number of mailboxes in which events wait.
func (f *Forwarded) waiting(ctx context.Context) (int, error) {
	answer, err := f.Operator.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: f.relay.Namespace(), Query: "WorkflowType = '" + workflows.RelayType + "' AND ExecutionStatus = 'Running'",
	})
	if err != nil {
		return 0, fmt.Errorf("count the mailboxes in which events wait: %w", err)
	}
	return int(answer.GetCount()), nil
}

// undelivered lists the events that people see as undelivered.
func (f *Forwarded) undelivered(ctx context.Context) (out []audited.Undelivered, err error) {
	seen, _, err := f.relay.Undelivered(ctx, relayed.Filter{})
	if err != nil {
		return nil, err
	}
	for _, u := range seen {
		whole, err := f.relay.UndeliveredIn(ctx, u.WorkflowID, u.RunID)
		if err != nil {
			return nil, err
		}
		body, err := whole.Event.Body.Bytes()
		if err != nil {
			return nil, err
		}
		hash := sha256.Sum256(body)
		out = append(out, audited.Undelivered{
			Endpoint: u.Endpoint, Resource: u.Resource, Topic: u.Event.Topic, BodyHash: hex.EncodeToString(hash[:]), Size: u.Event.Size,
		})
	}
	return out, nil
}

// parallel is the number of results that are read at once.
const parallel = 8

// givenUp reads the results of all mailboxes, and returns how many events of each resource were given up.
func (f *Forwarded) givenUp(ctx context.Context) (map[string]int, error) {
	var (
		mu     sync.Mutex
		out    = map[string]int{}
		failed error
		places = make(chan struct{}, parallel)
		all    sync.WaitGroup
	)
	query := "WorkflowType = '" + workflows.RelayType + "' AND ExecutionStatus = 'Completed'"
	err := f.Operator.Scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			endpoint, resource, _ := workflows.ParseRelayID(info.GetExecution().GetWorkflowId())
			var result workflows.RelayResult
			err := f.Operator.Result(ctx, info, &result)
			for executions.IsBusy(err) && ctx.Err() == nil {
				wait(ctx, lookEvery)
				err = f.Operator.Result(ctx, info, &result)
			}
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				failed = err
			case result.Refused > 0:
				out[endpoint+"/"+resource] += result.Refused
			}
		})
		return true, nil
	})
	all.Wait()
	if err == nil {
		err = failed
	}
	if err != nil {
		return nil, fmt.Errorf("read what mailboxes have given up: %w", err)
	}
	return out, nil
}
