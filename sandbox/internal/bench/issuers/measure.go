package issuers

import (
	"context"
	"fmt"
	"strconv"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer/fourwayshopissuer"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/billing"
	"github.com/giftbridge/giftbridge/sandbox/internal/figures"
	"github.com/giftbridge/giftbridge/sandbox/internal/floor"
	"github.com/giftbridge/giftbridge/workflows"
)

// span is when a workflow began, and when it was told that its card exists.
type span struct{ began, told time.Time }

// read returns the span of a workflow. It is told by a signal, or, if signal is empty, by its own activity, and then ends.
func (s *system) read(ctx context.Context, id, signal string) (out span, err error) {
	all := s.Client.GetWorkflowHistory(ctx, id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for all.HasNext() {
		e, err := all.Next()
		if err != nil {
			return out, fmt.Errorf("read history of %s: %w", id, err)
		}
		if e.GetEventId() == 1 {
			out.began = e.GetEventTime().AsTime()
		}
		if tells(e, signal) {
			out.told = e.GetEventTime().AsTime()
		}
	}
	if out.told.IsZero() {
		return out, fmt.Errorf("%s was told of no card", id)
	}
	return out, nil
}

func tells(e *historypb.HistoryEvent, signal string) bool {
	if signal == "" {
		return e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED
	}
	return e.GetWorkflowExecutionSignaledEventAttributes().GetSignalName() == signal
}

// times are the times of workflows that ran one by one, without the time that a queue took.
func times(took []float64) Times {
	return Times{P50: figures.Percentile(took, 50), P95: figures.Percentile(took, 95)}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// one runs one workflow after another. run starts the next one, waits until it ends, and returns its ID and the time that
// is not its own.
func (s *system) one(
	ctx context.Context, n int, signal string, run func(context.Context) (id string, foreign time.Duration, err error),
) (Times, error) {
	var took []float64
	for i := range warmUp + n {
		id, foreign, err := run(ctx)
		if err != nil {
			return Times{}, err
		}
		at, err := s.read(ctx, id, signal)
		if err != nil {
			return Times{}, err
		}
		if i >= warmUp {
			took = append(took, milliseconds(at.told.Sub(at.began)-foreign))
		}
	}
	return times(took), nil
}

// bareOne runs a bare workflow.
func (s *system) bareOne(ctx context.Context, id, of string, in floor.Order) error {
	run, err := s.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: floor.TaskQueue}, of, in)
	if err != nil {
		return fmt.Errorf("start a bare workflow: %w", err)
	}
	if err := run.Get(ctx, nil); err != nil {
		return fmt.Errorf("wait for a bare workflow: %w", err)
	}
	return s.gone()
}

func (s *system) bareSingles(ctx context.Context, n int) (Times, error) {
	return s.one(ctx, n, "", func(ctx context.Context) (string, time.Duration, error) {
		id, in := floor.ChildID(s.singles), floor.Order{Number: s.singles}
		s.singles++
		return id, 0, s.bareOne(ctx, id, floor.ChildType, in)
	})
}

func (s *system) pairSingles(ctx context.Context, n int) (Times, error) {
	return s.one(ctx, n, floor.SettledSignal, func(ctx context.Context) (string, time.Duration, error) {
		id := floor.PairID(s.pairs)
		in := floor.Order{Number: s.pairs, Queue: singleQueue}
		s.pairs++
		return id, 2 * singleQueue, s.bareOne(ctx, id, floor.PairType, in)
	})
}

func (s *system) atOnceSingles(ctx context.Context, n int) (Times, error) {
	return s.one(ctx, n, "", func(ctx context.Context) (string, time.Duration, error) {
		ids, err := s.poll(ctx, s.Place(1, time.Now()))
		if err != nil {
			return "", 0, err
		}
		s.atOnce = append(s.atOnce, ids[0])
		return ids[0], 0, s.Settle(ctx)
	})
}

