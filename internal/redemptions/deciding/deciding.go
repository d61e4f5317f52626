// Package deciding carries out what a person decides about redemptions: it has what was taken given back, and records what was
// found out at the issuer.
package deciding

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/internal/redemptions"
	"github.com/giftbridge/giftbridge/workflows"
)

const (
	// takeWithin is how long the workflow of a card has to take a request. After that it refuses it.
	takeWithin = 10 * time.Second
	// answerWithin is how much longer its answer may take.
	answerWithin = 3 * time.Second
	// look is the pause between looks at what has become of a request.
	look = time.Second
)

// Reversible returns an error that says why a redemption cannot be given back; nil if it can.
func Reversible(f *redemptions.Found) error {
	switch f.State {
	case redemption.Accepted:
		return fmt.Errorf("redemption %s is under way: wait for what becomes of it", f.Name())
	case redemption.Unknown:
		return fmt.Errorf("it is unknown whether redemption %s was taken off the card: resolve it first", f.Name())
	case redemption.Declined:
		return fmt.Errorf("redemption %s was declined: nothing was taken off the card", f.Name())
	case redemption.Reversed:
		return fmt.Errorf("redemption %s was given back before", f.Name())
	case redemption.Succeeded:
	}
	if back := f.Reversal; back != nil {
		switch back.State {
		case redemption.Accepted:
			return fmt.Errorf("redemption %s is being given back", f.Name())
		case redemption.Unknown:
			return fmt.Errorf("it is unknown whether redemption %s was given back: resolve that first", f.Name())
		case redemption.Declined, redemption.Succeeded, redemption.Reversed:
		}
	}
	return nil
}

// Reverse has what was taken off a card given back. It returns once the workflow of the card has taken the request, with the
// redemption as it is then; see [Settled]. After an error that is an [*InTimeError], nothing will come of it.
func Reverse(ctx context.Context, o *redemptions.Redemptions, f *redemptions.Found, now time.Time) (*redemptions.Found, error) {
	if err := Reversible(f); err != nil {
		return nil, err
	}
	if err := o.CanRead(ctx); err != nil {
		return nil, err
	}
	reversal := newID()
	until := now.Add(takeWithin)
	within, cancel := context.WithTimeout(ctx, takeWithin+answerWithin)
	defer cancel()
	handle, err := o.Client.UpdateWorkflow(within, client.UpdateWorkflowOptions{
		WorkflowID: f.Card, UpdateID: reversal, UpdateName: workflows.ReverseUpdate,
		WaitForStage: client.WorkflowUpdateStageAccepted,
		Args:         []any{workflows.ReverseUpdateInput{ID: f.ID, ReversalID: reversal, Until: until}},
	})
	if err != nil {
		return nil, refused(ctx, f, err)
	}
	var known *workflows.Redemption
	err = handle.Get(within, &known)
	if _, rejected := errors.AsType[*temporal.ApplicationError](err); rejected || ctx.Err() != nil {
		return nil, refused(ctx, f, err)
	}
	if err == nil {
		return &redemptions.Found{Redemption: known, Card: f.Card, Link: f.Link, Bought: f.Bought}, nil
	}
	// The workflow has taken it, and waits for what becomes of it.
	taken, err := o.Find(ctx, f.Client, f.ID)
	if err != nil {
		return nil, fmt.Errorf("redemption %s is being given back, and it cannot be seen what has become of that: %w", f.Name(), err)
	}
	return taken, nil
}

// refused says why the workflow of a card has not taken a request.
func refused(ctx context.Context, f *redemptions.Found, err error) error {
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	_, unanswered := errors.AsType[*client.WorkflowUpdateServiceTimeoutOrCanceledError](err)
	_, late := errors.AsType[*serviceerror.DeadlineExceeded](err)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case ok && app.Type() == workflows.NoRedemptionError, executions.IsNotFound(err):
		return &executions.NotFoundError{What: "redemption " + f.Name() + " is not kept any more"}
	case ok && app.Type() == workflows.TooLateError, unanswered, late, errors.Is(err, context.DeadlineExceeded):
		return &InTimeError{Name: f.Name()}
	}
	return fmt.Errorf("ask for redemption %s to be given back: %w", f.Name(), err)
}

// InTimeError reports that no worker has taken a request in time.
type InTimeError struct{ Name string }

// Error implements error.
func (e *InTimeError) Error() string {
	return "redemption " + e.Name + ": no worker has taken the request in time; it is not carried out any more, look whether workers run"
}

// newID returns an ID for one attempt to give something back.
func newID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // It never fails.
	return hex.EncodeToString(id[:])
}

// Settled waits until a condition is true of a redemption, for at most a time, and returns the redemption as it is then.
func Settled(
	ctx context.Context, o *redemptions.Redemptions, f *redemptions.Found, most time.Duration, is func(*redemptions.Found) bool,
) (*redemptions.Found, error) {
	over := time.NewTimer(most)
	defer over.Stop()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for !is(f) {
		select {
		case <-ctx.Done():
			return f, ctx.Err()
		case <-over.C:
			return f, nil
		case <-tick.C:
		}
		now, err := o.Find(ctx, f.Client, f.ID)
		if _, unanswered := errors.AsType[*redemptions.UnansweredError](err); unanswered {
			continue
		}
		if err != nil {
			return f, err
		}
		f = now
	}
	return f, nil
}

// Resolve records what a person has found out about a redemption of which it is unknown whether the amount was moved: taken
// off the card, or given back. The workflow of the card keeps who has said so, and why.
func Resolve(
	ctx context.Context, o *redemptions.Redemptions, f *redemptions.Found, moved bool, by, reason string,
) error {
	doubt, _ := f.Doubt()
	if doubt == redemptions.None {
		return fmt.Errorf("nothing is unknown about redemption %s: there is nothing to resolve", f.Name())
	}
	if err := o.CanRead(ctx); err != nil {
		return err
	}
	err := o.Client.SignalWorkflow(ctx, f.Card, "", workflows.ResolveSignal, workflows.RedemptionResolution{
		ID: f.ID, Reversing: doubt == redemptions.GivingBack, Moved: moved, By: by, Reason: reason,
	})
	if executions.IsNotFound(err) {
		return &executions.NotFoundError{What: "redemption " + f.Name() + " is not kept any more"}
	}
	if err != nil {
		return fmt.Errorf("record what was found out about redemption %s: %w", f.Name(), err)
	}
	return nil
}
