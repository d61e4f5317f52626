package receive

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/sandbox/internal/figures"
	"github.com/giftbridge/giftbridge/sandbox/internal/floor"
	"github.com/giftbridge/giftbridge/sandbox/internal/rig"
)

const (
	// warmUp is the number of orders before others that do not count.
	warmUp = 10
	// cardTimeout is many times what a card takes.
	cardTimeout = 30 * time.Second
)

// pauses returns a function that waits for a moment that nothing else is in step with. It waits for the same times for
// everything that is compared.
func pauses(ctx context.Context) func() {
	random := rand.New(rand.NewPCG(1, 2))
	return func() {
		const least, more = 50 * time.Millisecond, 100 * time.Millisecond
		sleep(ctx, nil, least+time.Duration(random.Int64N(int64(more))))
	}
}

// floorCards starts bare workflows one by one.
func (s *system) floorCards(ctx context.Context, n int) (Cards, error) {
	pause := pauses(ctx)
	first := s.started
	began := map[int]time.Time{}
	for range warmUp + n {
		number := s.started
		s.started++
		pause()
		began[number] = time.Now()
		run, err := s.starter.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
			ID: fmt.Sprintf("single/%d", number), TaskQueue: floor.TaskQueue,
		}, floor.SingleType, floor.Order{Number: number})
		if err != nil {
			return Cards{}, fmt.Errorf("start a bare workflow: %w", err)
		}
		if err := run.Get(ctx, nil); err != nil {
			return Cards{}, fmt.Errorf("wait for a bare workflow: %w", errors.Join(err, s.bare.Gone()))
		}
	}
	var entries []floor.Entry
	if err := rig.ReadJSON(ctx, "http://"+s.bareAddr+floor.LedgerPath, &entries); err != nil {
		return Cards{}, fmt.Errorf("read ledger of the floor: %w", err)
	}
	var took []float64
	for _, e := range entries {
		if e.Number >= first+warmUp {
			took = append(took, milliseconds(e.At.Sub(began[e.Number])))
		}
	}
	if len(took) != n {
		return Cards{}, fmt.Errorf("%d of %d bare workflows are in the ledger", len(took), n)
	}
	return Cards{P50: figures.Percentile(took, 50), P95: figures.Percentile(took, 95)}, nil
}

// orderCards lets orders arrive by webhook one by one. The time that the shop takes to be read is taken out: it is the
// simulator's, not giftbridge's.
func (s *system) orderCards(ctx context.Context, n int) (Cards, error) {
	pause := pauses(ctx)
	var took, shop []float64
	for i := range warmUp + n {
		order := s.Place(1, time.Now())[0]
		m := s.order(&order)
		pause()
		select {
		case <-s.cards:
		default:
		}
		busy, began := s.shopBusy.Load(), time.Now()
		status, err := s.send(ctx, s.Config.Receiver.URL, m)
		if err != nil || status != http.StatusOK {
			return Cards{}, fmt.Errorf("deliver an order: status %d: %w", status, err)
		}
		at, err := s.card(ctx)
		if err != nil {
			return Cards{}, err
		}
		read := time.Duration(s.shopBusy.Load() - busy)
		if i >= warmUp {
			took = append(took, milliseconds(at.Sub(began)-read))
			shop = append(shop, milliseconds(read))
		}
	}
	return Cards{
		P50: figures.Percentile(took, 50), P95: figures.Percentile(took, 95), Shop: figures.NewSpread(shop).Median,
	}, s.Settle(ctx)
}

// card waits for the next card.
func (s *system) card(ctx context.Context) (time.Time, error) {
	timer := time.NewTimer(cardTimeout)
	defer timer.Stop()
	select {
	case at := <-s.cards:
		return at, nil
	case <-timer.C:
		return time.Time{}, errors.Join(fmt.Errorf("no card within %v of its order", cardTimeout), s.Gone())
	case <-ctx.Done():
		return time.Time{}, context.Cause(ctx)
	}
}
