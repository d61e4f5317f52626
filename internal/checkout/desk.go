package checkout

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/activities/spending"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/workflows"
)

// Desk redeems cards.
type Desk struct {
	Client client.Client
	// Converter reads what is stored with workflows.
	Converter converter.DataConverter
	// Issuers are the issuers whose cards can be spent, by name.
	Issuers map[string]issuer.Abilities
	// IDKey makes the IDs of codes and of idempotency keys. It never changes.
	IDKey []byte
	Now   func() time.Time
	// Hurry divides the pauses of the cards' workflows; zero is one.
	Hurry int
}

// Request asks for an amount.
type Request struct {
	// Client is the shop's name among those that may spend cards, and Key its idempotency key.
	Client, Key string
	// Body is a hash of the request, so that the same key with another request is recognised.
	Body string
	Code issuer.Code
	// Amount is above zero.
	Amount giftcard.Money
	// Order is the shop's name for what is paid.
	Order string
	// Partial allows to take less, if there is less on the card.
	Partial bool
}

const (
	// updateWithin is how long a shop waits for a card's workflow to take its request.
	updateWithin = 3 * time.Second
	// waitFor is how long a shop waits for what becomes of it.
	waitFor = 8 * time.Second
	// firstLook and lastLook are the pauses between looks at a redemption.
	firstLook = 50 * time.Millisecond
	lastLook  = 500 * time.Millisecond
)

// Redeem takes an amount off a card. It returns what is known of it once it is settled, or after 8 seconds. The same key again
// returns what is known by then. Its errors are of type [*redemption.Problem], or mean that Temporal cannot be asked; the amount may be
// taken after those, and the same key again tells.
func (d *Desk) Redeem(ctx context.Context, r Request) (*workflows.Redemption, error) {
	id := d.RedemptionID(r.Client, r.Key)
	claimed, err := d.claimed(ctx, r.Client, id)
	if err != nil {
		return nil, err
	}
	if claimed == nil {
		// A guess starts no workflow.
		name, err := d.usable(ctx, r.Code)
		if err != nil {
			return nil, err
		}
		claim := workflows.RedemptionClaim{
			Body: r.Body, CardWorkflowID: workflows.SpendCardID(name, deferred.CodeID(d.IDKey, name, r.Code)), Issuer: name,
		}
		if claimed, err = d.claim(ctx, r.Client, id, claim); err != nil {
			return nil, err
		}
	}
	if claimed.Body != r.Body {
		return nil, &redemption.Problem{Type: redemption.KeyReused}
	}
	started, err := d.update(ctx, r, id, *claimed)
	if err != nil || started.State != redemption.Accepted {
		return started, err
	}
	return d.settled(ctx, claimed.CardWorkflowID, started)
}

// usable returns the issuer of a card that can be spent.
func (d *Desk) usable(ctx context.Context, code issuer.Code) (string, error) {
	for _, name := range slices.Sorted(maps.Keys(d.Issuers)) {
		found, err := d.Issuers[name].Spender.Look(ctx, code)
		if err != nil {
			return "", &redemption.Problem{Type: redemption.IssuerUnavailable}
		}
		if found.Known && found.Active {
			return name, nil
		}
	}
	return "", &redemption.Problem{Type: redemption.CardNotUsable}
}

// update asks the workflow of a card to take an amount off it.
func (d *Desk) update(ctx context.Context, r Request, id string, claim workflows.RedemptionClaim) (*workflows.Redemption, error) {
	until := d.Now().Add(updateWithin)
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	start := d.Client.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
		ID: claim.CardWorkflowID, TaskQueue: workflows.TaskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            "A card that is spent at checkouts",
	}, workflows.SpendCardType, workflows.SpendCardInput{
		Card: spending.Card{Issuer: claim.Issuer, Code: r.Code}, Hurry: d.Hurry,
	})
	handle, err := d.Client.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions: client.UpdateWorkflowOptions{
			UpdateID: id, UpdateName: workflows.SpendUpdate, WaitForStage: client.WorkflowUpdateStageCompleted,
			Args: []any{workflows.SpendUpdateInput{SpendRequest: workflows.SpendRequest{
				ID: id, Client: r.Client, Order: r.Order, Amount: r.Amount.Amount(), Currency: r.Amount.Currency, Partial: r.Partial,
			}, Until: until}},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("ask the workflow of a card: %w", err)
	}
	var out *workflows.Redemption
	if err := handle.Get(ctx, &out); err != nil {
		if app, ok := errors.AsType[*temporal.ApplicationError](err); ok && app.Type() == workflows.TooLateError {
			return nil, &redemption.Problem{Type: redemption.CardBusy}
		}
		return nil, fmt.Errorf("ask the workflow of a card: %w", err)
	}
	return out, nil
}

