// Package deciding carries out what a person decides about messages: it has one sent once more, has an order looked at again, and
// records that nothing is left to do about a message that was not sent.
package deciding

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/activities/messaging"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/told"
	"github.com/giftbridge/giftbridge/workflows"
)

// look is the pause between looks at what has become of a request.
const look = time.Second

// minPrefix is the number of characters of a key that have to be given at least.
const minPrefix = 4

// Find returns the message whose key begins so. The error names what is wrong with the key.
func Find(s workflows.OrderMessagesState, key string) (workflows.KeptMessage, error) {
	if len(key) < minPrefix {
		return workflows.KeptMessage{}, &executions.NotFoundError{What: fmt.Sprintf("a key has at least %d characters", minPrefix)}
	}
	var fitting []workflows.KeptMessage
	for _, k := range s.Messages {
		if k.Key == key {
			return k, nil
		}
		if strings.HasPrefix(k.Key, key) {
			fitting = append(fitting, k)
		}
	}
	switch len(fitting) {
	case 0:
		return workflows.KeptMessage{}, &executions.NotFoundError{What: "no message of this order has the key " + key}
	case 1:
		return fitting[0], nil
	}
	return workflows.KeptMessage{}, fmt.Errorf("the keys of %d messages begin with %s: use more of the key", len(fitting), key)
}

// Resendable returns an error that says why a message cannot be sent once more; nil if it can. One that was sent is sent again only if
// that is wanted: its customer gets it twice.
func Resendable(t told.Talk, s workflows.OrderMessagesState, k workflows.KeptMessage, evenIfSent bool) error {
	about := fmt.Sprintf("the %s of %s", k.Kind, t.Called())
	switch {
	case t.State != executions.Running:
		return fmt.Errorf("%s cannot be sent any more: nothing more was expected of the order, so its record is closed", about)
	case s.Told.Unsubscribed, k.State == workflows.MessageUnsubscribed:
		return fmt.Errorf("%s is not sent: the customer has unsubscribed", about)
	case k.State == workflows.MessageDropped:
		return fmt.Errorf("%s was never made, because of %s: there is nothing to send", about, k.Dropped)
	case k.Message == nil:
		return fmt.Errorf("%s cannot be sent again: what it said is not kept any more", about)
	case k.State == workflows.MessageSent && !evenIfSent:
		return fmt.Errorf("%s was sent at %s: the customer would get it twice", about, k.At.UTC().Format(time.RFC3339))
	}
	return nil
}

// InDoubt reports whether a message may have been sent although it failed.
func InDoubt(k workflows.KeptMessage) bool {
	return k.State == workflows.MessageFailed && k.Failure == messaging.MessageInDoubt
}

// Resend has a message of an order sent once more. It returns once that is recorded; see [Resent].
func Resend(ctx context.Context, o *told.Told, t told.Talk, key, by, reason string) error {
	return signal(ctx, o, t, workflows.ResendSignal, workflows.ResendMessage{Key: key, By: by, Reason: reason})
}

// Look has an order looked at again.
func Look(ctx context.Context, o *told.Told, t told.Talk) error {
	return signal(ctx, o, t, workflows.LookSignal, workflows.Look{})
}

func signal(ctx context.Context, o *told.Told, t told.Talk, name string, about any) error {
	if err := o.CanRead(ctx); err != nil {
		return err
	}
	err := o.Client.SignalWorkflow(ctx, t.WorkflowID, "", name, about)
	if executions.IsNotFound(err) {
		return fmt.Errorf("nothing more is told about %s: its record was closed just now", t.Called())
	}
	if err != nil {
		return fmt.Errorf("ask for the messages of %s: %w", t.Called(), err)
	}
	return nil
}

// Await waits until a condition is true of what is on record about an order, for at most a time. It reports whether it is.
func Await(
	ctx context.Context, o *told.Told, t told.Talk, most time.Duration, is func(workflows.OrderMessagesState) bool,
) (workflows.OrderMessagesState, bool, error) {
	over := time.NewTimer(most)
	defer over.Stop()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		s, err := o.State(ctx, t)
		_, unanswered := errors.AsType[*told.UnansweredError](err)
		switch {
		case err == nil && is(s):
			return s, true, nil
		case err != nil && !unanswered:
			return s, false, err
		}
		select {
		case <-ctx.Done():
			return s, false, ctx.Err()
		case <-over.C:
			return s, false, nil
		case <-tick.C:
		}
	}
}

// Resent returns a condition for [Await]: a message was sent once more, or could not be. before is the message as it was before.
func Resent(before workflows.KeptMessage) func(workflows.OrderMessagesState) bool {
	return func(s workflows.OrderMessagesState) bool {
		i := slices.IndexFunc(s.Messages, func(k workflows.KeptMessage) bool { return k.Key == before.Key })
		return i >= 0 && s.Messages[i].Resent.After(before.Resent)
	}
}

// Settle records that nothing is left to do about a message that was not sent: no digest lists it any longer.
func Settle(ctx context.Context, o *executions.Reader, u told.Unsent, by, note string) error {
	if err := o.CanRead(ctx); err != nil {
		return err
	}
	shop, number, key, err := workflows.ParseUnsentMessageID(u.WorkflowID)
	if err != nil {
		return err
	}
	in := workflows.UnsentMessageInput{
		Shop: shop, Order: number, Name: u.Name, Key: key, Kind: u.Kind, Settled: &workflows.MessageSettled{By: by, Note: note},
	}
	attributes, summary := workflows.UnsentMessageListing(in)
	run, err := o.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       u.WorkflowID,
		TaskQueue:                                workflows.TaskQueue,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		TypedSearchAttributes:                    attributes,
		StaticSummary:                            summary,
	}, workflows.UnsentMessageType, in)
	if err != nil {
		return fmt.Errorf("settle a message of %s: %w", u.Called(), err)
	}
	return executions.Explain(ctx, run.Get(ctx, nil))
}
