package changed

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/workflows"
)

// Outcome is what became of an order that was cancelled or refunded after its cards were issued.
type Outcome struct {
	// Name is what people call the order, and Shop and Order are its identity.
	Name       string           `json:"name"`
	Shop       string           `json:"shop"`
	Order      string           `json:"order_id"`
	State      executions.State `json:"state"`
	StartedAt  time.Time        `json:"started_at"`
	ClosedAt   time.Time        `json:"closed_at,omitzero"`
	WorkflowID string           `json:"workflow_id"`
	RunID      string           `json:"run_id"`
	Link       string           `json:"link"`
	// Failure says why a failed run failed.
	Failure *executions.Failure `json:"failure,omitempty"`
	// Result is what the run found and did; nil if it is running, or failed before it could compare order and cards.
	Result *workflows.ChangedOrderResult `json:"result,omitempty"`
}

// Says says in one line what became of the order.
func (o Outcome) Says() string {
	var parts []string
	switch r := o.Result; {
	case o.State == executions.Running:
		parts = append(parts, "its cards are being compared with what is owed")
	case r == nil:
	case r.Settled != nil:
		parts = append(parts, "settled by "+r.Settled.By+": "+r.Settled.Note)
	default:
		what := "units were refunded or removed"
		if r.OrderCancelled {
			what = "the order was cancelled"
		}
		parts = append(parts, fmt.Sprintf("%s; %d of its cards existed, %d of them owed", what, r.Existing, r.Left))
		if len(r.Cancelled) > 0 {
			parts = append(parts, "cancelled: "+units(r.Cancelled))
		}
		for _, card := range r.TooMany {
			parts = append(parts, strings.TrimSuffix(fmt.Sprintf("too many: card %d, %s", card.Unit, card.Why), ", "))
		}
	}
	if o.Failure != nil {
		parts = append(parts, "FAILED, "+o.Failure.Kind+": "+o.Failure.Message)
	}
	return strings.Join(parts, "; ")
}

func units(numbers []int) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = fmt.Sprintf("card %d", n)
	}
	return strings.Join(words, ", ")
}

// Outcomes returns the runs of all changes of an order, the newest first.
func (o *Changed) Outcomes(ctx context.Context, shop, number string) ([]Outcome, error) {
	runs, err := o.runs(ctx, shop, number, "")
	if err != nil {
		return nil, err
	}
	slices.SortFunc(runs, func(a, b *workflowpb.WorkflowExecutionInfo) int {
		return b.GetStartTime().AsTime().Compare(a.GetStartTime().AsTime())
	})
	out := make([]Outcome, 0, len(runs))
	for _, run := range runs {
		read, err := o.outcome(ctx, run)
		if err != nil {
			return nil, err
		}
		out = append(out, read)
	}
	return out, nil
}

// outcome reads what became of a run.
func (o *Changed) outcome(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) (Outcome, error) {
	run := info.GetExecution()
	out := Outcome{
		Name:  executions.Keyword(info.GetSearchAttributes().GetIndexedFields(), workflows.ShopifyOrderName.GetName()),
		State: executions.StateOf(info.GetStatus()), StartedAt: info.GetStartTime().AsTime(),
		WorkflowID: run.GetWorkflowId(), RunID: run.GetRunId(), Link: o.Link(run.GetWorkflowId(), run.GetRunId()),
	}
	out.Shop, out.Order, _ = workflows.ParseChangedOrderID(out.WorkflowID)
	if out.State == executions.Running {
		return out, nil
	}
	out.ClosedAt = info.GetCloseTime().AsTime()
	var result workflows.ChangedOrderResult
	err := o.Client.GetWorkflow(ctx, out.WorkflowID, out.RunID).Get(ctx, &result)
	switch app, failed := errors.AsType[*temporal.ApplicationError](err); {
	case err == nil:
		out.Result = &result
	case ctx.Err() != nil || out.State == executions.Completed:
		return out, fmt.Errorf("read the outcome of %s: %w", out.WorkflowID, err)
	default:
		out.Failure = executions.FailureOf(err)
		if failed && app.HasDetails() && app.Details(&result) == nil {
			out.Result = &result
		}
	}
	return out, nil
}

// maxOpen is the number of changed orders that are looked at.
const maxOpen = 2000

