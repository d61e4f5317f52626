// Package looking asks for looks at orders and variants of which customers are told: it starts their workflows, or signals those that
// run.
package looking

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/workflows"
)

// Client is what a [Looker] needs of Temporal's client.
type Client interface {
	SignalWithStartWorkflow(ctx context.Context, workflowID, signalName string, signalArg any, options client.StartWorkflowOptions,
		workflow any, workflowArgs ...any) (client.WorkflowRun, error)
}

// Looker asks for looks at orders and variants.
type Looker struct {
	Client Client
	// Hurry divides the pauses of the workflows that it starts; zero is one.
	Hurry int
}

// Order has an order looked at: its workflow is started, or signalled. name may be empty; a workflow that is started with it is found
// by it. An order of which nothing more is told is left alone.
func (l *Looker) Order(ctx context.Context, shop, order, name string, look workflows.Look) error {
	attributes, summary := workflows.OrderMessagesListing(order, name)
	id := workflows.OrderMessagesID(shop, order)
	_, err := l.Client.SignalWithStartWorkflow(ctx, id, workflows.LookSignal, look, client.StartWorkflowOptions{
		ID: id, TaskQueue: workflows.TaskQueue, WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		TypedSearchAttributes: attributes, StaticSummary: summary,
	}, workflows.OrderMessagesType, workflows.OrderMessagesInput{Shop: shop, Order: order, Hurry: l.Hurry})
	if _, ended := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); ended {
		return nil
	}
	if err != nil {
		return fmt.Errorf("have order %s looked at: %w", order, err)
	}
	return nil
}

// LookAt has an order looked at that a sweep has found. It implements messaging.Looks.
func (l *Looker) LookAt(ctx context.Context, shop, order, name string, updatedAt time.Time) error {
	return l.Order(ctx, shop, order, name, workflows.Look{UpdatedAt: updatedAt})
}

// Variant has a variant looked at that may be in stock. product is the number of its product if customers are told of products, and empty
// if they are told of variants.
func (l *Looker) Variant(ctx context.Context, shop, variant, product string) error {
	number := variant
	if product != "" {
		number = workflows.ProductNumber(product)
	}
	id := workflows.BackInStockID(shop, number)
	in := workflows.BackInStockInput{Shop: shop, Variant: variant, Product: product, Hurry: l.Hurry}
	signal := workflows.InStock{Variant: variant}
	_, err := l.Client.SignalWithStartWorkflow(ctx, id, workflows.InStockSignal, signal, client.StartWorkflowOptions{
		ID: id, TaskQueue: workflows.TaskQueue, WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		StaticSummary: workflows.BackInStockSummary(in),
	}, workflows.BackInStockType, in)
	if err != nil {
		return fmt.Errorf("have variant %s looked at: %w", variant, err)
	}
	return nil
}
