package operator

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

// State is how an order stands, judged by the newest run of its workflow.
type State string

// The states of an order. [Failed] includes runs that timed out or were terminated, [Left] are orders that are left to
// people.
const (
	Running   State = "running"
	Completed State = "completed"
	Failed    State = "failed"
	Canceled  State = "canceled"
	Left      State = "left"
)

// States lists the states.
var States = []State{Running, Completed, Failed, Canceled, Left}

func stateOf(s enumspb.WorkflowExecutionStatus) State {
	switch s {
	case enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		return Completed
	case enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT,
		enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED:
		return Failed
	case enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED:
		return Canceled
	default:
		return Running
	}
}

// orderState returns how an order stands by a run of its workflow.
func orderState(info *workflowpb.WorkflowExecutionInfo) State {
	if info.GetType().GetName() == workflows.LeftOrderType {
		return Left
	}
	return stateOf(info.GetStatus())
}

// typeOf returns the type of the workflows of orders in a state.
func typeOf(s State) string {
	if s == Left {
		return workflows.LeftOrderType
	}
	return workflows.GiftCardOrderType
}

// statuses are the values of ExecutionStatus that make up a state.
var statuses = map[State]string{
	Running:   "('Running')",
	Completed: "('Completed')",
	Failed:    "('Failed','TimedOut','Terminated')",
	Canceled:  "('Canceled')",
	Left:      "('Running','Completed')",
}

// Order is a gift-card order as Temporal knows it.
type Order struct {
	Name       string    `json:"name"`
	ID         string    `json:"id"`
	Shop       string    `json:"shop"`
	SKUs       string    `json:"skus"`
	State      State     `json:"state"`
	StartedAt  time.Time `json:"started_at"`
	ClosedAt   time.Time `json:"closed_at,omitzero"`
	WorkflowID string    `json:"workflow_id"`
	RunID      string    `json:"run_id"`
	Link       string    `json:"link"`
	// Failure says why the newest run failed; only lists of failed orders have it. Curable reports whether running the order
	// again may then succeed without anybody touching it.
	Failure *Failure `json:"failure,omitempty"`
	Curable bool     `json:"curable,omitempty"`
}

func (o *Operator) order(info *workflowpb.WorkflowExecutionInfo) Order {
	fields := info.GetSearchAttributes().GetIndexedFields()
	out := Order{
		Name:       keyword(fields, workflows.ShopifyOrderName.GetName()),
		SKUs:       keyword(fields, workflows.GiftCardSku.GetName()),
		State:      orderState(info),
		StartedAt:  info.GetStartTime().AsTime(),
		WorkflowID: info.GetExecution().GetWorkflowId(),
		RunID:      info.GetExecution().GetRunId(),
		Link:       o.Link(info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId()),
	}
	if info.GetCloseTime() != nil {
		out.ClosedAt = info.GetCloseTime().AsTime()
	}
	if shop, id, err := workflows.ParseGiftCardOrderID(out.WorkflowID); err == nil {
		out.Shop, out.ID = shop, id
	}
	return out
}

// OrderFilter chooses orders; zero fields do not restrict.
type OrderFilter struct {
	State State
	// Kind is why an order failed; it goes with the state [Failed].
	Kind string
	// Since is the earliest start of the run.
	Since time.Time
	// Limit is the largest number of orders returned.
	Limit int
}

// Validate returns what is wrong with the filter.
func (f OrderFilter) Validate() error {
	if f.State != "" && statuses[f.State] == "" {
		return fmt.Errorf("--state %q is not one of %v", f.State, States)
	}
	if f.Kind != "" && f.State != Failed && f.State != Canceled {
		return errors.New("--kind needs --state failed or --state canceled")
	}
	return nil
}

// FailureKinds returns the kinds that a failed order may have: those of the domain, Terminated and Canceled.
func FailureKinds() []string {
	kinds := make([]string, 0, len(giftcard.Kinds)+2)
	for _, k := range giftcard.Kinds {
		kinds = append(kinds, string(k))
	}
	return append(kinds, terminatedKind, canceledKind)
}

// ListOrders returns orders, open ones first, then those closed last. Visibility may lag some seconds behind.
func (o *Operator) ListOrders(ctx context.Context, f OrderFilter) ([]Order, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	if f.Kind == canceledKind {
		f.State = Canceled
	}
	query := "WorkflowType = " + quote(typeOf(f.State))
	if f.State != "" {
		query += " AND ExecutionStatus IN " + statuses[f.State]
	}
	if !f.Since.IsZero() {
		query += " AND StartTime >= " + quoteTime(f.Since)
	}
	out := []Order{}
	seen := map[string]bool{}
	err := o.scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		id := info.GetExecution().GetWorkflowId()
		if seen[id] {
			return true, nil
		}
		seen[id] = true
		newest, err := o.newest(ctx, info)
		if err != nil {
			return false, err
		}
		order := o.order(newest)
		if f.State != "" && order.State != f.State {
			return true, nil
		}
		if f.State == Failed || f.State == Canceled {
			run, err := o.readFailedRun(ctx, order.WorkflowID, order.RunID)
			if err != nil {
				return false, err
			}
			order.Failure, order.Curable = &run.failure, run.curable()
		}
		if f.Kind == "" || order.Failure.Kind == f.Kind {
			out = append(out, order)
		}
		return f.Limit <= 0 || len(out) < f.Limit, nil
	})
	return out, err
}

