package relayed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/workflows"
)

// Place is where events of an order or a product are.
type Place struct {
	Endpoint string `json:"endpoint"`
	Resource string `json:"resource"`
}

// String is how people write it: "orders/1001".
func (p Place) String() string { return p.Endpoint + "/" + p.Resource }

// Detail is what is known of the events of an order or a product.
type Detail struct {
	Place

	// Name is what people call the order; empty for a product, and if it is not known.
	Name string `json:"name,omitempty"`
	// Waiting is the mailbox in which events wait; nil if none do. Unread says why its events could not be read; empty if they were.
	Waiting *Waiting `json:"waiting,omitempty"`
	Unread  string   `json:"unread,omitempty"`
	// Undelivered are the events that were refused for good, and Taken those that were taken, both the last one first.
	Undelivered []Undelivered `json:"undelivered,omitempty"`
	Taken       []Taken       `json:"taken,omitempty"`
	// Older reports whether there are runs of the mailbox that were not read.
	Older bool `json:"older,omitempty"`
}

// maxRuns is the number of runs of a mailbox that are read.
const maxRuns = 25

// Show returns what is known of the events of an order or a product.
func (o *Relayed) Show(ctx context.Context, p Place) (*Detail, error) {
	out := &Detail{Place: p}
	f := Filter{Endpoint: p.Endpoint, Resource: p.Resource}
	var err error
	id := workflows.RelayID(p.Endpoint, p.Resource)
	if out.Waiting, err = o.waiting(ctx, id); err != nil {
		return nil, err
	}
	if out.Waiting != nil {
		out.Name = out.Waiting.Name
		box, err := o.box(ctx, id)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			out.Unread = err.Error()
		}
		out.Waiting.Events = box.Waiting
	}
	if out.Undelivered, _, err = o.Undelivered(ctx, f); err != nil {
		return nil, err
	}
	var runs []*workflowpb.WorkflowExecutionInfo
	err = o.scan(ctx, of(workflows.RelayType)+f.under(workflows.RelayID), func(info *workflowpb.WorkflowExecutionInfo) {
		runs = append(runs, info)
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(runs, func(a, b *workflowpb.WorkflowExecutionInfo) int {
		return b.GetStartTime().AsTime().Compare(a.GetStartTime().AsTime())
	})
	out.Older = len(runs) > maxRuns
	for _, info := range limited(runs, maxRuns) {
		if out.Name == "" {
			out.Name = orderName(info)
		}
		taken, err := o.TakenIn(ctx, id, info.GetExecution().GetRunId(), false)
		if err != nil {
			return nil, err
		}
		slices.Reverse(taken)
		out.Taken = append(out.Taken, taken...)
	}
	return out, nil
}

// Find returns where the events are to which a person refers: by the name, the number or the address of an order, by the number of a
// product, by an endpoint and a number ("products/7"), or by what Temporal calls a mailbox or an event. The error is an
// [executions.NotFoundError] if nothing of that is known.
func (o *Relayed) Find(ctx context.Context, text string) ([]Place, error) {
	text = strings.TrimSpace(text)
	if p, ok := parsePlace(text); ok {
		known, err := o.known(ctx, p)
		if err == nil && !known {
			err = &executions.NotFoundError{What: "nothing is known of events of " + p.String()}
		}
		return []Place{p}, err
	}
	if IsEvent(text) {
		u, err := o.Refused(ctx, text)
		if err != nil {
			return nil, err
		}
		return []Place{{u.Endpoint, u.Resource}}, nil
	}
	r := orders.ParseReference(text, "")
	if r.Number != "" {
		var found []Place
		for _, endpoint := range relaying.Endpoints {
			p := Place{endpoint, r.Number}
			known, err := o.known(ctx, p)
			if err != nil {
				return nil, err
			}
			if known {
				found = append(found, p)
			}
		}
		if len(found) > 0 {
			return found, nil
		}
	}
	var found []Place
	for _, name := range r.Names() {
		named, err := o.named(ctx, name)
		if err != nil {
			return nil, err
		}
		found = append(found, named...)
	}
	switch len(found) {
	case 0:
		return nil, &executions.NotFoundError{What: fmt.Sprintf("nothing is known of events of %q; a product is found by its number", r.Text)}
	case 1:
		return found, nil
	}
	return nil, fmt.Errorf("%q is the name of %d orders; use one of %s", r.Text, len(found), join(found))
}

// parsePlace reads what names an endpoint, too.
func parsePlace(text string) (Place, bool) {
	if endpoint, resource, ok := workflows.ParseRelayID(text); ok {
		return Place{endpoint, resource}, true
	}
	if endpoint, resource, _, ok := workflows.ParseUndeliveredEventID(text); ok {
		return Place{endpoint, resource}, true
	}
	if number, ok := strings.CutPrefix(text, "gid://shopify/Product/"); ok {
		return Place{relaying.Products, number}, number != ""
	}
	endpoint, resource, ok := strings.Cut(text, "/")
	return Place{endpoint, resource}, ok && resource != "" && !strings.Contains(resource, "/") && slices.Contains(relaying.Endpoints, endpoint)
}

// known reports whether there are events at a place.
func (o *Relayed) known(ctx context.Context, p Place) (bool, error) {
	_, err := o.Client.DescribeWorkflowExecution(ctx, workflows.RelayID(p.Endpoint, p.Resource), "")
	if executions.IsNotFound(err) {
		refused, err := o.refused(ctx, Filter{Endpoint: p.Endpoint, Resource: p.Resource})
		return len(refused) > 0, err
	}
	if err != nil {
		return false, fmt.Errorf("look for events of %s: %w", p, err)
	}
	return true, nil
}

// named returns where the events of the orders with a name are.
func (o *Relayed) named(ctx context.Context, name string) ([]Place, error) {
	if strings.ContainsAny(name, `?"\`) || name == "" {
		return nil, errors.New("an order of such a name is found by its number only") // Temporal's lists cannot be searched for it.
	}
	query := "WorkflowType IN (" + executions.QuoteAll([]string{workflows.RelayType, workflows.UndeliveredEventType}) + ") AND " +
		workflows.ShopifyOrderName.GetName() + " = " + executions.Quote(name)
	var found []Place
	err := o.scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) {
		p, ok := parsePlace(info.GetExecution().GetWorkflowId())
		if ok && !slices.Contains(found, p) {
			found = append(found, p)
		}
	})
	return found, err
}

func join(places []Place) string {
	names := make([]string, len(places))
	for i, p := range places {
		names[i] = p.String()
	}
	return strings.Join(names, ", ")
}
