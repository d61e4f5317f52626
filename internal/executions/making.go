package executions

import (
	"context"
	"fmt"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/workflows"
)

// Making are the cards that their issuers make later, and have not finished.
type Making struct {
	Cards int `json:"cards"`
	// Long are those that were begun more than [LongMaking] ago, as far as there are at most 200.
	Long []MadeCard `json:"long,omitempty"`
	// Suspicious are the cards of which the issuer's callbacks named another card than before, or one that cannot be used, as far
	// as they are not finished, or were finished after the time that was asked for.
	Suspicious []MadeCard `json:"suspicious,omitempty"`
}

// MadeCard is a card of an order.
type MadeCard struct {
	// Name is what people call the order, and Shop and Order are its identity.
	Name  string    `json:"name"`
	Shop  string    `json:"shop,omitempty"`
	Order string    `json:"order_id,omitempty"`
	Unit  int       `json:"unit,omitempty"`
	Since time.Time `json:"since"`
	Link  string    `json:"link"`
}

const (
	// LongMaking is how long an issuer may take for a card before people are told. Most take seconds.
	LongMaking = time.Hour
	maxMaking  = 200
)

// Making returns the cards that are being made as of now. It costs one count and one list if none is, and one more list if
// some are.
func (o *Reader) Making(ctx context.Context, now, suspiciousSince time.Time) (out Making, err error) {
	running := "WorkflowType = " + Quote(workflows.DeferredCardType) + " AND ExecutionStatus = 'Running'"
	count, err := o.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: o.namespace, Query: running})
	if err != nil {
		return out, fmt.Errorf("count the cards that are being made: %w", err)
	}
	if out.Cards = int(count.GetCount()); out.Cards > 0 {
		if out.Long, err = o.made(ctx, running+" AND StartTime < "+QuoteTime(now.Add(-LongMaking))); err != nil {
			return out, err
		}
	}
	out.Suspicious, err = o.made(ctx, SuspiciousCards(suspiciousSince))
	return out, err
}

// SuspiciousCards returns the query that finds the cards of which callbacks contradict each other, as far as they are not
// finished, or were finished after a time.
func SuspiciousCards(since time.Time) string {
	return "WorkflowType = " + Quote(workflows.DeferredCardType) + " AND TemporalChangeVersion = " +
		Quote(workflows.SuspiciousCallback) + " AND (ExecutionStatus = 'Running' OR CloseTime >= " + QuoteTime(since) + ")"
}

func (o *Reader) made(ctx context.Context, query string) (out []MadeCard, err error) {
	err = o.Scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		run := info.GetExecution()
		c := MadeCard{
			Name:  Keyword(info.GetSearchAttributes().GetIndexedFields(), workflows.ShopifyOrderName.GetName()),
			Since: info.GetStartTime().AsTime(), Link: o.Link(run.GetWorkflowId(), run.GetRunId()),
		}
		var memo workflows.CardMemo
		if p := info.GetMemo().GetFields()[workflows.CardMemoKey]; p != nil && o.Converter.FromPayload(p, &memo) == nil {
			c.Unit = memo.Unit
			c.Shop, c.Order, _ = workflows.ParseGiftCardOrderID(memo.Order)
		}
		out = append(out, c)
		return len(out) < maxMaking, nil
	})
	return out, err
}