// newest returns the newest run of the workflow that info is a run of. A failed run stays failed in visibility for ever,
// also after a reset that succeeded, and an order that was left to people stays listed after its release; for other runs the
// list is right.
func (o *Operator) newest(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) (*workflowpb.WorkflowExecutionInfo, error) {
	if s := orderState(info); s != Failed && s != Left && s != Canceled {
		return info, nil
	}
	d, err := o.client.DescribeWorkflowExecution(ctx, info.GetExecution().GetWorkflowId(), "")
	if isNotFound(err) {
		return info, nil
	}
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", info.GetExecution().GetWorkflowId(), err)
	}
	return d.GetWorkflowExecutionInfo(), nil
}

// scan calls visit with the runs that a query finds, until it returns false.
func (o *Operator) scan(
	ctx context.Context, query string, visit func(*workflowpb.WorkflowExecutionInfo) (bool, error),
) error {
	request := &workflowservice.ListWorkflowExecutionsRequest{Namespace: o.namespace, Query: query, PageSize: 200}
	for {
		page, err := o.client.ListWorkflow(ctx, request)
		if err != nil {
			return fmt.Errorf("list workflows: %w", err)
		}
		for _, info := range page.GetExecutions() {
			if more, err := visit(info); err != nil || !more {
				return err
			}
		}
		if len(page.GetNextPageToken()) == 0 {
			return nil
		}
		request.NextPageToken = page.GetNextPageToken()
	}
}

// OrderDetails is all that is known of an order.
type OrderDetails struct {
	Order
	// Runs are the runs of its workflow, newest first.
	Runs []Run `json:"runs"`
	// Result is what exists at the issuer, if the newest run completed.
	Result *workflows.GiftCardOrderResult `json:"result,omitempty"`
	// Units says which cards exist and which do not, if the newest run failed over some.
	Units *workflows.OrderFailure `json:"units,omitempty"`
	// Left says what people are asked to do, if the order is left to them.
	Left *activities.LeftOrder `json:"left,omitempty"`
	// Pending are the activities under way.
	Pending []PendingActivity `json:"pending,omitempty"`
}

// Run is one run of an order's workflow.
type Run struct {
	RunID     string    `json:"run_id"`
	State     State     `json:"state"`
	StartedAt time.Time `json:"started_at"`
	ClosedAt  time.Time `json:"closed_at,omitzero"`
	Events    int64     `json:"events"`
	// Failure says why a failed run failed, and Attempts how often the activities that failed had been tried.
	Failure  *Failure `json:"failure,omitempty"`
	Attempts int      `json:"attempts,omitempty"`
}

// PendingActivity is an activity that runs or waits for its next attempt.
type PendingActivity struct {
	Activity string    `json:"activity"`
	Attempt  int32     `json:"attempt"`
	NextAt   time.Time `json:"next_at,omitzero"`
	Last     *Failure  `json:"last_failure,omitempty"`
}

// ShowOrder returns what is known of the order of that name ("#1001") or Shopify number.
func (o *Operator) ShowOrder(ctx context.Context, nameOrID string) (*OrderDetails, error) {
	workflowID, err := o.FindOrder(ctx, nameOrID)
	if err != nil {
		return nil, err
	}
	d, err := o.client.DescribeWorkflowExecution(ctx, workflowID, "")
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", workflowID, err)
	}
	out := &OrderDetails{Order: o.order(d.GetWorkflowExecutionInfo())}
	for _, p := range d.GetPendingActivities() {
		pending := PendingActivity{Activity: p.GetActivityType().GetName(), Attempt: p.GetAttempt()}
		if p.GetScheduledTime() != nil && p.GetState() == enumspb.PENDING_ACTIVITY_STATE_SCHEDULED {
			pending.NextAt = p.GetScheduledTime().AsTime()
		}
		if p.GetLastFailure() != nil {
			pending.Last = failureOf(o.failures.FailureToError(p.GetLastFailure()))
		}
		out.Pending = append(out.Pending, pending)
	}
	if out.Runs, err = o.runs(ctx, workflowID, d.GetWorkflowExecutionInfo()); err != nil {
		return nil, err
	}
	return out, o.addOutcome(ctx, out)
}

