// Package promises starts and reads the workflows of cards that an issuer promises and makes later.
package promises

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/workflows"
)

// Promises are the promised cards of one installation.
type Promises struct {
	*recovery.Recovery
	hurry int
}

// New returns the promised cards of an installation.
func New(r *recovery.Recovery) *Promises { return NewHurried(r, 0) }

// NewHurried is [New] for an installation in which everything runs faster: the pauses of the cards' workflows are divided by
// hurry, zero being one.
func NewHurried(r *recovery.Recovery, hurry int) *Promises { return &Promises{r, hurry} }

const (
	// margin is how long before its records expire a card is last begun: Temporal forgets the ID of a closed workflow after
	// the retention, and then the same card could be made again.
	margin = 24 * time.Hour
	// maxNumber bounds how often a card is made anew. Each time, a person or a digest ran the order again.
	maxNumber = 100
)

// Begin implements [deferred.Temporal].
func (p *Promises) Begin(ctx context.Context, u deferred.Unit, orderRunID string) (*deferred.Card, error) {
	for number := 1; number <= maxNumber; number++ {
		begun, anew, err := p.beginOne(ctx, u, orderRunID, number)
		if err != nil || !anew {
			return begun, err
		}
	}
	return nil, giftcard.Errorf(giftcard.OutcomeUnknown, "it was made anew %d times", maxNumber)
}

// beginOne starts the workflow of a card with a number, or reads the one that exists. anew reports whether the card may be
// made anew, because that one certainly made none.
func (p *Promises) beginOne(
	ctx context.Context, u deferred.Unit, orderRunID string, number int,
) (_ *deferred.Card, anew bool, err error) {
	id := workflows.DeferredCardID(u.Issuer, u.Key, number)
	d, err := p.Client.DescribeWorkflowExecution(ctx, id, "")
	if executions.IsNotFound(err) {
		card, err := p.start(ctx, id, u, orderRunID)
		return card, false, err
	}
	if err != nil {
		return nil, false, fmt.Errorf("describe %s: %w", id, err)
	}
	return p.read(ctx, u, number, d.GetWorkflowExecutionInfo(), orderRunID)
}

// start starts the workflow of a card. If another process was faster, that one counts. It returns the card if its workflow is
// no longer on record, but the order is known to have mailed it, or tried to.
func (p *Promises) start(ctx context.Context, id string, u deferred.Unit, orderRunID string) (*deferred.Card, error) {
	if err := p.soonEnough(ctx, u); err != nil {
		card, unread := p.toBeMailed(ctx, u)
		if unread != nil || card != nil {
			return card, unread
		}
		return nil, err
	}
	listing := workflows.ListingOfCard(u)
	_, err := p.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       id,
		TaskQueue:                                workflows.TaskQueue,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		TypedSearchAttributes:                    listing.Attributes,
		Memo:                                     listing.Memo,
		StaticSummary:                            listing.Summary,
	}, workflows.DeferredCardType, workflows.DeferredCardInput{Unit: u, OrderRunID: orderRunID, Hurry: p.hurry})
	if err == nil || executions.IsAlreadyStarted(err) {
		return nil, nil
	}
	return nil, fmt.Errorf("start %s: %w", id, err)
}

// soonEnough returns an error if the order was started so long ago that the records of its cards may have expired.
func (p *Promises) soonEnough(ctx context.Context, u deferred.Unit) error {
	keep, err := p.Retention(ctx)
	if err != nil {
		return err
	}
	began, err := p.firstStart(ctx, u.OrderWorkflowID)
	if err != nil {
		return err
	}
	if began.IsZero() || time.Since(began) > keep-margin {
		return giftcard.Errorf(giftcard.OutcomeUnknown, "the order was first started longer ago than records are kept, and the "+
			"card may have been made then")
	}
	return nil
}

// firstStart returns when the first run of a workflow began; zero if that run's record has expired.
func (p *Promises) firstStart(ctx context.Context, id string) (time.Time, error) {
	newest, err := p.Client.DescribeWorkflowExecution(ctx, id, "")
	if err != nil {
		return time.Time{}, fmt.Errorf("describe %s: %w", id, err)
	}
	info := newest.GetWorkflowExecutionInfo()
	first := info.GetFirstRunId()
	if first == "" || first == info.GetExecution().GetRunId() {
		return info.GetStartTime().AsTime(), nil
	}
	d, err := p.Client.DescribeWorkflowExecution(ctx, id, first)
	if executions.IsNotFound(err) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("describe the first run of %s: %w", id, err)
	}
	return d.GetWorkflowExecutionInfo().GetStartTime().AsTime(), nil
}

