// Package told finds what customers were told about their orders, and what they could not be told. It asks the workflows that tell
// them, and changes nothing.
package told

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	sdkpb "go.temporal.io/api/sdk/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/workflows"
)

// Told is what the customers of one installation were told.
type Told struct{ *orders.Orders }

// New returns what the customers of an installation were told.
func New(o *orders.Orders) *Told { return &Told{o} }

// Talk is the workflow that tells the customer of an order, or those who wait for a variant or a product.
type Talk struct {
	// Name is what people call the order; empty if that is not known, and for a notice.
	Name string `json:"name,omitempty"`
	Shop string `json:"shop"`
	About
	// State is that of the newest run. While it is running, more may be told.
	State      executions.State `json:"state"`
	StartedAt  time.Time        `json:"started_at"`
	ClosedAt   time.Time        `json:"closed_at,omitzero"`
	WorkflowID string           `json:"workflow_id"`
	RunID      string           `json:"run_id"`
	Link       string           `json:"link"`
}

// Called is what people call the order, the variant or the product.
func (t Talk) Called() string { return t.called(t.Name) }

func (o *Told) talk(info *workflowpb.WorkflowExecutionInfo) Talk {
	run := info.GetExecution()
	out := Talk{
		Name:  executions.Keyword(info.GetSearchAttributes().GetIndexedFields(), workflows.ShopifyOrderName.GetName()),
		State: executions.StateOf(info.GetStatus()), StartedAt: info.GetStartTime().AsTime(),
		WorkflowID: run.GetWorkflowId(), RunID: run.GetRunId(), Link: o.Link(run.GetWorkflowId(), run.GetRunId()),
	}
	if info.GetCloseTime() != nil {
		out.ClosedAt = info.GetCloseTime().AsTime()
	}
	var number string
	out.Shop, number, _ = workflows.ParseToldID(out.WorkflowID)
	out.About = aboutOf(number, info.GetType().GetName() == workflows.BackInStockType)
	return out
}

// Shop asks the shop for the number of an order. The error is an [executions.NotFoundError] if it shows no such order.
type Shop func(ctx context.Context, r orders.Reference) (number string, err error)

// Identify returns the shop, as workflow IDs name it, and the number of the order that a person refers to; see
// [orders.ParseReference]. What was told is found by the order's number, and only some of it by its name, so the shop is asked for an
// order that is not on record; ask may be nil. The error is an [executions.NotFoundError] if no such order is known.
func (o *Told) Identify(ctx context.Context, reference string, ask Shop) (shop, number string, err error) {
	r, err := o.Refer(ctx, reference)
	if err != nil {
		return "", "", err
	}
	if shop = r.Shop; shop == "" {
		shop = o.ShopKey(ctx)
	}
	if r.Number != "" {
		t, err := o.described(ctx, workflows.OrderMessagesID(shop, r.Number))
		if err != nil || t != nil {
			return shop, r.Number, err
		}
	}
	if number, err = o.recorded(ctx, r); err != nil || number != "" {
		return shop, number, err
	}
	id, err := o.FindOrder(ctx, reference)
	if _, unknown := errors.AsType[*executions.NotFoundError](err); err != nil && !unknown {
		return "", "", err
	}
	if shop, number, err := workflows.ParseGiftCardOrderID(id); err == nil {
		return shop, number, nil
	}
	if ask != nil {
		number, err = ask(ctx, r)
		return shop, number, err
	}
	return "", "", &executions.NotFoundError{What: fmt.Sprintf("nothing that was told about an order %q is on record under this name; "+
		"use its number, which its address in Shopify's admin ends with", r.Text)}
}

// recorded returns the number of the only order of a name that messages are on record about; empty if there is none.
func (o *Told) recorded(ctx context.Context, r orders.Reference) (string, error) {
	var numbers []string
	for _, name := range r.Names() {
		query := "WorkflowType IN (" + executions.Quote(workflows.OrderMessagesType) + "," + executions.Quote(workflows.UnsentMessageType) +
			")" + orders.NameCondition(name)
		err := o.Scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
			if executions.Keyword(info.GetSearchAttributes().GetIndexedFields(), workflows.ShopifyOrderName.GetName()) != name {
				return true, nil
			}
			id := info.GetExecution().GetWorkflowId()
			_, number, err := workflows.ParseToldID(id)
			if err != nil {
				_, number, _, err = workflows.ParseUnsentMessageID(id)
			}
			if err == nil && !slices.Contains(numbers, number) {
				numbers = append(numbers, number)
			}
			return true, nil
		})
		if err != nil {
			return "", err
		}
	}
	switch len(numbers) {
	case 0:
		return "", nil
	case 1:
		return numbers[0], nil
	}
	return "", fmt.Errorf("%q is the name of %d orders; use the number of one of them: %s", r.Text, len(numbers),
		strings.Join(numbers, ", "))
}