// runs lists the runs of a workflow; the newest is given, since visibility may not know it yet.
func (o *Operator) runs(ctx context.Context, workflowID string, newest *workflowpb.WorkflowExecutionInfo) ([]Run, error) {
	first, err := o.run(ctx, newest)
	if err != nil {
		return nil, err
	}
	runs := []Run{first}
	err = o.scan(ctx, "WorkflowId = "+quote(workflowID), func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		if info.GetExecution().GetRunId() == newest.GetExecution().GetRunId() {
			return true, nil
		}
		r, err := o.run(ctx, info)
		runs = append(runs, r)
		return true, err
	})
	return runs, err
}

func (o *Operator) run(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) (Run, error) {
	r := Run{
		RunID: info.GetExecution().GetRunId(), State: orderState(info),
		StartedAt: info.GetStartTime().AsTime(), Events: info.GetHistoryLength(),
	}
	if info.GetCloseTime() != nil {
		r.ClosedAt = info.GetCloseTime().AsTime()
	}
	if r.State != Failed && r.State != Canceled {
		return r, nil
	}
	failed, err := o.readFailedRun(ctx, info.GetExecution().GetWorkflowId(), r.RunID)
	r.Failure, r.Attempts = &failed.failure, failed.attempts
	return r, err
}

func (o *Operator) addOutcome(ctx context.Context, out *OrderDetails) error {
	if out.State == Running {
		return nil
	}
	if out.State == Left {
		out.Left = new(activities.LeftOrder)
		err := o.client.GetWorkflow(ctx, out.WorkflowID, out.RunID).Get(ctx, out.Left)
		return explain(ctx, err)
	}
	var result workflows.GiftCardOrderResult
	err := o.client.GetWorkflow(ctx, out.WorkflowID, out.RunID).Get(ctx, &result)
	if err == nil {
		out.Result = &result
		return nil
	}
	if ctx.Err() != nil || out.State == Completed {
		return fmt.Errorf("read the outcome of %s: %w", out.WorkflowID, err)
	}
	out.Failure, out.Units = failureOf(err), unitsOf(err)
	return nil
}

// unitsOf reads what a failed order says of its cards.
func unitsOf(err error) *workflows.OrderFailure {
	var units workflows.OrderFailure
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	if !ok || !app.HasDetails() || app.Details(&units) != nil {
		return nil
	}
	return &units
}

// FindOrder returns the workflow ID of the order of that name or Shopify number. A number is tried as the order's number
// first, then as its name with and without "#".
func (o *Operator) FindOrder(ctx context.Context, nameOrID string) (string, error) {
	nameOrID = strings.TrimSpace(nameOrID)
	if nameOrID == "" {
		return "", &NotFoundError{"an order has a name such as #1001, or a number"}
	}
	names := []string{nameOrID}
	if strings.Trim(nameOrID, "0123456789") == "" {
		id := workflows.GiftCardOrderID(o.shopKey(ctx), nameOrID)
		_, err := o.client.DescribeWorkflowExecution(ctx, id, "")
		if err == nil {
			return id, nil
		}
		if !isNotFound(err) {
			return "", fmt.Errorf("describe %s: %w", id, err)
		}
		names = append(names, "#"+nameOrID)
	}
	found := []string{}
	for _, name := range names {
		query := "WorkflowType IN (" + quote(workflows.GiftCardOrderType) + "," + quote(workflows.LeftOrderType) + ")" + named(name)
		seen := map[string]bool{}
		err := o.scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
			if keyword(info.GetSearchAttributes().GetIndexedFields(), workflows.ShopifyOrderName.GetName()) != name {
				return true, nil
			}
			if id := info.GetExecution().GetWorkflowId(); !seen[id] {
				seen[id] = true
				found = append(found, id)
			}
			return true, nil
		})
		if err != nil {
			return "", err
		}
	}
	switch len(found) {
	case 0:
		return "", &NotFoundError{fmt.Sprintf("no gift-card order %q is known: it was not seen by a poll yet, is not "+
			"one by the rules, or is older than the retention", nameOrID)}
	case 1:
		return found[0], nil
	default:
		return "", fmt.Errorf("%q is the name of %d orders; use the number of one: %s",
			nameOrID, len(found), strings.Join(orderIDs(found), ", "))
	}
}

// named asks for the orders of a name, and perhaps for more than those. Temporal's SQL visibility takes a question mark for
// a place holder, and writes quotation marks and backslashes as MySQL wants them, not PostgreSQL or SQLite
// (go.temporal.io/server v1.32.1, common/persistence/visibility/store/sql/query_converter.go). A name with one of these is
// asked for by what stands before it.
func named(name string) string {
	attribute, operator := workflows.ShopifyOrderName.GetName(), "="
	if i := strings.IndexAny(name, `?"\`); i >= 0 {
		name, operator = name[:i], "STARTS_WITH"
	}
	if name == "" {
		return ""
	}
	return fmt.Sprintf(" AND %s %s %s", attribute, operator, quote(name))
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
