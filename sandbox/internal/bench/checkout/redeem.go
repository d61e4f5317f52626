package checkout

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/sandbox/internal/billing"
	"github.com/giftbridge/giftbridge/sandbox/internal/figures"
	"github.com/giftbridge/giftbridge/sandbox/internal/floor"
	"github.com/giftbridge/giftbridge/sandbox/internal/rig"
	"github.com/giftbridge/giftbridge/sandbox/internal/shopper"
	"github.com/giftbridge/giftbridge/workflows"
)

const (
	// rate is the number of redemptions per second, each of another card.
	rate = 10
	// settling is the number of seconds before others that do not count: connections are opened in them.
	settling = 2
	// amount is what is taken each time.
	amount = "0.25"
	// again is the pause before a shop asks once more if it is not told another.
	again = 250 * time.Millisecond
)

// Redemptions are redemptions of different cards at a constant rate.
type Redemptions struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50_ms"`
	P99   float64 `json:"p99_ms"`
	// Asked is the number of requests of a shop, without those at which it was answered at once.
	Asked int `json:"asked_again"`
	// WorkerCPU is the CPU time of the worker for each redemption, and ServerCPU that of Temporal, in milliseconds. ReceiverCPU
	// is that of the receiver; a bare workflow has none.
	WorkerCPU   float64 `json:"worker_cpu_ms"`
	ServerCPU   float64 `json:"server_cpu_ms"`
	ReceiverCPU float64 `json:"receiver_cpu_ms"`
	// Events and Actions are the medians of what the workflow of a card that was spent once cost, and ClaimEvents and
	// ClaimActions those of the claim of the shop's key. A bare workflow has no claim.
	Events       float64 `json:"events"`
	Actions      float64 `json:"actions"`
	ClaimEvents  float64 `json:"claim_events"`
	ClaimActions float64 `json:"claim_actions"`
}

// spent is what has become of a redemption.
type spent struct {
	id      string
	asked   int
	busy    bool
	settled time.Duration
}

// bareRedemptions lets bare workflows take amounts off cards.
func (s *system) bareRedemptions(ctx context.Context, seconds int) (Redemptions, error) {
	out, cards, _, err := s.steadily(ctx, seconds, s.bare, s.bareRedeem)
	if err != nil {
		return out, err
	}
	ids := make([]string, len(cards))
	for i, c := range cards {
		ids[i] = floor.CardID(c)
	}
	out.Events, out.Actions, err = s.costs(ctx, ids)
	return out, err
}

// redemptions lets a shop take amounts off cards.
func (s *system) redemptions(ctx context.Context, seconds int) (Redemptions, error) {
	out, cards, all, err := s.steadily(ctx, seconds, s.Worker, s.redeem)
	if err != nil {
		return out, err
	}
	ids, claims := make([]string, len(cards)), make([]string, len(all))
	for i, c := range cards {
		ids[i], claims[i] = s.CardWorkflow(c), workflows.ClaimRedemptionID(s.Config.Checkout.Clients[0].Name, all[i].id)
	}
	if out.Events, out.Actions, err = s.costs(ctx, ids); err != nil {
		return out, err
	}
	out.ClaimEvents, out.ClaimActions, err = s.costs(ctx, claims)
	return out, err
}

