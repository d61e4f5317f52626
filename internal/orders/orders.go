package orders

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

// Orders reads the gift-card orders of an installation.
type Orders struct{ *settings.Settings }

// New returns the orders of an installation.
func New(s *settings.Settings) *Orders { return &Orders{s} }

// OrderFilter selects orders. Zero fields do not restrict the selection.
type OrderFilter struct {
	State executions.State
	// Kind is the kind of failure. It needs the state [executions.Failed] or [executions.Canceled].
	Kind string
	// Since is the earliest start of the run. Until is later than any.
	Since, Until time.Time
	// Limit is the maximum number of orders to return.
	Limit int
}

// Validate returns an error that says what is wrong with the filter.
func (f OrderFilter) Validate() error {
	if f.State != "" && executions.Statuses[f.State] == "" {
		return fmt.Errorf("--state %q is not one of %v", f.State, executions.States)
	}
	if f.Kind != "" && f.State != executions.Failed && f.State != executions.Canceled {
		return errors.New("--kind needs --state failed or --state canceled")
	}
	if !f.Since.IsZero() && !f.Until.IsZero() && !f.Since.Before(f.Until) {
		return fmt.Errorf("--since %s is not before --until %s", f.Since.Format(time.RFC3339), f.Until.Format(time.RFC3339))
	}
	return nil
}

// FailureKinds returns the kinds of failure that an order may have: the kinds of the domain, Terminated and Canceled.
func FailureKinds() []string {
	kinds := make([]string, 0, len(giftcard.Kinds)+2)
	for _, k := range giftcard.Kinds {
		kinds = append(kinds, string(k))
	}
	return append(kinds, executions.TerminatedKind, executions.CanceledKind)
}

// ListOrders returns orders: running ones first, then the most recently closed. Visibility may lag by some seconds.
func (o *Orders) ListOrders(ctx context.Context, f OrderFilter) ([]executions.Order, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	if f.Kind == executions.CanceledKind {
		f.State = executions.Canceled
	}
	query := "WorkflowType = " + executions.Quote(executions.TypeOf(f.State))
	if f.State != "" {
		query += " AND ExecutionStatus IN " + executions.Statuses[f.State]
	}
	if !f.Since.IsZero() {
		query += " AND StartTime >= " + executions.QuoteTime(f.Since)
	}
	if !f.Until.IsZero() {
		query += " AND StartTime < " + executions.QuoteTime(f.Until)
	}
	out := []executions.Order{}
	err := o.ScanNewest(ctx, query, func(newest *workflowpb.WorkflowExecutionInfo) (bool, error) {
		order := o.Order(newest)
		if f.State != "" && order.State != f.State {
			return true, nil
		}
		if err := o.addFailure(ctx, &order); err != nil {
			return false, err
		}
		if f.Kind == "" || order.Failure.Kind == f.Kind {
			out = append(out, order)
		}
		return f.Limit <= 0 || len(out) < f.Limit, nil
	})
	return out, err
}

// Look returns an order as [Orders.ListOrders] does, by its workflow ID.
func (o *Orders) Look(ctx context.Context, workflowID string) (executions.Order, error) {
	d, err := o.Client.DescribeWorkflowExecution(ctx, workflowID, "")
	if err != nil {
		return executions.Order{}, fmt.Errorf("describe %s: %w", workflowID, err)
	}
	order := o.Order(d.GetWorkflowExecutionInfo())
	return order, o.addFailure(ctx, &order)
}

// addFailure adds to an order that failed why it did.
func (o *Orders) addFailure(ctx context.Context, order *executions.Order) error {
	if order.State != executions.Failed && order.State != executions.Canceled {
		return nil
	}
	run, err := o.ReadFailedRun(ctx, order.WorkflowID, order.RunID)
	if err != nil {
		return err
	}
	order.Failure, order.Curable = &run.Failure, run.Curable()
	return nil
}

// OrderDetails is everything that is known about an order.
type OrderDetails struct {
	executions.Order
	// Runs are the runs of its workflow, newest first.
	Runs []Run `json:"runs"`
	// Result lists what exists at the issuer, if the newest run completed.
	Result *workflows.GiftCardOrderResult `json:"result,omitempty"`
	// Units says which cards exist and which do not, if the newest run failed because of cards.
	Units *workflows.OrderFailure `json:"units,omitempty"`
	// Left describes what people are asked to do, if the order is left to them.
	Left *activities.LeftOrder `json:"left,omitempty"`
	// Fixed are the corrections of its cards, oldest first.
	Fixed []Fixed `json:"fixed,omitempty"`
	// Reset is the shell command that runs a failed order again without giftbridge; empty if that is not possible.
	Reset string `json:"reset,omitempty"`
	// Pending lists the activities that are in progress.
	Pending []PendingActivity `json:"pending,omitempty"`
}

