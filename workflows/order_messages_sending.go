package workflows

import (
	"cmp"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities/messaging"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/composing"
	"github.com/giftbridge/giftbridge/internal/messages/sending"
)

const (
	// freshFor is how long a message is tried before it is composed anew: the order may have changed.
	freshFor = 15 * time.Minute
	// maxKeptMessages bounds the messages that are kept, and maxKeptContent those with their content.
	maxKeptMessages = 200
	maxKeptContent  = 50
)

// tell takes steps, and reports whether what is due has to be composed anew.
func (o *orderMessages) tell(ctx workflow.Context, steps []composing.Step) (again bool, err error) {
	for i, step := range steps {
		if step.NotBefore.After(workflow.Now(ctx)) {
			// What follows must not come before it, and all may have changed until then.
			if o.state.AgainAt.IsZero() || step.NotBefore.Before(o.state.AgainAt) {
				o.state.AgainAt = step.NotBefore
			}
			return false, nil
		}
		k := KeptMessage{Key: step.Key, Kind: step.Kind, Why: step.Why, Message: step.Message, At: workflow.Now(ctx).UTC()}
		if step.Message == nil {
			k.State, k.Dropped = MessageDropped, step.Dropped
		} else if outdated, err := o.send(ctx, &k, step.NotAfter, o.unsure); err != nil || outdated {
			return outdated, err
		}
		o.state.Told.Apply(step.Tells)
		lost := k.State == MessageFailed && k.Failure != messaging.MessageInDoubt
		if lost {
			o.state.Told.NotSent(step.Tells)
		}
		o.keep(k)
		if k.State == MessageFailed {
			if err := o.report(ctx, k.Key, k.Kind, k.Failure, k.Error); err != nil {
				return false, err
			}
			return true, nil
		}
		if k.State == MessageUnsubscribed && i < len(steps)-1 {
			return true, nil // What follows is composed anew, as messages that are not sent, and counted.
		}
	}
	return false, nil
}

// send sends a message, and records in k what became of it. It reports whether the message was not sent, and has to be composed anew;
// without notAfter it is sent as it is. Its error is that of a cancelled workflow.
func (o *orderMessages) send(ctx workflow.Context, k *KeptMessage, notAfter time.Time, again bool) (outdated bool, _ error) {
	out, err := call(sendingMessage(ctx, string(k.Kind)), messaged.SendMessage, messaging.SendMessageInput{
		Order: cmp.Or(o.state.Name, o.in.Order), Message: *k.Message, NotAfter: notAfter, Again: again, FreshUntil: freshUntil(ctx, notAfter),
	}).get(ctx)
	k.At, k.Failure, k.Error = workflow.Now(ctx).UTC(), "", ""
	switch {
	case temporal.IsCanceledError(err):
		return false, err
	case err != nil:
		k.State = MessageFailed
		k.Failure, k.Error = cause(err)
	case out.Outdated:
		return true, nil
	case out.Outcome == sending.Unsubscribed:
		k.State, o.state.Told.Unsubscribed = MessageUnsubscribed, true
	default:
		k.State = MessageSent
	}
	return false, nil
}

// freshUntil returns when a message has to be composed anew that is worth sending until notAfter. One that a person has sent is not.
func freshUntil(ctx workflow.Context, notAfter time.Time) time.Time {
	if notAfter.IsZero() {
		return notAfter
	}
	return workflow.Now(ctx).Add(freshFor).UTC()
}

// keep keeps a message. Older ones lose their content, and at last their place.
func (o *orderMessages) keep(k KeptMessage) {
	switch k.State {
	case MessageDropped:
		o.state.Dropped++
	case MessageFailed:
		o.state.Failed++
	default:
		o.state.Sent++
	}
	o.state.Messages = append(o.state.Messages, k)
	if n := len(o.state.Messages); n > maxKeptMessages {
		o.state.Messages = slices.Clone(o.state.Messages[n-maxKeptMessages:])
	}
	for i := range max(len(o.state.Messages)-maxKeptContent, 0) {
		o.state.Messages[i].Message = nil
	}
}

// resend sends a message once more. What is not kept, or was for a customer who wants no messages, is not sent.
func (o *orderMessages) resend(ctx workflow.Context, r ResendMessage) error {
	i := slices.IndexFunc(o.state.Messages, func(k KeptMessage) bool { return k.Key == r.Key && k.Message != nil })
	if i < 0 || o.state.Told.Unsubscribed {
		return nil
	}
	k := o.state.Messages[i]
	failed := k.State == MessageFailed
	if _, err := o.send(ctx, &k, time.Time{}, false); err != nil {
		return err
	}
	k.Resent, k.By = k.At, r.By
	o.state.Messages[i] = k
	switch {
	case k.State == MessageFailed:
		if !failed {
			o.state.Failed, o.state.Sent = o.state.Failed+1, o.state.Sent-1
		}
		return o.report(ctx, k.Key, k.Kind, k.Failure, k.Error)
	case failed:
		o.state.Failed, o.state.Sent = o.state.Failed-1, o.state.Sent+1
		o.state.Told.Sent(*k.Message)
		return o.report(ctx, k.Key, k.Kind, "", "")
	}
	return nil
}

// report starts a run that fails as a message has, or one that completes once the message was sent after all.
func (o *orderMessages) report(ctx workflow.Context, key string, kind messages.Kind, failure giftcard.Kind, message string) error {
	return reportUnsent(ctx, UnsentMessageInput{
		Shop: o.in.Shop, Order: o.in.Order, Name: o.state.Name, Key: key, Kind: kind, Failure: failure, Message: message,
	})
}