// Open returns the changed orders that need somebody, by the order's number: those of which cards exist that are not owed,
// and those whose change could not be acted on. Of each order the newest run that is over counts.
func (o *Changed) Open(ctx context.Context) ([]Outcome, error) {
	query := "WorkflowType = " + executions.Quote(workflows.ChangedOrderType) + " AND ExecutionStatus != 'Running'"
	newest := map[string]*workflowpb.WorkflowExecutionInfo{}
	err := o.Scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		shop, number, err := workflows.ParseChangedOrderID(info.GetExecution().GetWorkflowId())
		if err != nil {
			return true, nil
		}
		key := workflows.ChangedOrderIDs(shop, number)
		if have := newest[key]; have == nil || before(have, info) {
			newest[key] = info
		}
		return len(newest) < maxOpen, nil
	})
	if err != nil {
		return nil, err
	}
	var out []Outcome
	for _, key := range slices.Sorted(maps.Keys(newest)) {
		read, err := o.outcome(ctx, newest[key])
		if executions.IsNotFound(err) {
			continue // It has just expired.
		}
		if err != nil {
			return nil, err
		}
		out = append(out, read)
	}
	return o.needing(ctx, out)
}

// needing returns those of the outcomes that need somebody, without the cards that were cancelled since.
func (o *Changed) needing(ctx context.Context, all []Outcome) ([]Outcome, error) {
	var ids []string
	each := func(out Outcome, visit func(id string)) {
		if out.Result != nil {
			for _, card := range out.Result.TooMany {
				visit(workflows.CancelCardID(out.Shop, out.Order, card.Unit))
			}
		}
	}
	for _, out := range all {
		each(out, func(id string) { ids = append(ids, id) })
	}
	cancelled := map[string]bool{}
	for some := range slices.Chunk(ids, recovery.KnownAtOnce) {
		query := "ExecutionStatus = 'Completed' AND WorkflowId IN (" + executions.QuoteAll(some) + ")"
		err := o.Scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
			cancelled[info.GetExecution().GetWorkflowId()] = true
			return true, nil
		})
		if err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(all, func(out Outcome) bool {
		if out.Result == nil {
			return out.State == executions.Completed
		}
		out.Result.TooMany = slices.DeleteFunc(out.Result.TooMany, func(card workflows.CardTooMany) bool {
			return cancelled[workflows.CancelCardID(out.Shop, out.Order, card.Unit)]
		})
		return len(out.Result.TooMany)+len(out.Result.InDoubt) == 0
	}), nil
}

// OpenOf returns the newest change of an order that needs somebody, or nil if none does.
func (o *Changed) OpenOf(ctx context.Context, shop, number string) (*Outcome, error) {
	all, err := o.Outcomes(ctx, shop, number)
	if err != nil {
		return nil, err
	}
	over := slices.IndexFunc(all, func(out Outcome) bool { return out.State != executions.Running })
	if over < 0 {
		return nil, nil
	}
	open, err := o.needing(ctx, all[over:over+1])
	if err != nil || len(open) == 0 {
		return nil, err
	}
	return &open[0], nil
}

// SettleChange records that a person has seen to a changed order: no digest lists it any longer.
func (o *Changed) SettleChange(ctx context.Context, out Outcome, by, note string) error {
	if err := o.CanRead(ctx); err != nil {
		return err
	}
	run, err := o.start(ctx, out.WorkflowID, workflows.ChangedOrderInput{
		Shop: out.Shop, OrderID: out.Order, OrderName: out.Name, Settled: &workflows.ChangeSettled{By: by, Note: note},
	})
	if err != nil {
		return err
	}
	return executions.Explain(ctx, run.Get(ctx, nil))
}

// recheckFor is how long a person waits for another look at an order.
const recheckFor = 30 * time.Second

// Recheck compares an order with its cards again, as the sweep's schedule says now: after a cancellation failed, or after a
// card was cancelled at the issuer. The result is nil if that takes longer than half a minute.
func (o *Changed) Recheck(ctx context.Context, shop, number, name string) (*Outcome, error) {
	all, err := o.Outcomes(ctx, shop, number)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, &executions.NotFoundError{What: fmt.Sprintf("no change of order %s is on record: one that was cancelled or "+
			"refunded after its cards were issued is found within an hour", name)}
	}
	rules, err := o.Rules(ctx)
	if err != nil {
		return nil, err
	}
	if err := o.CanRead(ctx); err != nil {
		return nil, err
	}
	in := workflows.ChangedOrderInput{Shop: shop, OrderID: number, OrderName: name, Cancel: rules != nil && rules.Cancel}
	run, err := o.start(ctx, all[0].WorkflowID, in)
	if err != nil {
		return nil, err
	}
	waiting, cancel := context.WithTimeout(ctx, recheckFor)
	defer cancel()
	_ = run.Get(waiting, nil) // Why it failed is in its outcome.
	if waiting.Err() != nil {
		return nil, ctx.Err()
	}
	info, err := o.DescribeRun(ctx, run.GetID(), run.GetRunID())
	if err != nil {
		return nil, err
	}
	out, err := o.outcome(ctx, info)
	return &out, err
}
