package activities

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
)

// Attempts records and looks up earlier attempts to issue a card. operator.Operator implements it.
type Attempts interface {
	Runs

	// Note stores a note with a running activity, for its next attempt. It returns once Temporal has stored the note.
	Note(ctx context.Context, taskToken []byte, note AttemptNote) error
}

// AttemptNote is what an attempt of an activity passes on to the next attempt, in the heartbeat details.
type AttemptNote struct {
	// FirstFailure is when the first attempt failed.
	FirstFailure time.Time `json:"first_failure"`
	// Asked reports whether the attempt was about to request the card and has not seen the outcome.
	Asked bool `json:"asked,omitempty"`
	// ClearUntil is the number of the latest attempt for which it is certain that no attempt up to it has issued the
	// card; 0 if nothing is known.
	ClearUntil int32 `json:"clear_until,omitempty"`
}

// EarlierInput identifies a card and the run whose earlier runs are searched.
type EarlierInput struct {
	WorkflowID, RunID string
	// Unit counts the cards of the order from 1.
	Unit        int
	AuditNumber string
	// Again reports whether other runs certainly exist; see [IssueCardInput].
	Again bool
}

// Earlier is what earlier runs know about a card.
type Earlier struct {
	// Issued is the card, if an earlier run has issued it.
	Issued *IssueCardResult
	// InDoubt reports whether an earlier run may have issued the card and no person has found out that it did not.
	InDoubt bool
	// Found reports whether a person has found the card at the issuer.
	Found bool
}

// notIssued is an error after which it is certain that no attempt of this run has issued the card.
type notIssued struct{ error }

func (e notIssued) Unwrap() error { return e.error }

// atMostOnce requests a card unless an earlier attempt may have issued it.
//
// Before the request it stores a note with Temporal, and removes the note once the outcome is clear. An attempt that
// finds the note of the previous attempt knows that a time-out or the end of the worker cut that attempt off in
// between, and does not send a request. If the outcome stays unclear, the order fails with OutcomeUnknown.
func (g *GiftCards) atMostOnce(ctx context.Context, in IssueCardInput) (IssueCardResult, error) {
	info, begun := activity.GetInfo(ctx), time.Now()
	note := AttemptNote{FirstFailure: began(ctx)}
	if activity.HasHeartbeatDetails(ctx) {
		if err := activity.GetHeartbeatDetails(ctx, &note); err != nil {
			return IssueCardResult{}, fmt.Errorf("read the previous attempt's note: %w", err)
		}
	}
	if note.Asked {
		return IssueCardResult{}, g.inDoubt(in,
			"an attempt was cut off before "+g.Issuer.Words().Issuer+" answered"+g.sinceThen(ctx, in), nil)
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
		return IssueCardResult{}, g.inDoubt(in,
			"an attempt before the order was rerun may have issued it"+g.sinceThen(ctx, in), nil)
	}
	out, err := g.ask(ctx, in, earlier, func() error {
		if err := g.checkOrder(ctx, in, time.Since(begun)); err != nil {
			return err
		}
		note.Asked = true
		if err := g.Attempts.Note(ctx, info.TaskToken, note); err != nil {
			return fmt.Errorf("record that the card is requested: %w", err)
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
		return IssueCardResult{}, g.inDoubt(in, err.Error(), err)
	}
	if note.Asked {
		note.Asked = false
		// If this fails, the next attempt treats the outcome as unknown: a person is asked needlessly, but no card is
		// lost.
		_ = g.Attempts.Note(ctx, info.TaskToken, note)
	}
	return IssueCardResult{}, notIssued{err}
}

// sinceThen describes how the order of a card in doubt has changed since, so that a person learns both facts. It
// returns the empty string if the order has not changed, or if that cannot be found out now.
func (g *GiftCards) sinceThen(ctx context.Context, in IssueCardInput) string {
	err := g.checkOrder(ctx, in, 0)
	if kind, _ := classify(err); err == nil || kind != giftcard.OrderChanged {
		return ""
	}
	return "; since then, " + err.Error()
}

// foundCard returns the result for a card that a person has found at the issuer.
func foundCard(in IssueCardInput) (IssueCardResult, error) {
	request, err := cardRequest(in)
	if err != nil {
		return IssueCardResult{}, err
	}
	out := resultOf(request)
	out.Existed = true
	return out, nil
}

// mayHaveIssued reports whether the card may exist after err. Errors that are not the issuer's occur before it is asked.
func mayHaveIssued(err error) bool {
	return issuer.EffectOf(err) != issuer.None
}

// inDoubt returns the error for a card that may or may not exist.
func (g *GiftCards) inDoubt(in IssueCardInput, why string, err error) error {
	w := g.Issuer.Words()
	return &giftcard.Error{
		Kind: giftcard.OutcomeUnknown, Err: err,
		Message: "it is unknown whether the card exists (" + why + "); look up " + w.Key + " " + in.AuditNumber +
			" at " + w.Issuer + ", then record what you found with " + buildinfo.Program + " orders resolve",
	}
}