// OfOrder returns the talk about the order that a person refers to; see [Told.Identify]. The error is an [executions.NotFoundError] if
// nothing about such an order is on record.
func (o *Told) OfOrder(ctx context.Context, reference string, ask Shop) (Talk, error) {
	shop, number, err := o.Identify(ctx, reference, ask)
	if err != nil {
		return Talk{}, err
	}
	t, err := o.Of(ctx, shop, number)
	if err == nil && t == nil {
		return Talk{}, &executions.NotFoundError{What: fmt.Sprintf("nothing that was told about order %s is on record; for what would be "+
			"told, run: %s messages preview %s", reference, buildinfo.Program, executions.ShellQuote(reference))}
	}
	return found(t, err)
}

func found(t *Talk, err error) (Talk, error) {
	if t == nil {
		return Talk{}, err
	}
	return *t, err
}

// Of returns the talk about an order, by its shop and number; nil if there is none on record.
func (o *Told) Of(ctx context.Context, shop, number string) (*Talk, error) {
	return o.described(ctx, workflows.OrderMessagesID(shop, number))
}

// described returns the talk of a workflow; nil if there is none.
func (o *Told) described(ctx context.Context, id string) (*Talk, error) {
	d, err := o.Client.DescribeWorkflowExecution(ctx, id, "")
	if executions.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", id, err)
	}
	t := o.talk(d.GetWorkflowExecutionInfo())
	return &t, nil
}

// OfNotice returns the newest talk about a variant or a product, of which a has the number. The error is an
// [executions.NotFoundError] if there is none on record.
func (o *Told) OfNotice(ctx context.Context, a About) (Talk, error) {
	t, err := o.described(ctx, workflows.BackInStockID(o.ShopKey(ctx), a.OnRecord()))
	if err == nil && t == nil {
		err = &executions.NotFoundError{What: "nothing that was told about " + a.called("") + " is on record: it was not reported to " +
			"be in stock again lately, or customers are told of " + a.instead()}
	}
	return found(t, err)
}

// askFor is how long a talk is asked. Its workflow answers within milliseconds if there is a worker.
const askFor = 3 * time.Second

// UnansweredError reports that the record of what a customer was told did not answer: no worker runs, or Temporal is busy.
type UnansweredError struct{ Err error }

// Error implements error.
func (e *UnansweredError) Error() string {
	return fmt.Sprintf("the record of what the customer was told cannot be read; it needs a worker that runs: %v", e.Err)
}

// Unwrap returns the cause.
func (e *UnansweredError) Unwrap() error { return e.Err }

// detailsQuery is answered by each workflow with what it shows of itself (go.temporal.io/sdk v1.50.0, internal/client.go).
const detailsQuery = "__temporal_workflow_metadata"

// Says says in a sentence what was told about a variant or a product, or what is waited for.
func (o *Told) Says(ctx context.Context, t Talk) (string, error) {
	if t.State == executions.Running {
		var known sdkpb.WorkflowMetadata
		err := o.ask(ctx, t, detailsQuery, &known)
		return known.GetCurrentDetails(), err
	}
	var out workflows.BackInStockResult
	err := o.Client.GetWorkflow(ctx, t.WorkflowID, t.RunID).Get(ctx, &out)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return "It was stopped: " + executions.FailureOf(err).Message + ".", nil
	case out.Notified:
		return "Those who asked were told.", nil
	}
	return "Nobody was told: " + out.Why + ".", nil
}

// State returns what is on record about an order, whether more may be told or not. It holds personal data.
func (o *Told) State(ctx context.Context, t Talk) (out workflows.OrderMessagesState, err error) {
	return out, o.ask(ctx, t, workflows.MessagesQuery, &out)
}

// ask asks the workflow of a talk, also one that has ended.
func (o *Told) ask(ctx context.Context, t Talk, query string, out any) error {
	within, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	answer, err := o.Client.QueryWorkflow(within, t.WorkflowID, "", query)
	switch {
	case executions.IsNotFound(err):
		return &executions.NotFoundError{What: "what was told about " + t.Called() + " is not kept any more"}
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return &UnansweredError{err}
	}
	if err := answer.Get(out); err != nil {
		return fmt.Errorf("read what was told about %s: %w", t.Called(), err)
	}
	return nil
}
