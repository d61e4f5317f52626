package messaging

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/sending"
)

// SendMessageInput is a message about an order.
type SendMessageInput struct {
	// Order is the order's name, for people who read why it failed.
	Order   string           `json:"order"`
	Message messages.Message `json:"message"`
	// NotAfter is when it is no longer worth sending; zero if there is no such time.
	NotAfter time.Time `json:"not_after,omitzero"`
	// Again reports whether an earlier run may have sent it: it is in doubt then, before it is sent.
	Again bool `json:"again,omitempty"`
	// FreshUntil is when it has to be composed anew before it is sent; zero if it is sent as it is, whenever that is possible.
	FreshUntil time.Time `json:"fresh_until,omitzero"`
}

// SendMessageResult is what the service said.
type SendMessageResult struct {
	Outcome sending.Outcome `json:"outcome,omitempty"`
	At      time.Time       `json:"at"`
	// Outdated reports whether the message certainly was not sent, and has to be composed anew: it could not be sent for a while, in which
	// the order may have changed, or quiet hours have begun.
	Outdated bool `json:"outdated,omitempty"`
}

// SendNoticeInput is a notice about a variant or a product, to all who asked for it.
type SendNoticeInput struct {
	// Variant and Product are as in [ReviewVariantInput].
	Variant string           `json:"variant"`
	Product string           `json:"product,omitempty"`
	Message messages.Message `json:"message"`
	// NotAfter, Again and FreshUntil are as in [SendMessageInput].
	NotAfter   time.Time `json:"not_after,omitzero"`
	Again      bool      `json:"again,omitempty"`
	FreshUntil time.Time `json:"fresh_until,omitzero"`
}

const (
	// sendPatience is how long a message is tried that certainly was not sent.
	sendPatience = 48 * time.Hour
	// accountPatience is how long the account may refuse: a person has to look.
	accountPatience = time.Hour
)

// repeats are when an unclear request is repeated, since the first one. All are within [sending.RepeatWithin].
var repeats = []time.Duration{2 * time.Second, 4 * time.Second}

// repeatFor is how long a repetition may take, since the first request: it has to be at the service within [sending.RepeatWithin].
const repeatFor = sending.RepeatWithin - time.Second

// attempt is what an attempt passes on to the next one.
type attempt struct {
	// Asking reports whether it was about to ask, and has not seen the outcome.
	Asking bool `json:"asking,omitempty"`
	// Unclear reports whether a request before may have been taken, although the shop has it sent again.
	Unclear bool `json:"unclear,omitempty"`
	// Account reports whether the service has refused the account. The activity counts for how long; a new one would begin at zero.
	Account bool `json:"account,omitempty"`
}

// SendMessage asks the service to deliver a message, at most once as far as the customer can see.
//
// Before it asks, it stores a note with Temporal, and removes it once the outcome is certain. An attempt that finds the note of
// an attempt before it knows that this was cut off. A request whose outcome is unclear is repeated, identically, as long as the
// service takes the repetition for the same message. What is unclear then is not repeated, unless the shop prefers a message
// that comes twice.
func (m *Messages) SendMessage(ctx context.Context, in SendMessageInput) (SendMessageResult, error) {
	return m.sendOnce(ctx, "order "+in.Order+", sending its "+string(in.Message.Kind), in)
}

// SendNotice is [Messages.SendMessage] for a notice.
func (m *Messages) SendNotice(ctx context.Context, in SendNoticeInput) (SendMessageResult, error) {
	return m.sendOnce(ctx, noticed(in.Variant, in.Product)+", sending its notice", SendMessageInput{
		Message: in.Message, NotAfter: in.NotAfter, Again: in.Again, FreshUntil: in.FreshUntil,
	})
}

func (m *Messages) sendOnce(ctx context.Context, doing string, in SendMessageInput) (SendMessageResult, error) {
	msg := in.Message
	if err := m.on(ctx, doing); err != nil {
		return SendMessageResult{}, err
	}
	note, err := earlier(ctx)
	if err != nil {
		return SendMessageResult{}, failure(ctx, doing, MessageInDoubt, err.Error(), 0, true)
	}
	if in.Again && activity.GetInfo(ctx).Attempt == 1 {
		note.Asking = true
	}
	note.Unclear = note.Unclear || note.Asking
	if note.Asking && !m.SendInDoubt {
		return SendMessageResult{}, m.failed(ctx, doing, msg, MessageInDoubt,
			"an attempt was cut off before the service answered, so it may have taken the message; it is not sent again")
	}
	now := m.Now().UTC()
	if !in.NotAfter.IsZero() && now.After(in.NotAfter) {
		return SendMessageResult{}, m.ended(ctx, doing, msg, note, MessageExpired,
			"it could not be sent until "+in.NotAfter.UTC().Format(time.RFC3339)+", and is no longer worth sending")
	}
	if m.outdated(in, note, now) {
		return SendMessageResult{At: now, Outdated: true}, nil
	}
	token := activity.GetInfo(ctx).TaskToken
	if err := m.Temporal.Beat(ctx, token, attempt{Asking: true, Unclear: note.Unclear}); err != nil {
		return SendMessageResult{}, failure(ctx, doing, giftcard.Unavailable, "record that the message is sent: "+err.Error(), 0, false)
	}
	outcome, err := m.ask(ctx, msg)
	if err == nil && note.Unclear && outcome != sending.Queued {
		return SendMessageResult{}, m.ended(ctx, doing, msg, note, MessageInDoubt, "the customer wants no messages")
	}
	if err == nil {
		m.count(msg.Kind, string(outcome))
		return SendMessageResult{Outcome: outcome, At: m.Now().UTC()}, nil
	}
	if sending.IsUnclear(err) && !m.SendInDoubt {
		return SendMessageResult{}, m.failed(ctx, doing, msg, MessageInDoubt,
			fmt.Sprintf("the service may have taken the message (%v); it is not sent again", err))
	}
	kind, _ := reasonOf(err)
	note = attempt{Unclear: note.Unclear || sending.IsUnclear(err), Account: kind == giftcard.Unauthorized}
	// If this fails, the next attempt takes the outcome for unclear: a message is lost, but none comes twice.
	_ = m.Temporal.Beat(ctx, token, note)
	return SendMessageResult{}, m.notTaken(ctx, doing, msg, note, err)
}

