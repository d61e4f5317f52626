package checkout

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities/spending"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/workflows"
)

// spend asks the workflow of a card to take an amount off it, and starts the workflow if there is none.
func (d *Desk) spend(
	ctx context.Context, r Request, id string, by claim, until time.Time,
) (*workflows.Redemption, error) {
	start := d.Client.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
		ID: by.CardWorkflowID, TaskQueue: workflows.TaskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            "A card that is spent at checkouts",
	}, workflows.SpendCardType, workflows.SpendCardInput{
		Card: spending.Card{Issuer: by.Issuer, Code: r.Code}, Hurry: d.Hurry,
	})
	return d.update(ctx, until, target{card: by.CardWorkflowID, redemption: id}, func(ctx context.Context) (client.WorkflowUpdateHandle, error) {
		return d.Client.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
			StartWorkflowOperation: start,
			UpdateOptions: client.UpdateWorkflowOptions{
				UpdateID: updateID(id, until), UpdateName: workflows.SpendUpdate, WaitForStage: client.WorkflowUpdateStageCompleted,
				Args: []any{workflows.SpendUpdateInput{SpendRequest: workflows.SpendRequest{
					ID: id, Client: r.Client, Order: r.Order, Amount: r.Amount.Amount(), Currency: r.Amount.Currency, Partial: r.Partial,
				}, Until: until, ClaimedAt: by.at}},
			},
		})
	})
}

// giveBack asks the workflow of a card to give back what a redemption has taken.
func (d *Desk) giveBack(
	ctx context.Context, card, redemptionID, id string, until time.Time,
) (*workflows.Redemption, error) {
	to := target{card: card, redemption: redemptionID, reversal: id}
	return d.update(ctx, until, to, func(ctx context.Context) (client.WorkflowUpdateHandle, error) {
		return d.Client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
			WorkflowID: card, UpdateID: updateID(id, until), UpdateName: workflows.ReverseUpdate,
			WaitForStage: client.WorkflowUpdateStageCompleted,
			Args:         []any{workflows.ReverseUpdateInput{ID: redemptionID, ReversalID: id, Until: until}},
		})
	})
}

// updateID returns the ID of an attempt to reach a card. A later attempt must not join one that the card will refuse because
// nobody waits for it any more.
func updateID(id string, until time.Time) string {
	return id + "-" + strconv.FormatInt(until.UnixNano(), 36)
}

// target names what an update asks for: a redemption, or its reversal.
type target struct{ card, redemption, reversal string }

// in reports whether the workflow of a card knows it.
func (c target) in(r *workflows.Redemption) bool {
	return r != nil && (c.reversal == "" || r.Reversal != nil && r.Reversal.ID == c.reversal)
}

// update asks the workflow of a card for something, and returns what is known of it. The workflow answers once that is settled,
// or at once if others wait for the same card. If it does not answer in time, it may know of it all the same.
func (d *Desk) update(
	ctx context.Context, until time.Time, what target, ask func(context.Context) (client.WorkflowUpdateHandle, error),
) (*workflows.Redemption, error) {
	// A deadline would be sent along, and the server ends a call shortly before it, so that the SDK repeats the call until then.
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	defer time.AfterFunc(until.Sub(d.Now()), cancel).Stop()
	var out *workflows.Redemption
	handle, err := ask(within)
	if err == nil {
		err = handle.Get(within, &out)
	}
	app, _ := errors.AsType[*temporal.ApplicationError](err)
	switch {
	case err == nil && out != nil:
		return out, nil
	case executions.IsNotFound(err) || app != nil && app.Type() == workflows.NoRedemptionError:
		return nil, &redemption.Problem{Type: redemption.NotFound}
	case app != nil && app.Type() == workflows.ForgottenError:
		return nil, forgotten()
	case within.Err() != nil:
		if known, err := d.look(ctx, what.card, what.redemption); err == nil && what.in(known) {
			return known, nil
		}
	}
	return nil, unavailable(fmt.Errorf("ask the workflow of a card: %w", err))
}

// forgotten returns the problem of a key that is so old that what became of it is no longer kept.
func forgotten() error {
	return &redemption.Problem{
		Type:   redemption.KeyReused,
		Detail: "the key was used before, and what became of it is no longer kept: look at the card's balance, and use a new key",
	}
}

// settled waits until a redemption is not open any more, for at most 8 seconds, and returns what is known by then.
func (d *Desk) settled(
	ctx context.Context, card string, known *workflows.Redemption, open func(*workflows.Redemption) bool,
) *workflows.Redemption {
	over := d.Now().Add(waitFor)
	for pause := firstLook; open(known) && d.Now().Before(over); pause = min(pause*3/2, lastLook) {
		timer := time.NewTimer(min(pause, over.Sub(d.Now())))
		select {
		case <-ctx.Done():
			timer.Stop()
			return known
		case <-timer.C:
		}
		if now, err := d.lookWithin(ctx, card, known.ID); err == nil && now != nil {
			known = now // Otherwise it is known by its ID, now and later.
		}
	}
	return known
}

// lookTime bounds one look while a shop waits.
const lookTime = time.Second

func (d *Desk) lookWithin(ctx context.Context, card, id string) (*workflows.Redemption, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	return d.look(ctx, card, id)
}

// look asks the workflow of a card for a redemption; nil if it has none.
func (d *Desk) look(ctx context.Context, card, id string) (*workflows.Redemption, error) {
	found, err := d.Client.QueryWorkflow(ctx, card, "", workflows.RedemptionQuery, id)
	if executions.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, unavailable(fmt.Errorf("look at a redemption: %w", err))
	}
	var out *workflows.Redemption
	if err := found.Get(&out); err != nil {
		return nil, unavailable(fmt.Errorf("read a redemption: %w", err))
	}
	return out, nil
}
