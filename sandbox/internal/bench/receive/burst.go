package receive

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/billing"
	"github.com/giftbridge/giftbridge/sandbox/internal/rig"
	"github.com/giftbridge/giftbridge/sandbox/internal/site"
	"github.com/giftbridge/giftbridge/workflows"
)

const (
	// awaitEvery is the pause between two checks whether all cards are issued. The ledger records when they were.
	awaitEvery = 500 * time.Millisecond
	// shopConnections is the number of webhooks that a shop delivers at the same time.
	shopConnections = 16
	latelyAgo       = 10 * time.Minute
)

// byWebhook lets orders arrive at once, and then counts what they cost. The shop has the quota of the smallest plan.
func (p *Programs) byWebhook(ctx context.Context, o Options) (b Burst, c Costs, err error) {
	s, err := p.open(ctx, rig.ServerOptions{}, shopifytest.Options{}, true)
	if err != nil {
		return b, c, err
	}
	defer s.close()
	if _, err := s.burst(ctx, warmUp, latelyAgo, s.deliver); err != nil {
		return b, c, err
	}
	if b, err = s.burst(ctx, o.Burst, latelyAgo, s.deliver); err != nil {
		return b, c, err
	}
	c, err = s.costs(ctx)
	return b, c, err
}

// byPoll lets a poll find as many orders at once.
func (p *Programs) byPoll(ctx context.Context, o Options) (Burst, error) {
	s, err := p.open(ctx, rig.ServerOptions{}, shopifytest.Options{}, false)
	if err != nil {
		return Burst{}, err
	}
	defer s.close()
	poll := func(ctx context.Context, _ []shopifytest.Order) error {
		_, err := s.Operator.PollNow(ctx)
		return err
	}
	// The second poll does not read the orders of the first again.
	if _, err := s.burst(ctx, warmUp, 2*rig.Overlap, poll); err != nil {
		return Burst{}, err
	}
	return s.burst(ctx, o.Burst, latelyAgo, poll)
}

// burst places orders and has them taken in.
func (s *system) burst(
	ctx context.Context, n int, ago time.Duration, takeIn func(context.Context, []shopifytest.Order) error,
) (Burst, error) {
	before := s.Placed()
	orders := s.Place(n, time.Now().Add(-ago))
	began := time.Now()
	if err := takeIn(ctx, orders); err != nil {
		return Burst{}, err
	}
	cards, err := s.AwaitCards(ctx, awaitEvery, before)
	if err != nil {
		return Burst{}, err
	}
	last := began
	for _, c := range cards {
		if c.Created.After(last) {
			last = c.Created
		}
	}
	stats := s.Shop.Stats()
	return Burst{
		Seconds: last.Sub(began).Seconds(), Throttled: stats.Errors["THROTTLED"], PointsLeast: stats.PointsLeast,
	}, s.Settle(ctx)
}

// deliver delivers orders as fast as a shop does.
func (s *system) deliver(ctx context.Context, orders []shopifytest.Order) error {
	var mu sync.Mutex
	var failed error
	var all sync.WaitGroup
	for part := range slices.Chunk(orders, (len(orders)+shopConnections-1)/shopConnections) {
		all.Go(func() {
			for i := range part {
				status, err := s.send(ctx, s.Config.Receiver.URL, s.order(&part[i]))
				if err == nil && status != http.StatusOK {
					err = fmt.Errorf("status %d", status)
				}
				if err != nil {
					mu.Lock()
					failed = errors.Join(failed, fmt.Errorf("deliver an order: %w", err))
					mu.Unlock()
					return
				}
			}
		})
	}
	all.Wait()
	return failed
}

// costs counts what all orders so far cost, with as many polls as would see them in production.
func (s *system) costs(ctx context.Context) (Costs, error) {
	usual := site.UsualPoll()
	var own, polls billing.Cost
	for range 1 + int(usual.Overlap/usual.Interval) {
		poll, err := s.Operator.PollNow(ctx)
		if err != nil {
			return Costs{}, err
		}
		found, err := poll.Wait(ctx)
		if err != nil {
			return Costs{}, err
		}
		if found.Seen != s.Placed() || found.Started != 0 {
			return Costs{}, fmt.Errorf("a poll has seen %d of %d orders, and started %d", found.Seen, s.Placed(), found.Started)
		}
		if err := polls.AddRun(ctx, s.Client, poll.WorkflowID, poll.RunID); err != nil {
			return Costs{}, err
		}
	}
	list := &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: s.Options.Namespace, Query: "WorkflowType = '" + workflows.GiftCardOrderType + "'",
	}
	for {
		page, err := s.Client.ListWorkflow(ctx, list)
		if err != nil {
			return Costs{}, fmt.Errorf("list orders: %w", err)
		}
		for _, x := range page.GetExecutions() {
			if err := own.AddRun(ctx, s.Client, x.GetExecution().GetWorkflowId(), x.GetExecution().GetRunId()); err != nil {
				return Costs{}, err
			}
		}
		if list.NextPageToken = page.GetNextPageToken(); len(list.NextPageToken) == 0 {
			break
		}
	}
	if own.Runs != s.Placed() {
		return Costs{}, fmt.Errorf("%d orders have %d runs", s.Placed(), own.Runs)
	}
	orders := float64(s.Placed())
	return Costs{
		Actions: float64(own.Actions+polls.Actions) / orders, Events: float64(own.Events-own.Late) / orders,
		PollEvents: float64(polls.Events-polls.Late) / orders,
	}, nil
}
