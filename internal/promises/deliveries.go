package promises

import (
	"context"
	"fmt"
	"time"

	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/activities/delivery"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

// Delivered implements [delivery.Temporal].
func (p *Promises) Delivered(ctx context.Context, issuerName, key string) (time.Time, error) {
	id := workflows.CardDeliveryID(issuerName, key)
	d, err := p.Client.DescribeWorkflowExecution(ctx, id, "")
	if executions.IsNotFound(err) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("describe %s: %w", id, err)
	}
	var record workflows.CardDelivery
	memo := d.GetWorkflowExecutionInfo().GetMemo().GetFields()[workflows.DeliveryMemoKey]
	if err := p.Converter.FromPayload(memo, &record); err != nil {
		return time.Time{}, fmt.Errorf("read when the card of %s was sent: %w", id, err)
	}
	return record.SentAt, nil
}

// RecordDelivery implements [delivery.Temporal].
func (p *Promises) RecordDelivery(ctx context.Context, issuerName, key string, at time.Time) error {
	id, record := workflows.CardDeliveryID(issuerName, key), workflows.CardDelivery{SentAt: at}
	_, err := p.StartOnce(ctx, id, workflows.Listing{Memo: map[string]any{workflows.DeliveryMemoKey: record}},
		workflows.DeliveredCardType, record)
	if err != nil {
		return fmt.Errorf("record that the card was sent: %w", err)
	}
	return nil
}

// Recipient implements [delivery.Temporal].
func (p *Promises) Recipient(ctx context.Context, u deferred.Unit) (giftcard.Recipient, error) {
	in, err := p.OrderInput(ctx, u.OrderWorkflowID, "")
	if err != nil {
		return giftcard.Recipient{}, err
	}
	in.Release = nil // It may leave out cards that exist.
	units, err := in.Units()
	if err != nil {
		return giftcard.Recipient{}, giftcard.Errorf(giftcard.InvalidRequest, "%v", err)
	}
	for _, unit := range units {
		if unit.AuditNumber == u.Key {
			return unit.Line.Recipient, nil
		}
	}
	return giftcard.Recipient{}, giftcard.Errorf(giftcard.InvalidRequest, "the order has no such card")
}

// toBeMailed returns the card of a unit as a run of its order was about to mail it; nil if none was. A card that waits for its
// day of delivery can wait for longer than the record of how it was made is kept.
func (p *Promises) toBeMailed(ctx context.Context, u deferred.Unit) (card *deferred.Card, err error) {
	var runs []string
	err = p.Scan(ctx, "WorkflowId = "+executions.Quote(u.OrderWorkflowID), func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		runs = append(runs, info.GetExecution().GetRunId())
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	for _, runID := range runs {
		err := p.EachEvent(ctx, u.OrderWorkflowID, runID, func(e *historypb.HistoryEvent) error {
			asked := e.GetActivityTaskScheduledEventAttributes()
			if asked.GetActivityType().GetName() != delivery.DeliverCardType {
				return nil
			}
			var in delivery.DeliverCardInput
			if err := p.Converter.FromPayloads(asked.GetInput(), &in); err != nil {
				return fmt.Errorf("read which card %s was to mail: %w", u.OrderWorkflowID, err)
			}
			if in.Issuer == u.Issuer && in.Key == u.Key {
				card = &in.Card
			}
			return nil
		})
		if err != nil && !executions.IsNotFound(err) || card != nil {
			return card, err
		}
	}
	return nil, nil
}
