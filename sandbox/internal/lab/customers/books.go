package customers

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"path"
	"path/filepath"
	"slices"
	"strconv"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/delivery"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit/told"
	"github.com/giftbridge/giftbridge/sandbox/internal/mischief"
	"github.com/giftbridge/giftbridge/sandbox/internal/storm"
	"github.com/giftbridge/giftbridge/workflows"
)

// books reads everything that there is to compare.
func (c *Customers) books(ctx context.Context) (told.Books, error) {
	c.mu.Lock()
	b := told.Books{People: maps.Clone(c.people), Changes: slices.Clone(c.changes), Asked: map[string]int{}}
	c.mu.Unlock()
	for address, into := range map[string]any{
		c.Control.Shop + "orders":                              &b.Orders,
		c.Control.Messages + "messages":                        &b.Deliveries,
		c.Control.Messages + "stats":                           &b.Service,
		c.Control.Messages + filepath.Base(mischief.AskedPath): &b.Asked,
	} {
		if err := storm.Send(ctx, http.MethodGet, address, nil, into); err != nil {
			return b, err
		}
	}
	var err error
	if b.States, err = c.states(ctx); err != nil {
		return b, fmt.Errorf("read what the system says of messages: %w", err)
	}
	if b.Unsent, err = c.unsent(ctx); err != nil {
		return b, fmt.Errorf("read which messages are unsent: %w", err)
	}
	b.Products, err = c.products(ctx)
	return b, err
}

// states asks the workflow of each order.
func (c *Customers) states(ctx context.Context) (out []told.State, err error) {
	ids, err := c.list(ctx, "WorkflowType = '"+workflows.OrderMessagesType+"'")
	if err != nil {
		return nil, err
	}
	for _, workflow := range ids {
		order, err := strconv.ParseInt(path.Base(workflow), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("the workflow %s is of no order: %w", workflow, err)
		}
		answer, err := c.Operator.Client.QueryWorkflow(ctx, workflow, "", workflows.MessagesQuery)
		if err != nil {
			return nil, fmt.Errorf("ask %s: %w", workflow, err)
		}
		var state workflows.OrderMessagesState
		if err := answer.Get(&state); err != nil {
			return nil, err
		}
		s := told.State{Order: order}
		for _, m := range state.Messages {
			s.Messages = append(s.Messages, told.Message{
				Key: m.Key, Kind: string(m.Kind), State: string(m.State), Dropped: string(m.Dropped), Failure: string(m.Failure),
			})
		}
		if state.LookFailed != "" {
			s.Messages = append(s.Messages, told.Message{Kind: "look", State: string(state.LookFailed)})
		}
		out = append(out, s)
	}
	return out, nil
}

// unsent lists the messages that people see as unsent.
func (c *Customers) unsent(ctx context.Context) (out []told.Unsent, err error) {
	ids, err := c.list(ctx, "WorkflowType = '"+workflows.UnsentMessageType+"' AND ExecutionStatus = 'Failed'")
	if err != nil {
		return nil, err
	}
	for _, workflow := range ids {
		out = append(out, told.Unsent{Order: path.Base(path.Dir(workflow)), Key: path.Base(workflow)})
	}
	return out, nil
}

// list returns the IDs of the workflows that a query finds, each once.
func (c *Customers) list(ctx context.Context, query string) ([]string, error) {
	seen := map[string]bool{}
	request := &workflowservice.ListWorkflowExecutionsRequest{Query: query, PageSize: 500}
	for {
		page, err := c.Operator.Client.ListWorkflow(ctx, request)
		if err != nil {
			return nil, err
		}
		for _, x := range page.GetExecutions() {
			seen[x.GetExecution().GetWorkflowId()] = true
		}
		if len(page.GetNextPageToken()) == 0 {
			return slices.Sorted(maps.Keys(seen)), nil
		}
		request.NextPageToken = page.GetNextPageToken()
	}
}

// products returns the products, of which the system has heard if a receiver has accepted that they are back.
func (c *Customers) products(ctx context.Context) (out []told.Product, err error) {
	var sent delivery.Ledger
	if err := storm.Send(ctx, http.MethodGet, c.Control.Shop+"webhooks", nil, &sent); err != nil {
		return nil, err
	}
	heard := map[int64]bool{}
	for _, e := range sent.Last {
		if e.Topic == "variants/in_stock" && e.Status >= http.StatusOK && e.Status < http.StatusMultipleChoices && !forged(e) {
			heard[e.Subject] = true
		}
	}
	for _, p := range c.Plan.Telling.Products {
		product, variant := p.Variant.ProductID(), p.Variant.ID()
		out = append(out, told.Product{
			ID: id(product), Variant: id(variant), Name: p.Variant.SKU, Notices: p.Notices, Heard: heard[product] || heard[variant],
		})
	}
	return out, nil
}

// forged reports whether a delivery may be a copy that is not the shop's.
func forged(e delivery.Entry) bool {
	return slices.Contains([]delivery.Trouble{delivery.Forged, delivery.Unsigned, delivery.CrossTopic, delivery.OtherShop}, e.Trouble)
}

// shop returns the shop's name in the IDs of workflows; empty if there is none.
func (c *Customers) shop(ctx context.Context) (string, error) {
	ids, err := c.list(ctx, "WorkflowType = '"+workflows.OrderMessagesType+"'")
	if err != nil || len(ids) == 0 {
		return "", err
	}
	return path.Base(path.Dir(ids[0])), nil
}

// busy returns the workflows of messages in which something happens now, and the length of the histories of all.
func (c *Customers) busy(ctx context.Context) (busy int, length int64, err error) {
	ids, err := c.list(ctx, "WorkflowType IN ('"+workflows.OrderMessagesType+"', '"+workflows.BackInStockType+
		"', '"+workflows.SweepMessagesType+"') AND ExecutionStatus = 'Running'")
	if err != nil {
		return 0, 0, err
	}
	for _, workflow := range ids {
		d, err := c.Operator.Client.DescribeWorkflowExecution(ctx, workflow, "")
		if err != nil {
			return 0, 0, err
		}
		info := d.GetWorkflowExecutionInfo()
		if info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING && (len(d.GetPendingActivities()) > 0 || d.GetPendingWorkflowTask() != nil) {
			busy++
		}
		length += info.GetHistoryLength()
	}
	return busy, length, nil
}
