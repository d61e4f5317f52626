package redemptions

import (
	"context"
	"errors"
	"fmt"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/workflows"
)

// Noted are the redemptions that need somebody.
type Noted struct {
	// Unknown are those of which it is unknown whether the amount was taken, or given back, oldest first.
	Unknown []Found `json:"unknown,omitempty"`
	// Contradicted are those of which the issuer has said later that it did not move the amount, though the card had shown it, and
	// those during which the issuer has shown the card below zero.
	Contradicted []Found `json:"contradicted,omitempty"`
	// Unread is the number of cards that may have such redemptions and could not be asked.
	Unread int `json:"unread,omitempty"`
}

// Empty reports whether nobody is needed.
func (n Noted) Empty() bool { return len(n.Unknown)+len(n.Contradicted)+n.Unread == 0 }

// Oldest returns since when the first redemption has been unknown; zero if none is.
func (n Noted) Oldest() time.Time {
	var oldest time.Time
	for _, f := range n.Unknown {
		if _, since := f.Doubt(); oldest.IsZero() || since.Before(oldest) {
			oldest = since
		}
	}
	return oldest
}

const (
	// ToldFor is how long after it was settled a contradicted redemption is told of without being asked for. Nothing that a
	// person does changes it.
	ToldFor = 7 * 24 * time.Hour
	// maxAsked bounds the cards that are asked. maxSilent is the number of cards that do not answer, one after the other, after
	// which no more are asked.
	maxAsked  = 200
	maxSilent = 2
)

// marked finds the cards of which a redemption is or was unknown, or contradicted. Of many of them that is over.
var marked = "WorkflowType = " + executions.Quote(workflows.SpendCardType) + " AND ExecutionStatus = 'Running'" +
	" AND TemporalChangeVersion = " + executions.Quote(workflows.UnknownRedemption)

// Look returns the redemptions that need somebody. Contradicted ones that were settled before a time are left out. It costs one
// list, and a query for each card that it finds; a card that does not answer is counted.
func (o *Redemptions) Look(ctx context.Context, since time.Time) (out Noted, err error) {
	asked, silent := 0, 0
	err = o.Scan(ctx, marked, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		if asked >= maxAsked || silent >= maxSilent {
			out.Unread++
			return true, nil
		}
		asked++
		all, err := o.ofCard(ctx, info.GetExecution().GetWorkflowId())
		if _, unanswered := errors.AsType[*UnansweredError](err); unanswered {
			silent++
			out.Unread++
			return true, nil
		}
		if err != nil {
			return false, err
		}
		silent = 0
		out.add(all, since)
		return true, nil
	})
	byAge(out.Unknown)
	byAge(out.Contradicted)
	return out, err
}

func (n *Noted) add(all []Found, since time.Time) {
	for _, f := range all {
		if doubt, _ := f.Doubt(); doubt != None {
			n.Unknown = append(n.Unknown, f)
		}
		if (f.Contradicted || f.BelowZero != "") && !f.SettledAt.Before(since) {
			n.Contradicted = append(n.Contradicted, f)
		}
	}
}

// WithOrders adds the orders that the cards were bought with, as far as they are on record.
func (o *Redemptions) WithOrders(ctx context.Context, of []Found) error {
	known := map[string]*Bought{}
	for i, f := range of {
		bought, ok := known[f.Card]
		if !ok {
			var err error
			if bought, err = o.BoughtWith(ctx, f.Card); err != nil {
				return err
			}
			known[f.Card] = bought
		}
		of[i].Bought = bought
	}
	return nil
}

// Cards counts the cards that have redemptions on record.
func (o *Redemptions) Cards(ctx context.Context) (int, error) {
	count, err := o.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: o.Namespace(),
		Query:     "WorkflowType = " + executions.Quote(workflows.SpendCardType) + " AND ExecutionStatus = 'Running'",
	})
	if err != nil {
		return 0, fmt.Errorf("count the cards that are spent: %w", err)
	}
	return int(count.GetCount()), nil
}