// laterSingles takes the time of the issuer's queue out, which is the simulator's.
func (s *system) laterSingles(ctx context.Context, n int) (Times, error) {
	s.Later.Queue().SetTakes(singleQueue)
	return s.one(ctx, n, workflows.CardSettledSignal, func(ctx context.Context) (string, time.Duration, error) {
		before := len(s.Later.Queue().Records())
		orders := s.PlaceLater(1, time.Now())
		ids, err := s.poll(ctx, orders)
		if err != nil {
			return "", 0, err
		}
		if err := s.Settle(ctx); err != nil {
			return "", 0, err
		}
		s.later, s.cards = append(s.later, ids[0]), append(s.cards, s.cardOf(&orders[0]))
		var queue time.Duration
		jobs := s.Later.Queue().Records()[before:]
		const steps = 2
		if len(jobs) != steps {
			return "", 0, fmt.Errorf("%d jobs for a card, need %d", len(jobs), steps)
		}
		for _, job := range jobs {
			if len(job.Callbacks) != 1 {
				return "", 0, fmt.Errorf("%d callbacks of a job, need one", len(job.Callbacks))
			}
			queue += job.Callbacks[0].At.Sub(job.Enqueued)
		}
		return ids[0], queue, nil
	})
}

// cardOf returns the ID of the workflow of an order's card.
func (s *system) cardOf(o *shopifytest.Order) string {
	return workflows.DeferredCardID(fourwayshopissuer.Name, giftcard.AuditNumber(s.Config.Issue.AuditPrefix, s.Config.Shopify.Shop,
		strconv.FormatInt(o.ID, 10), strconv.FormatInt(o.Lines[0].ID, 10), 1), 1)
}

// poll has a poll take in orders, and returns the IDs of their workflows.
func (s *system) poll(ctx context.Context, orders []shopifytest.Order) ([]string, error) {
	poll, err := s.Operator.PollNow(ctx)
	if err != nil {
		return nil, err
	}
	found, err := poll.Wait(ctx)
	if err != nil {
		return nil, err
	}
	if found.Started != len(orders) {
		return nil, fmt.Errorf("a poll has started %d of %d orders", found.Started, len(orders))
	}
	ids := make([]string, len(orders))
	for i := range orders {
		ids[i] = workflows.GiftCardOrderID(s.Config.Shopify.Shop, strconv.FormatInt(orders[i].ID, 10))
	}
	return ids, nil
}

// whole returns the time from the start of the first workflow until the last one is told of its card, in seconds.
func (s *system) whole(ctx context.Context, ids []string, signal string) (float64, error) {
	var all span
	for i, id := range ids {
		one, err := s.read(ctx, id, signal)
		if err != nil {
			return 0, err
		}
		if i == 0 || one.began.Before(all.began) {
			all.began = one.began
		}
		if one.told.After(all.told) {
			all.told = one.told
		}
	}
	return all.told.Sub(all.began).Seconds(), nil
}

func (s *system) pairBurst(ctx context.Context, n int) (float64, error) {
	from := s.pairs
	s.pairs += n
	_, err := s.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: fmt.Sprintf("parent/%d", from), TaskQueue: floor.TaskQueue,
	}, floor.ParentType, floor.ParentInput{From: from, To: s.pairs, Pairs: true, Queue: burstQueue})
	if err != nil {
		return 0, fmt.Errorf("start parent: %w", err)
	}
	if err := s.Server.Settle(ctx, floor.PairType, s.pairs, s.gone); err != nil {
		return 0, err
	}
	ids := make([]string, n)
	for i := range ids {
		ids[i] = floor.PairID(from + i)
	}
	return s.whole(ctx, ids, floor.SettledSignal)
}

func (s *system) laterBurst(ctx context.Context, n int) (float64, error) {
	s.Later.Queue().SetTakes(burstQueue)
	ids, err := s.poll(ctx, s.PlaceLater(n, time.Now()))
	if err != nil {
		return 0, err
	}
	if err := s.Settle(ctx); err != nil {
		return 0, err
	}
	return s.whole(ctx, ids, workflows.CardSettledSignal)
}

// costs counts what the orders cost that came one by one. Their callbacks were on time.
func (s *system) costs(ctx context.Context) (c Costs, err error) {
	if c.AtOnceEvents, c.AtOnceActions, err = s.most(ctx, s.atOnce); err != nil {
		return c, err
	}
	if c.LaterEvents, c.LaterActions, err = s.most(ctx, s.later); err != nil {
		return c, err
	}
	c.CardEvents, c.CardActions, err = s.most(ctx, s.cards)
	return c, err
}

// most returns the largest numbers of events and of actions of any of the workflows, without events of tasks that nobody
// took in time.
func (s *system) most(ctx context.Context, ids []string) (events, actions int64, err error) {
	for _, id := range ids {
		var one billing.Cost
		if err := one.AddRun(ctx, s.Client, id, ""); err != nil {
			return 0, 0, err
		}
		events, actions = max(events, one.Events-one.Late), max(actions, one.Actions)
	}
	return events, actions, nil
}