// outdated reports whether a message that was not sent yet has to be composed anew.
func (m *Messages) outdated(in SendMessageInput, note attempt, now time.Time) bool {
	if in.FreshUntil.IsZero() || note.Unclear || note.Account {
		return false
	}
	return now.After(in.FreshUntil) || m.Rules.OpenAt(in.Message.Kind, in.Message.To, now).After(now)
}

// earlier returns what an attempt before this one has left.
func earlier(ctx context.Context) (note attempt, err error) {
	if activity.HasHeartbeatDetails(ctx) {
		if err := activity.GetHeartbeatDetails(ctx, &note); err != nil {
			return note, fmt.Errorf("read the note of the attempt before: %w", err)
		}
	}
	return note, nil
}

// ask asks the service, and repeats what is unclear while it takes the repetition for the same message. Once a request was
// unclear, the message is in doubt until a later one will be delivered: a refusal says nothing about the first, and that the customer
// wants no messages may be news since then.
func (m *Messages) ask(ctx context.Context, msg messages.Message) (sending.Outcome, error) {
	first := m.Now()
	outcome, unclear := m.Sender.Send(ctx, msg)
	if unclear == nil || !sending.IsUnclear(unclear) {
		return outcome, unclear
	}
	for _, at := range repeats {
		if wait := first.Add(at).Sub(m.Now()); wait > 0 && m.pause(ctx, wait) != nil {
			break
		}
		left := repeatFor - m.Now().Sub(first)
		if left <= 0 {
			break // The first request took so long that a repetition could arrive as a second message.
		}
		within, cancel := context.WithTimeout(ctx, left)
		outcome, err := m.Sender.Send(within, msg)
		cancel()
		if err == nil && outcome == sending.Queued {
			return outcome, nil
		}
		if err == nil {
			break
		}
	}
	return "", unclear
}

func (m *Messages) pause(ctx context.Context, d time.Duration) error {
	if m.Pause != nil {
		return m.Pause(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// notTaken returns the error for a message that the service has not taken, or of which the shop prefers to send it again.
func (m *Messages) notTaken(ctx context.Context, doing string, msg messages.Message, note attempt, err error) error {
	kind, wait := reasonOf(err)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case kind == giftcard.Unauthorized && waited(ctx) < accountPatience:
	case kind.Final() && kind != giftcard.Unauthorized:
		return m.ended(ctx, doing, msg, note, MessageRefused, err.Error())
	case kind == giftcard.Unauthorized || waited(ctx)+wait >= sendPatience:
		return m.ended(ctx, doing, msg, note, MessagesUnavailable, fmt.Sprintf("%v; tried for %s", err, waited(ctx).Round(time.Minute)))
	}
	return failure(ctx, doing, kind, err.Error(), wait, false)
}

// reasonOf returns the kind of a failure to send, and how long the service asks to wait.
func reasonOf(err error) (kind giftcard.Kind, wait time.Duration) {
	if e, ok := errors.AsType[*sending.Error](err); ok {
		return e.Kind, e.RetryAfter
	}
	return giftcard.Unavailable, 0
}

// ended returns the error for a message that is not sent any more. It is in doubt if a request before may have been taken.
func (m *Messages) ended(ctx context.Context, doing string, msg messages.Message, note attempt, kind giftcard.Kind, why string) error {
	if note.Unclear {
		kind, why = MessageInDoubt, "the service may have taken the message, and it is not sent again: "+why
	}
	return m.failed(ctx, doing, msg, kind, why)
}

// failed returns the error for a message that failed for good.
func (m *Messages) failed(ctx context.Context, doing string, msg messages.Message, kind giftcard.Kind, why string) error {
	m.count(msg.Kind, string(kind))
	return failure(ctx, doing, kind, why, 0, true)
}