// settled waits until a redemption is settled, for at most 8 seconds, and returns what is known by then.
func (d *Desk) settled(ctx context.Context, card string, known *workflows.Redemption) (*workflows.Redemption, error) {
	over := d.Now().Add(waitFor)
	for pause := firstLook; d.Now().Before(over); pause = min(2*pause, lastLook) {
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return known, nil
		case <-timer.C:
		}
		now, err := d.look(ctx, card, known.ID)
		if err != nil || now == nil {
			continue // It is known by its ID, now and later.
		}
		if known = now; known.State != redemption.Accepted {
			break
		}
	}
	return known, nil
}

// Redemption returns what is known of a redemption of a client's; nil if there is none, or if it is not kept any more.
func (d *Desk) Redemption(ctx context.Context, clientName, id string) (*workflows.Redemption, error) {
	claim, err := d.claimed(ctx, clientName, id)
	if err != nil || claim == nil {
		return nil, err
	}
	return d.look(ctx, claim.CardWorkflowID, id)
}

// look asks the workflow of a card for a redemption; nil if it has none, or has ended.
func (d *Desk) look(ctx context.Context, card, id string) (*workflows.Redemption, error) {
	ctx, cancel := context.WithTimeout(ctx, updateWithin)
	defer cancel()
	found, err := d.Client.QueryWorkflow(ctx, card, "", workflows.RedemptionQuery, id)
	if executions.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look at a redemption: %w", err)
	}
	var out *workflows.Redemption
	if err := found.Get(&out); err != nil {
		return nil, fmt.Errorf("read a redemption: %w", err)
	}
	return out, nil
}

// RedemptionID returns the ID of what a client asks for with an idempotency key. It does not reveal the key.
func (d *Desk) RedemptionID(clientName, key string) string {
	mac := hmac.New(sha256.New, d.IDKey)
	_, _ = mac.Write([]byte("giftbridge redemption " + clientName + "\n" + key))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// claim claims a key for a request. It returns the claim that exists, which is another one if another process was faster.
func (d *Desk) claim(
	ctx context.Context, clientName, id string, c workflows.RedemptionClaim,
) (*workflows.RedemptionClaim, error) {
	ctx, cancel := context.WithTimeout(ctx, updateWithin)
	defer cancel()
	_, err := d.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: workflows.ClaimRedemptionID(clientName, id), TaskQueue: workflows.TaskQueue,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		Memo:                                     map[string]any{workflows.RedemptionMemoKey: c},
	}, workflows.ClaimRedemptionType, c)
	switch {
	case err == nil:
		return &c, nil
	case executions.IsAlreadyStarted(err):
		other, err := d.claimed(ctx, clientName, id)
		if err == nil && other == nil {
			err = fmt.Errorf("read the claim of redemption %s: it is gone", id)
		}
		return other, err
	}
	return nil, fmt.Errorf("claim redemption %s: %w", id, err)
}

// claimed returns the claim of a redemption; nil if there is none.
func (d *Desk) claimed(ctx context.Context, clientName, id string) (*workflows.RedemptionClaim, error) {
	ctx, cancel := context.WithTimeout(ctx, updateWithin)
	defer cancel()
	found, err := d.Client.DescribeWorkflowExecution(ctx, workflows.ClaimRedemptionID(clientName, id), "")
	if executions.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for redemption %s: %w", id, err)
	}
	var c workflows.RedemptionClaim
	payload := found.GetWorkflowExecutionInfo().GetMemo().GetFields()[workflows.RedemptionMemoKey]
	if err := d.Converter.FromPayload(payload, &c); err != nil {
		return nil, fmt.Errorf("read the claim of redemption %s: %w", id, err)
	}
	return &c, nil
}
