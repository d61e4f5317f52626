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
}

// SendMessageResult is what the service said.
type SendMessageResult struct {
	Outcome sending.Outcome `json:"outcome"`
	At      time.Time       `json:"at"`
}

// SendNoticeInput is a notice about a variant, to all who asked for it.
type SendNoticeInput struct {
	// Variant is the shop's number of it.
	Variant string           `json:"variant"`
	Message messages.Message `json:"message"`
	// NotAfter and Again are as in [SendMessageInput].
	NotAfter time.Time `json:"not_after,omitzero"`
	Again    bool      `json:"again,omitempty"`
}

const (
	// sendPatience is how long a message is tried that certainly was not sent.
	sendPatience = 48 * time.Hour
	// accountPatience is how long the account may refuse: a person has to look.
	accountPatience = time.Hour
)

// repeats are when an unclear request is repeated, since the first one. All are within [sending.RepeatWithin].
var repeats = []time.Duration{2 * time.Second, 4 * time.Second}

// attempt is what an attempt passes on to the next one: whether it was about to ask, and has not seen the outcome; and whether a request
// before may have been taken, although the shop has it sent again.
type attempt struct {
	Asking  bool `json:"asking,omitempty"`
	Unclear bool `json:"unclear,omitempty"`
}

// SendMessage asks the service to deliver a message, at most once as far as the customer can see.
//
// Before it asks, it stores a note with Temporal, and removes it once the outcome is certain. An attempt that finds the note of
// an attempt before it knows that this was cut off. A request whose outcome is unclear is repeated, identically, as long as the
// service takes the repetition for the same message. What is unclear then is not repeated, unless the shop prefers a message
// that comes twice.
func (m *Messages) SendMessage(ctx context.Context, in SendMessageInput) (SendMessageResult, error) {
	return m.sendOnce(ctx, "order "+in.Order+", sending its "+string(in.Message.Kind), in.Message, in.NotAfter, in.Again)
}

// SendNotice is [Messages.SendMessage] for a notice.
func (m *Messages) SendNotice(ctx context.Context, in SendNoticeInput) (SendMessageResult, error) {
	return m.sendOnce(ctx, "variant "+in.Variant+", sending its notice", in.Message, in.NotAfter, in.Again)
}

func (m *Messages) sendOnce(
	ctx context.Context, doing string, msg messages.Message, notAfter time.Time, again bool,
) (SendMessageResult, error) {
	if err := m.on(ctx, doing); err != nil {
		return SendMessageResult{}, err
	}
	note, err := earlier(ctx)
	if err != nil {
		return SendMessageResult{}, failure(ctx, doing, MessageInDoubt, err.Error(), 0, true)
	}
	if again && activity.GetInfo(ctx).Attempt == 1 {
		note.Asking = true
	}
	note.Unclear = note.Unclear || note.Asking
	if note.Asking && !m.SendInDoubt {
		return SendMessageResult{}, m.failed(ctx, doing, msg, MessageInDoubt,
			"an attempt was cut off before the service answered, so it may have taken the message; it is not sent again")
	}
	if !notAfter.IsZero() && m.Now().After(notAfter) {
		return SendMessageResult{}, m.ended(ctx, doing, msg, note, MessageExpired,
			"it could not be sent until "+notAfter.UTC().Format(time.RFC3339)+", and is no longer worth sending")
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
	note = attempt{Unclear: note.Unclear || sending.IsUnclear(err)}
	// If this fails, the next attempt takes the outcome for unclear: a message is lost, but none comes twice.
	_ = m.Temporal.Beat(ctx, token, note)
	return SendMessageResult{}, m.notTaken(ctx, doing, msg, note, err)
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
		if m.Now().Sub(first) >= sending.RepeatWithin {
			break // The first request took so long that a repetition could arrive as a second message.
		}
		outcome, err := m.Sender.Send(ctx, msg)
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
	kind, wait := giftcard.Unavailable, time.Duration(0)
	if e, ok := errors.AsType[*sending.Error](err); ok {
		kind, wait = e.Kind, e.RetryAfter
	}
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
