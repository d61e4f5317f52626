package checkout

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/activities/spending"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/fourwayshopissuer"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/sandbox/internal/billing"
	"github.com/giftbridge/giftbridge/sandbox/internal/figures"
	"github.com/giftbridge/giftbridge/sandbox/internal/rig"
	"github.com/giftbridge/giftbridge/workflows"
)

const (
	// kept is the number of redemptions that a card keeps at most.
	kept = 1000
	// onFull is the number of redemptions of a full card: more than one run makes.
	onFull = 120
)

// Full is a card that keeps as many redemptions as it may, on a server. It is spent one after another.
type Full struct {
	Redemptions int     `json:"redemptions"`
	P50         float64 `json:"p50_ms"`
	// Runs is the number of runs of its workflow, MaxEvents and MaxBytes the size of the largest history, with what the run
	// before has handed over.
	Runs      int   `json:"runs"`
	MaxEvents int64 `json:"max_events"`
	MaxBytes  int64 `json:"max_bytes"`
	// Kept is the number of redemptions that it keeps in the end, and AllBytes their size as an answer to a query.
	Kept     int `json:"kept"`
	AllBytes int `json:"all_bytes"`
	// WorkerMemory is the most memory that the worker has held so far, in MiB.
	WorkerMemory float64 `json:"worker_memory_mib"`
}

// fullCard spends a card of which as much is kept as may be.
func (s *system) fullCard(ctx context.Context) (Full, error) {
	out := Full{Redemptions: onFull}
	card := s.Card()
	id := s.CardWorkflow(card)
	c, err := s.Keyed(ctx)
	if err != nil {
		return out, err
	}
	defer c.Close()
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: workflows.TaskQueue},
		workflows.SpendCardType, full(card))
	if err != nil {
		return out, fmt.Errorf("start the workflow of a full card: %w", err)
	}
	var took []float64
	for range onFull {
		one, err := s.redeem(ctx, s.key(), card)
		if err != nil {
			return out, err
		}
		if one.busy {
			return out, fmt.Errorf("a card is busy that nobody else spends")
		}
		took = append(took, milliseconds(one.settled))
	}
	out.P50 = figures.Percentile(took, 50)
	var cost billing.Cost
	if err := cost.AddRun(ctx, s.Client, id, run.GetRunID()); err != nil {
		return out, err
	}
	out.Runs, out.MaxEvents, out.MaxBytes = cost.Runs, cost.MaxEvents, cost.MaxBytes
	found, err := c.QueryWorkflow(ctx, id, "", workflows.RedemptionsQuery)
	if err != nil {
		return out, fmt.Errorf("read all redemptions of a card: %w", err)
	}
	var all []json.RawMessage
	if err := found.Get(&all); err != nil {
		return out, fmt.Errorf("read all redemptions of a card: %w", err)
	}
	out.Kept = len(all)
	for _, one := range all {
		out.AllBytes += len(one)
	}
	memory, err := s.Worker.PeakMemory()
	out.WorkerMemory = float64(memory) / (1 << 20)
	return out, err
}

// full returns a card that keeps as much as it may, all of it spent a while ago and given back.
func full(card string) workflows.SpendCardInput {
	in := workflows.SpendCardInput{
		Card: spending.Card{Issuer: fourwayshopissuer.Name, Code: issuer.Code(card)}, Movements: 2 * kept,
	}
	at := time.Now().UTC().Add(-time.Hour)
	for i := range kept {
		id := fmt.Sprintf("%032x", i)
		in.Redemptions = append(in.Redemptions, &workflows.Redemption{
			Redemption: redemption.Redemption{
				ID: id, State: redemption.Reversed, Amount: amount, Taken: amount, Currency: rig.CardCurrency, Order: "#" + id[:8],
				AcceptedAt: at, SettledAt: at,
			},
			Client: "bench", Movement: 2*i + 1,
			Reversal: &workflows.Reversal{
				ID: id, State: redemption.Succeeded, Movement: 2 * (i + 1), AskedAt: at, SettledAt: at,
			},
		})
	}
	return in
}
