package activities

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/giftbridge/giftbridge/internal/cashstar"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// Attempts is what is known in Temporal of attempts to issue a card. The operator answers it.
type Attempts interface {
	Runs

	// Note keeps a note with a running activity, for its next attempt. It returns once Temporal has it.
	Note(ctx context.Context, taskToken []byte, note AttemptNote) error
}

// AttemptNote is what an attempt of an activity leaves to the next one, in the heartbeat details.
type AttemptNote struct {
	// FirstFailure is when the first attempt failed.
	FirstFailure time.Time `json:"first_failure"`
	// Asked tells that the attempt was about to ask for the card, and has not seen what came of it.
	Asked bool `json:"asked,omitempty"`
	// ClearUntil is the last attempt up to which it is certain that none has made the card, 0 where nothing is known.
	ClearUntil int32 `json:"clear_until,omitempty"`
}

// EarlierInput says which card, and which runs.
type EarlierInput struct {
	WorkflowID, RunID string
	// Unit counts the cards of the order from 1.
	Unit        int
	AuditNumber string
	// Again reports whether there are certainly other runs; see [IssueCardInput].
	Again bool
}

// Earlier is what earlier runs know of a card.
type Earlier struct {
	// Issued is the card, if one of them has issued it.
	Issued *IssueCardResult
	// InDoubt tells that one of them may have, and no person has found out that it has not.
	InDoubt bool
	// Found tells that a person has found the card at the issuer.
	Found bool
}

// notIssued is an error after which it is certain that no attempt of this run has made the card.
type notIssued struct{ error }

func (e notIssued) Unwrap() error { return e.error }

// atMostOnce asks for a card unless an earlier attempt may have issued it.
//
// Before it asks, it leaves a note with Temporal, and takes it back once the outcome is clear. An attempt that finds the
// note of the one before it knows that this one was cut off in between, by a time-out or by the end of its worker, and
// does not ask. Where the outcome stays unclear the order fails with OutcomeUnknown.
func (g *GiftCards) atMostOnce(ctx context.Context, in IssueCardInput) (IssueCardResult, error) {
	info, begun := activity.GetInfo(ctx), time.Now()
	note := AttemptNote{FirstFailure: began(ctx)}
	if activity.HasHeartbeatDetails(ctx) {
		if err := activity.GetHeartbeatDetails(ctx, &note); err != nil {
			return IssueCardResult{}, fmt.Errorf("read the note of the last attempt: %w", err)
		}
	}
	if note.Asked {
		return IssueCardResult{}, inDoubt(in, "an attempt was cut off before CashStar's answer came"+g.sinceThen(ctx, in), nil)
	}
	earlier, err := g.Attempts.Earlier(ctx, earlierRuns(ctx, in))
	switch {
	case err != nil:
		return IssueCardResult{}, err
	case earlier.Issued != nil:
		return *earlier.Issued, nil
	case earlier.Found:
		return foundCard(in)
	case earlier.InDoubt:
		return IssueCardResult{}, inDoubt(in,
			"an attempt before the order was run again may have issued it"+g.sinceThen(ctx, in), nil)
	}
	out, err := g.ask(ctx, in, func() error {
		if err := g.checkOrder(ctx, in, time.Since(begun)); err != nil {
			return err
		}
		note.Asked = true
		if err := g.Attempts.Note(ctx, info.TaskToken, note); err != nil {
			return fmt.Errorf("leave a note with Temporal: %w", err)
		}
		return nil
	})
	if err == nil {
		return out, nil
	}
	if mayHaveIssued(err) {
		if kind, _ := classify(err); kind.Final() {
			return IssueCardResult{}, err
		}
		return IssueCardResult{}, inDoubt(in, err.Error(), err)
	}
	if note.Asked {
		note.Asked = false
		// Should this fail, the next attempt takes the outcome for unknown: a person is asked needlessly, no card is lost.
		_ = g.Attempts.Note(ctx, info.TaskToken, note)
	}
	return IssueCardResult{}, notIssued{err}
}

// sinceThen says what has changed of the order of a card that is in doubt, so that a person knows both; empty where nothing
// has, or where that cannot be found out now.
func (g *GiftCards) sinceThen(ctx context.Context, in IssueCardInput) string {
	err := g.checkOrder(ctx, in, 0)
	if kind, _ := classify(err); err == nil || kind != giftcard.OrderChanged {
		return ""
	}
	return "; since then, " + err.Error()
}

// foundCard is a card that a person has found at the issuer.
func foundCard(in IssueCardInput) (IssueCardResult, error) {
	request, err := createOrderRequest(in)
	if err != nil {
		return IssueCardResult{}, err
	}
	out := resultOf(request)
	out.Existed = true
	return out, nil
}

// mayHaveIssued tells whether the card may exist after an error. Errors that are not CashStar's come before it is asked.
func mayHaveIssued(err error) bool {
	return cashstar.IsAmbiguous(err)
}

// inDoubt is the failure of a card of which nobody can tell whether it exists.
func inDoubt(in IssueCardInput, why string, err error) error {
	return &giftcard.Error{
		Kind: giftcard.OutcomeUnknown, Err: err,
		Message: "the card may exist or not (" + why + "); look at CashStar for audit number " + in.AuditNumber +
			", then say what you found with starter orders resolve",
	}
}