// RunIDs returns the runs of the order's workflow, newest first.
func (d *OrderDetails) RunIDs() []string {
	out := make([]string, len(d.Runs))
	for i, r := range d.Runs {
		out[i] = r.RunID
	}
	return out
}

// Run is one run of an order's workflow.
type Run struct {
	RunID     string           `json:"run_id"`
	State     executions.State `json:"state"`
	StartedAt time.Time        `json:"started_at"`
	ClosedAt  time.Time        `json:"closed_at,omitzero"`
	Events    int64            `json:"events"`
	// Failure says why a failed run failed, and Attempts is the number of attempts of the failed activities.
	Failure  *executions.Failure `json:"failure,omitempty"`
	Attempts int                 `json:"attempts,omitempty"`
	// resetPoint is the workflow task to reset a failed run to, or 0.
	resetPoint int64
}

// PendingActivity is an activity that runs or waits for its next attempt.
type PendingActivity struct {
	Activity string              `json:"activity"`
	Attempt  int32               `json:"attempt"`
	NextAt   time.Time           `json:"next_at,omitzero"`
	Last     *executions.Failure `json:"last_failure,omitempty"`
}

// ShowOrder returns everything that is known about the order that a person refers to; see [ParseReference].
func (o *Orders) ShowOrder(ctx context.Context, reference string) (*OrderDetails, error) {
	workflowID, err := o.FindOrder(ctx, reference)
	if err != nil {
		return nil, err
	}
	d, err := o.Client.DescribeWorkflowExecution(ctx, workflowID, "")
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", workflowID, err)
	}
	out := &OrderDetails{Order: o.Order(d.GetWorkflowExecutionInfo())}
	for _, p := range d.GetPendingActivities() {
		pending := PendingActivity{Activity: p.GetActivityType().GetName(), Attempt: p.GetAttempt()}
		if p.GetScheduledTime() != nil && p.GetState() == enumspb.PENDING_ACTIVITY_STATE_SCHEDULED {
			pending.NextAt = p.GetScheduledTime().AsTime()
		}
		if p.GetLastFailure() != nil {
			pending.Last = executions.FailureOf(o.Failures.FailureToError(p.GetLastFailure()))
		}
		out.Pending = append(out.Pending, pending)
	}
	if out.Runs, err = o.runs(ctx, workflowID, d.GetWorkflowExecutionInfo()); err != nil {
		return nil, err
	}
	out.Fixed = o.fixed(ctx, out.Order)
	if point := out.Runs[0].resetPoint; point != 0 {
		out.Reset = o.resetCommand(out.Order, point)
	}
	return out, o.addOutcome(ctx, out)
}

// runs lists the runs of a workflow. The caller passes the newest run, because visibility may not list it yet.
func (o *Orders) runs(ctx context.Context, workflowID string, newest *workflowpb.WorkflowExecutionInfo) ([]Run, error) {
	first, err := o.run(ctx, newest)
	if err != nil {
		return nil, err
	}
	runs := []Run{first}
	err = o.Scan(ctx, "WorkflowId = "+executions.Quote(workflowID), func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		if info.GetExecution().GetRunId() == newest.GetExecution().GetRunId() {
			return true, nil
		}
		r, err := o.run(ctx, info)
		runs = append(runs, r)
		return true, err
	})
	return runs, err
}

// resetCommand returns the shell command that resets a failed run to the given workflow task.
func (o *Orders) resetCommand(order executions.Order, eventID int64) string {
	return fmt.Sprintf("temporal workflow reset --namespace %s --workflow-id %s --run-id %s --event-id %d --reason 'run again'",
		executions.ShellQuote(o.Namespace()), executions.ShellQuote(order.WorkflowID), order.RunID, eventID)
}

func (o *Orders) run(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) (Run, error) {
	r := Run{
		RunID: info.GetExecution().GetRunId(), State: o.Order(info).State,
		StartedAt: info.GetStartTime().AsTime(), Events: info.GetHistoryLength(),
	}
	if info.GetCloseTime() != nil {
		r.ClosedAt = info.GetCloseTime().AsTime()
	}
	if r.State != executions.Failed && r.State != executions.Canceled {
		return r, nil
	}
	failed, err := o.ReadFailedRun(ctx, info.GetExecution().GetWorkflowId(), r.RunID)
	r.Failure, r.Attempts, r.resetPoint = &failed.Failure, failed.Attempts, failed.ResetPoint
	return r, err
}

