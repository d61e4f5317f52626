package promises

import (
	"context"
	"fmt"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/promises/cardlog"
	"github.com/giftbridge/giftbridge/workflows"
)

// Units returns the cards of an order that their issuers make later, as the given runs of the order have asked for them. Runs
// whose records have expired are left out.
func (p *Promises) Units(ctx context.Context, workflowID string, runs ...string) ([]deferred.Unit, error) {
	var out []deferred.Unit
	known := map[string]bool{}
	for _, run := range runs {
		in, err := p.OrderInput(ctx, workflowID, run)
		if executions.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if len(in.Deferred) == 0 {
			continue
		}
		units, err := in.Order.CardUnits(in.AuditPrefix)
		if err != nil {
			continue // The order has failed for the same reason.
		}
		for _, u := range units {
			item, later := in.Deferred[u.Line.SKU]
			if !later || known[u.AuditNumber] {
				continue
			}
			known[u.AuditNumber] = true
			out = append(out, deferred.Unit{
				Issuer: item.Issuer, Key: u.AuditNumber, OrderName: in.Order.Name, OrderWorkflowID: workflowID, Number: u.Number,
				Item: item.Item, Price: u.Line.Price, Currency: u.Line.Currency,
			})
		}
	}
	return out, nil
}

// Standings returns where the cards of an order stand that their issuers make later; none if it has no such card.
func (p *Promises) Standings(ctx context.Context, workflowID string, runs ...string) ([]cardlog.Standing, error) {
	units, err := p.Units(ctx, workflowID, runs...)
	if err != nil {
		return nil, err
	}
	out := make([]cardlog.Standing, 0, len(units))
	for _, u := range units {
		s, err := p.Standing(ctx, u)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// Standing returns where a card stands, from the history of its newest workflow. That takes no worker and adds nothing to the
// history.
func (p *Promises) Standing(ctx context.Context, u deferred.Unit) (cardlog.Standing, error) {
	s := cardlog.Standing{
		Unit: u.Number, Key: u.Key, Issuer: u.Issuer, Item: u.Item, Price: u.Price, Currency: u.Currency, State: cardlog.NotBegun,
	}
	info, number, err := p.newest(ctx, u)
	if err != nil || info == nil {
		return s, err
	}
	run := info.GetExecution()
	s.Number, s.WorkflowID, s.RunID = number, run.GetWorkflowId(), run.GetRunId()
	s.Link = p.Link(s.WorkflowID, s.RunID)
	if err := s.Read(ctx, p.Reader, s.WorkflowID, s.RunID); err != nil {
		return s, err
	}
	if s.MayHaveValue {
		said, err := p.Resolution(ctx, u.OrderWorkflowID, u.Number)
		if err != nil {
			return s, err
		}
		if said != nil && said.Card == s.WorkflowID {
			s.Resolved = &workflows.DeferredResolution{Issued: said.Issued}
		}
	}
	return s, nil
}

// newest returns the workflow of a card that has the highest number; nil if there is none.
func (p *Promises) newest(ctx context.Context, u deferred.Unit) (*workflowpb.WorkflowExecutionInfo, int, error) {
	var newest *workflowpb.WorkflowExecutionInfo
	for number := 1; number <= maxNumber; number++ {
		id := workflows.DeferredCardID(u.Issuer, u.Key, number)
		d, err := p.Client.DescribeWorkflowExecution(ctx, id, "")
		if executions.IsNotFound(err) {
			return newest, number - 1, nil
		}
		if err != nil {
			return nil, 0, fmt.Errorf("describe %s: %w", id, err)
		}
		newest = d.GetWorkflowExecutionInfo()
	}
	return newest, maxNumber, nil
}