// steadily redeems at the rate, whether or not earlier redemptions have been answered. It returns the cards whose redemptions
// count, and those.
func (s *system) steadily(
	ctx context.Context, seconds int, worker *rig.Process, redeem func(ctx context.Context, key, card string) (spent, error),
) (Redemptions, []string, []spent, error) {
	cards := make([]string, rate*(settling+seconds))
	for i := range cards {
		cards[i] = s.Card()
	}
	all, errs := make([]spent, len(cards)), make([]error, len(cards))
	var running sync.WaitGroup
	used := func() (all [3]float64, err error) {
		for i, p := range []*rig.Process{worker, s.Process, s.Receiver} {
			cpu, err := p.CPU()
			if err != nil {
				return all, err
			}
			all[i] = milliseconds(cpu) / float64(len(cards))
		}
		return all, nil
	}
	before, err := used()
	if err != nil {
		return Redemptions{}, nil, nil, err
	}
	began := time.Now()
	for i, card := range cards {
		if err := wait(ctx, time.Until(began.Add(time.Duration(i)*time.Second/rate))); err != nil {
			break
		}
		key := s.key()
		running.Go(func() { all[i], errs[i] = redeem(ctx, key, card) })
	}
	running.Wait()
	for _, err := range append(errs, context.Cause(ctx), s.gone()) {
		if err != nil {
			return Redemptions{}, nil, nil, err
		}
	}
	after, err := used()
	if err != nil {
		return Redemptions{}, nil, nil, err
	}
	cards, all = cards[rate*settling:], all[rate*settling:]
	out := Redemptions{
		Count: len(all), WorkerCPU: after[0] - before[0], ServerCPU: after[1] - before[1], ReceiverCPU: after[2] - before[2],
	}
	took := make([]float64, len(all))
	for i, one := range all {
		if one.busy {
			return out, nil, nil, fmt.Errorf("a card is busy that nobody else spends")
		}
		took[i] = milliseconds(one.settled)
		out.Asked += one.asked - 1
	}
	out.P50, out.P99 = figures.Percentile(took, 50), figures.Percentile(took, 99)
	return out, cards, all, nil
}

// key returns a new idempotency key.
func (s *system) key() string {
	s.purchases++
	return "purchase-" + strconv.Itoa(s.purchases)
}

// bareRedeem has the bare workflow of a card take an amount off it.
func (s *system) bareRedeem(ctx context.Context, key, card string) (spent, error) {
	began := time.Now()
	start := s.starter.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
		ID: floor.CardID(card), TaskQueue: floor.TaskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}, floor.CardType, card)
	handle, err := s.starter.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions: client.UpdateWorkflowOptions{
			UpdateID: key, UpdateName: floor.SpendUpdate, WaitForStage: client.WorkflowUpdateStageCompleted,
			Args: []any{floor.Spend{ID: key, Amount: amount}},
		},
	})
	if err == nil {
		err = handle.Get(ctx, nil)
	}
	if err != nil {
		return spent{}, fmt.Errorf("spend a card in a bare workflow: %w", err)
	}
	return spent{asked: 1, settled: time.Since(began)}, nil
}

// redeem takes an amount off a card, as a shop does that asks until it knows, or until it is told that the card is busy.
func (s *system) redeem(ctx context.Context, key, card string) (spent, error) {
	var out spent
	began := time.Now()
	ask := func() (*shopper.Redemption, error) {
		return s.Buyer.Redeem(ctx, key, shopper.Purchase{
			Code: card, Amount: amount, Currency: rig.CardCurrency, Order: "#" + key, EndUser: key,
		})
	}
	for {
		r, err := ask()
		out.asked++
		problem := shopper.ProblemOf(err)
		pause := again
		switch {
		case err == nil && r.State == shopper.Succeeded:
			out.id, out.settled = r.ID, time.Since(began)
			return out, nil
		case err == nil && r.State == shopper.Pending:
			ask = func() (*shopper.Redemption, error) { return s.Buyer.Redemption(ctx, r.ID) }
		case problem == nil:
			return out, fmt.Errorf("spend a card: it is %+v: %w", r, err)
		case problem.Type == string(redemption.CardBusy):
			out.busy, out.settled = true, time.Since(began)
			return out, nil
		case !redemption.Type(problem.Type).Passing():
			return out, fmt.Errorf("spend a card: %w", err)
		default:
			pause = max(again, problem.RetryAfter)
		}
		if time.Since(began) > forgoes {
			return out, fmt.Errorf("spend a card: neither taken nor busy after %v: %w", forgoes, err)
		}
		if err := wait(ctx, pause); err != nil {
			return out, err
		}
	}
}

// forgoes is when nobody waits any longer.
const forgoes = 3 * time.Minute

// costs returns the medians of the events and actions of workflows, without events of tasks that nobody took in time.
func (s *system) costs(ctx context.Context, ids []string) (events, actions float64, err error) {
	all, billed := make([]float64, len(ids)), make([]float64, len(ids))
	for i, id := range ids {
		var one billing.Cost
		if err := one.AddRun(ctx, s.Client, id, ""); err != nil {
			return 0, 0, err
		}
		all[i], billed[i] = float64(one.Events-one.Late), float64(one.Actions)
	}
	return figures.Percentile(all, 50), figures.Percentile(billed, 50), nil
}

// wait waits.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
