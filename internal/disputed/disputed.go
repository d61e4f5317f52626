// Package disputed keeps the record of disputes about the payments of orders that giftbridge has issued. It implements
// activities.DisputeRecords.
package disputed

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/workflows"
)

// Disputed is the record of one installation.
type Disputed struct{ *recovery.Recovery }

// New returns the record of an installation.
func New(r *recovery.Recovery) *Disputed { return &Disputed{r} }

// RecordDispute starts the workflow DisputedOrder for a dispute, unless it is recorded already or no card of its order can
// exist: an order that is left to people has its cards from somewhere else. It implements activities.DisputeRecords.
func (o *Disputed) RecordDispute(ctx context.Context, d activities.DisputedOrder) (bool, error) {
	id := workflows.DisputedOrderID(d.Shop, d.ID, d.Dispute)
	_, err := o.Client.DescribeWorkflowExecution(ctx, id, "")
	if err == nil {
		return false, nil // Asked first, because each refused start is an action on Temporal Cloud.
	}
	if !executions.IsNotFound(err) {
		return false, fmt.Errorf("describe %s: %w", id, err)
	}
	found, err := o.Client.DescribeWorkflowExecution(ctx, workflows.GiftCardOrderID(d.Shop, d.ID), "")
	if executions.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("describe order %s: %w", d.ID, err)
	}
	order := o.Order(found.GetWorkflowExecutionInfo())
	if executions.TypeOf(order.State) == workflows.LeftOrderType {
		return false, nil
	}
	d.Name = order.Name
	return o.StartOnce(ctx, id, workflows.ListingOfDispute(d), workflows.DisputedOrderType, d)
}

// Record is a dispute on record.
type Record struct {
	activities.DisputedOrder
	// Since is when it was recorded.
	Since time.Time
	// newest is when the newest run of its workflow began.
	newest time.Time
}

// maxRead bounds the runs that are read at once.
const maxRead = 2000

// Open returns the disputes on record that nobody has settled, the latest first. Their state may have changed since they were
// recorded.
func Open(ctx context.Context, o *executions.Reader) ([]Record, error) {
	return read(ctx, o, "", false)
}

// OpenDisputes returns the disputes about an order that are on record and that nobody has settled, the latest first.
func (o *Disputed) OpenDisputes(ctx context.Context, shop, order string) ([]Record, error) {
	return read(ctx, o.Reader, of(shop, order), false)
}

// SettledDisputes returns the disputes about an order that somebody has settled, the latest first.
func (o *Disputed) SettledDisputes(ctx context.Context, shop, order string) ([]Record, error) {
	return read(ctx, o.Reader, of(shop, order), true)
}

// of returns the condition that selects the disputes about an order.
func of(shop, order string) string {
	return " AND WorkflowId STARTS_WITH " + executions.Quote(workflows.DisputedOrderID(shop, order, ""))
}

// read returns the selected disputes that are settled, or those that are not.
func read(ctx context.Context, o *executions.Reader, which string, settled bool) ([]Record, error) {
	// A dispute has another run for each decision about it.
	known, n := map[string]Record{}, 0
	query := "WorkflowType = " + executions.Quote(workflows.DisputedOrderType) + which
	err := o.Scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		n++
		id, started := info.GetExecution().GetWorkflowId(), info.GetStartTime().AsTime()
		r, again := known[id]
		if again && started.Before(r.Since) {
			r.Since = started
		}
		if !again || started.After(r.newest) {
			since := started
			if again {
				since = r.Since
			}
			r = Record{Since: since, newest: started}
			payload := info.GetMemo().GetFields()[workflows.DisputeMemoKey]
			if err := o.Converter.FromPayload(payload, &r.DisputedOrder); err != nil {
				return false, fmt.Errorf("read the memo of %s: %w", id, err)
			}
		}
		known[id] = r
		return n < maxRead, nil
	})
	out := slices.DeleteFunc(slices.Collect(maps.Values(known)), func(r Record) bool { return settled != (r.SettledBy != "") })
	slices.SortFunc(out, func(a, b Record) int {
		return cmp.Or(b.Since.Compare(a.Since), cmp.Compare(a.Dispute, b.Dispute))
	})
	return out, err
}

// SettleDispute records that nothing is left to do about a dispute: no digest lists it any longer, whatever becomes of it.
func (o *Disputed) SettleDispute(ctx context.Context, r Record, by, note string) error {
	r.SettledBy, r.ReopenedBy, r.Note = cmp.Or(by, "somebody"), "", note
	if err := o.decide(ctx, r.DisputedOrder); err != nil {
		return fmt.Errorf("settle the dispute about order %s: %w", r.Name, err)
	}
	return nil
}

// ReopenDispute takes back that a dispute is settled: digests list it again, for as long as it is not won.
func (o *Disputed) ReopenDispute(ctx context.Context, r Record, by, note string) error {
	r.SettledBy, r.ReopenedBy, r.Note = "", cmp.Or(by, "somebody"), note
	if err := o.decide(ctx, r.DisputedOrder); err != nil {
		return fmt.Errorf("take back that the dispute about order %s is settled: %w", r.Name, err)
	}
	return nil
}

// decide records a decision about a dispute, as the newest run of its workflow.
func (o *Disputed) decide(ctx context.Context, d activities.DisputedOrder) error {
	if err := o.CanRead(ctx); err != nil {
		return err
	}
	listing := workflows.ListingOfDispute(d)
	run, err := o.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       workflows.DisputedOrderID(d.Shop, d.ID, d.Dispute),
		TaskQueue:                                workflows.TaskQueue,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		TypedSearchAttributes:                    listing.Attributes,
		Memo:                                     listing.Memo,
		StaticSummary:                            listing.Summary,
		StaticDetails:                            listing.Details,
	}, workflows.DisputedOrderType, d)
	if err != nil {
		return err
	}
	return executions.Explain(ctx, run.Get(ctx, nil))
}