// read returns where a card stands whose workflow exists. A failure is the end for the run of the order that had the card
// made; a later run may have it made anew if that is safe.
func (p *Promises) read(
	ctx context.Context, u deferred.Unit, number int, info *workflowpb.WorkflowExecutionInfo, orderRunID string,
) (_ *deferred.Card, anew bool, err error) {
	switch executions.StateOf(info.GetStatus()) {
	case executions.Running:
		return nil, false, nil
	case executions.Completed:
		var out workflows.DeferredCardResult
		if err := p.Result(ctx, info, &out); err != nil {
			return nil, false, err
		}
		return &out.Card, false, nil
	}
	run := info.GetExecution()
	app, said, err := p.failure(ctx, info)
	switch {
	case err != nil:
		return nil, false, err
	case app == nil:
		return p.doubtful(ctx, u, number, run.GetRunId(), giftcard.Errorf(giftcard.OutcomeUnknown, "%s was ended (%s) before it was "+
			"known what has become of the card", run.GetWorkflowId(), strings.ToLower(info.GetStatus().String())))
	case !said.Clean:
		return p.doubtful(ctx, u, number, run.GetRunId(), failureOf(app))
	case said.OrderRunID != orderRunID:
		return nil, true, nil
	}
	return nil, false, failureOf(app)
}

// failure returns the failure of a card's workflow, nil if somebody has ended it, and what the failure says of the card.
func (p *Promises) failure(
	ctx context.Context, info *workflowpb.WorkflowExecutionInfo,
) (app *temporal.ApplicationError, said workflows.DeferredCardFailure, err error) {
	run := info.GetExecution()
	failed := p.Client.GetWorkflow(ctx, run.GetWorkflowId(), run.GetRunId()).Get(ctx, nil)
	if _, ended := errors.AsType[*temporal.WorkflowExecutionError](failed); !ended {
		return nil, said, fmt.Errorf("read why %s failed: %w", run.GetWorkflowId(), failed)
	}
	app, ok := errors.AsType[*temporal.ApplicationError](failed)
	if !ok || !app.HasDetails() || app.Details(&said) != nil {
		said = workflows.DeferredCardFailure{}
	}
	return app, said, nil
}

// failureOf returns the failure of a card's workflow as an error of that kind. Who reports it names the order.
func failureOf(app *temporal.ApplicationError) error {
	kind, message := giftcard.Kind(app.Type()), app.Message()
	if !slices.Contains(giftcard.Kinds, kind) {
		kind = giftcard.OutcomeUnknown
	}
	if _, rest, named := strings.Cut(message, ": "); named && strings.HasPrefix(message, "order ") {
		message = rest
	}
	return giftcard.Errorf(kind, "%s", message)
}

// Claim implements [deferred.Temporal].
func (p *Promises) Claim(ctx context.Context, issuerName, codeID, key string) (bool, error) {
	id := workflows.ClaimCodeID(issuerName, codeID)
	claim := workflows.CodeClaim{Key: key}
	started, err := p.StartOnce(ctx, id, workflows.Listing{Memo: map[string]any{workflows.ClaimMemoKey: claim}},
		workflows.ClaimCodeType, claim)
	if err != nil || started {
		return started, err
	}
	d, err := p.Client.DescribeWorkflowExecution(ctx, id, "")
	if err != nil {
		return false, fmt.Errorf("describe %s: %w", id, err)
	}
	var made workflows.CodeClaim
	memo := d.GetWorkflowExecutionInfo().GetMemo().GetFields()[workflows.ClaimMemoKey]
	if err := p.Converter.FromPayload(memo, &made); err != nil {
		return false, fmt.Errorf("read to which card %s belongs: %w", id, err)
	}
	return made.Key == key, nil
}

// Tell implements [deferred.Temporal].
func (p *Promises) Tell(ctx context.Context, orderWorkflowID string, s deferred.Settled) error {
	err := p.Client.SignalWorkflow(ctx, orderWorkflowID, "", workflows.CardSettledSignal, s)
	if executions.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("tell the order: %w", err)
	}
	return nil
}