func (o *Orders) addOutcome(ctx context.Context, out *OrderDetails) error {
	if out.State == executions.Running {
		return nil
	}
	if executions.TypeOf(out.State) == workflows.LeftOrderType {
		out.Left = new(activities.LeftOrder)
		err := o.Client.GetWorkflow(ctx, out.WorkflowID, out.RunID).Get(ctx, out.Left)
		return executions.Explain(ctx, err)
	}
	var result workflows.GiftCardOrderResult
	err := o.Client.GetWorkflow(ctx, out.WorkflowID, out.RunID).Get(ctx, &result)
	if err == nil {
		out.Result = &result
		return nil
	}
	if ctx.Err() != nil || out.State == executions.Completed {
		return fmt.Errorf("read the outcome of %s: %w", out.WorkflowID, err)
	}
	out.Failure, out.Units = executions.FailureOf(err), executions.UnitsOf(err)
	return nil
}

// FindOrder returns the workflow ID of the order that a person refers to. See [ParseReference] for what is understood. It
// tries a number as the order's number first, then as its name with and without "#".
func (o *Orders) FindOrder(ctx context.Context, reference string) (string, error) {
	r, err := o.Refer(ctx, reference)
	if err != nil {
		return "", err
	}
	if r.Number != "" {
		shop := r.Shop
		if shop == "" {
			shop = o.ShopKey(ctx)
		}
		id := workflows.GiftCardOrderID(shop, r.Number)
		_, err := o.Client.DescribeWorkflowExecution(ctx, id, "")
		if err == nil {
			return id, nil
		}
		if !executions.IsNotFound(err) {
			return "", fmt.Errorf("describe %s: %w", id, err)
		}
	}
	found := []string{}
	for _, name := range r.Names() {
		named, err := o.named(ctx, name)
		if err != nil {
			return "", err
		}
		found = append(found, named...)
	}
	switch len(found) {
	case 0:
		return "", &executions.NotFoundError{What: fmt.Sprintf("no gift-card order %q is known; to find out why, run: "+
			buildinfo.Program+" orders why %s", r.Text, executions.ShellQuote(r.Text))}
	case 1:
		return found[0], nil
	default:
		return "", fmt.Errorf("%q is the name of %d orders; use the number of one of them: %s",
			r.Text, len(found), strings.Join(orderIDs(found), ", "))
	}
}

// Refer reads how a person refers to an order of this installation.
func (o *Orders) Refer(ctx context.Context, reference string) (Reference, error) {
	prefix := ""
	if pin, err := o.Pinned(ctx); err == nil && pin != nil && pin.AuditPrefix != nil {
		prefix = *pin.AuditPrefix
	}
	r := ParseReference(reference, prefix)
	switch {
	case r.Text == "":
		return r, &executions.NotFoundError{What: "no order given: use its name, such as #1001, or its number"}
	case r.Namespace != "" && r.Namespace != o.Namespace():
		return r, fmt.Errorf("%s is an address in %s, but TEMPORAL_NAMESPACE is %s", r.Text, r.Namespace, o.Namespace())
	}
	return r, nil
}

// named returns the workflow IDs of the orders with a name.
func (o *Orders) named(ctx context.Context, name string) ([]string, error) {
	query := "WorkflowType IN (" + executions.Quote(workflows.GiftCardOrderType) + "," +
		executions.Quote(workflows.LeftOrderType) + ")" + NameCondition(name)
	var found []string
	err := o.Scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		if executions.Keyword(info.GetSearchAttributes().GetIndexedFields(), workflows.ShopifyOrderName.GetName()) != name {
			return true, nil
		}
		if id := info.GetExecution().GetWorkflowId(); !slices.Contains(found, id) {
			found = append(found, id)
		}
		return true, nil
	})
	return found, err
}

// NameCondition returns a query condition that matches the orders with the given name, and possibly others. Temporal's SQL
// visibility takes a question mark for a placeholder, and escapes quotation marks and backslashes for MySQL, not for
// PostgreSQL or SQLite (go.temporal.io/server v1.32.1, common/persistence/visibility/store/sql/query_converter.go). If
// the name contains one of these characters, the condition matches only the part before it.
func NameCondition(name string) string {
	attribute, operator := workflows.ShopifyOrderName.GetName(), "="
	if i := strings.IndexAny(name, `?"\`); i >= 0 {
		name, operator = name[:i], "STARTS_WITH"
	}
	if name == "" {
		return ""
	}
	return fmt.Sprintf(" AND %s %s %s", attribute, operator, executions.Quote(name))
}

func orderIDs(workflowIDs []string) []string {
	var ids []string
	for _, w := range workflowIDs {
		if _, id, err := workflows.ParseGiftCardOrderID(w); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}
