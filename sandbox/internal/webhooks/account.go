package webhooks

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/delivery"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/workflows"
)

// Account is what became of the shop's webhooks.
type Account struct {
	Mode plan.Webhooks `json:"mode"`
	// ByWebhook and ByPoll are how many orders webhooks, and polls and sweeps, have taken in.
	ByWebhook int `json:"orders_by_webhook"`
	ByPoll    int `json:"orders_by_poll"`
	// Events is the number of webhooks that the shop should have delivered, Requests the number of its requests, with
	// retries and copies, and Accepted the number of webhooks that were accepted in the end.
	Events   int `json:"events"`
	Requests int `json:"requests"`
	Accepted int `json:"accepted"`
	// Ended is the number of subscriptions that the shop itself deleted, because all retries of a webhook had failed.
	Ended int `json:"subscriptions_ended_by_the_shop"`
	// Troubles counts the orders and products that each trouble of deliveries has befallen.
	Troubles map[delivery.Trouble]int `json:"troubles"`
	// Missed lists the troubles that have befallen too few.
	Missed []delivery.Trouble `json:"-"`
	// Problems says what is wrong.
	Problems []string `json:"-"`
}

// Account returns what became of the webhooks, of which orders is the number of orders placed.
func (w *Webhooks) Account(ctx context.Context, orders int) (Account, error) {
	a := Account{Mode: w.Plan.Webhooks, Troubles: map[delivery.Trouble]int{}}
	ledger, err := w.ledger(ctx)
	if err != nil {
		return a, err
	}
	for trouble, befallen := range ledger.Troubles {
		a.Troubles[trouble] = befallen.Subjects
	}
	for _, c := range ledger.Topics {
		a.Events += c.Events
		a.Requests += c.Requests
		a.Accepted += c.Delivered
	}
	a.Ended = len(ledger.Unsubscribed)
	all, err := w.workflows(ctx, "")
	if err != nil {
		return a, err
	}
	// What a poll or a sweep starts is its child.
	announced, err := w.workflows(ctx, " AND ParentWorkflowId IS NULL")
	if err != nil {
		return a, err
	}
	a.ByWebhook, a.ByPoll = announced, all-announced
	a.Missed = w.Plan.Deliveries.Missed(ledger)
	a.judge(w.Plan.Deliveries.Enough(orders))
	return a, nil
}

// judge notes what is wrong. enough reports whether there were enough orders for each trouble.
func (a *Account) judge(enough bool) {
	problem := func(format string, args ...any) { a.Problems = append(a.Problems, fmt.Sprintf(format, args...)) }
	if enough {
		for _, t := range a.Missed {
			problem("too few %s webhooks: they have befallen %d orders, and %d are needed", t, a.Troubles[t], plan.LeastBefallen)
		}
	}
	switch {
	case a.Mode == plan.WebhooksLost && (a.ByWebhook > 0 || a.Requests > 0):
		problem("all webhooks should have been lost; %d requests were sent, and %d orders were taken in by webhook",
			a.Requests, a.ByWebhook)
	case a.Mode == plan.WebhooksOn && enough && a.ByWebhook == 0:
		problem("no order was taken in by webhook")
	}
}

// workflows returns the number of workflows of orders that match a query.
func (w *Webhooks) workflows(ctx context.Context, query string) (int, error) {
	seen := map[string]bool{} // An order may have several runs.
	request := &workflowservice.ListWorkflowExecutionsRequest{
		Query: "WorkflowType = '" + workflows.GiftCardOrderType + "'" + query, PageSize: 500,
	}
	for {
		page, err := w.Operator.Client.ListWorkflow(ctx, request)
		if err != nil {
			return 0, err
		}
		for _, x := range page.GetExecutions() {
			seen[x.GetExecution().GetWorkflowId()] = true
		}
		if len(page.GetNextPageToken()) == 0 {
			return len(seen), nil
		}
		request.NextPageToken = page.GetNextPageToken()
	}
}

// Print prints the account by lines.
func (a Account) Print(line func(format string, args ...any)) {
	if a.Mode == plan.WebhooksOff {
		return
	}
	line("webhooks           %d (%s), in %d requests; %d were accepted", a.Events, a.Mode, a.Requests, a.Accepted)
	line("  orders taken in  %d by webhooks, %d by polls", a.ByWebhook, a.ByPoll)
	for _, t := range slices.Sorted(maps.Keys(a.Troubles)) {
		line("  %-28s %d orders and products", t, a.Troubles[t])
	}
}
