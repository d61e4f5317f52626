package telling

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/sending"
	"github.com/giftbridge/giftbridge/internal/rest"
	"github.com/giftbridge/giftbridge/internal/sonar"
)

// sender sends messages by Sonar. It implements [sending.Sender].
type sender struct{ client *sonar.Client }

// Send implements [sending.Sender].
func (s sender) Send(ctx context.Context, m messages.Message) (sending.Outcome, error) {
	answer, err := s.client.Send(ctx, sonar.Message{To: m.To, Text: m.Text, Type: m.Type, Data: m.Data})
	switch {
	case err != nil:
		return "", failed(err)
	case answer.Status == sonar.Unsubscribed:
		return sending.Unsubscribed, nil
	}
	return sending.Queued, nil
}

// failed returns the error of a request in the terms of package sending.
func failed(err error) *sending.Error {
	out := &sending.Error{
		Kind: kindOf(err), Unclear: sonar.EffectOf(err) != sonar.Unsent, Message: err.Error(), Status: rest.StatusOf(err), Err: err,
	}
	if e, ok := errors.AsType[*rest.Error](err); ok {
		out.RetryAfter = e.RetryAfter
	}
	return out
}

// ofTheMessage are reasons that lie with the message or its customer. A refusal in words that are not known is among them: what it
// means is not known either, so repeating it could deliver the message once more.
var ofTheMessage = []sonar.Reason{sonar.InvalidPhone, sonar.Forbidden, sonar.BadFields, sonar.Other}

func kindOf(err error) giftcard.Kind {
	if _, invalid := errors.AsType[*sonar.InvalidError](err); invalid {
		return giftcard.InvalidRequest
	}
	e, ok := errors.AsType[*rest.Error](err)
	if !ok {
		return giftcard.Unavailable
	}
	switch reason := sonar.ReasonOf(err); {
	case reason == sonar.TooMany:
		return giftcard.RateLimited
	case reason == sonar.TimedOut || e.Outcome == rest.TimedOut:
		return giftcard.Timeout
	case slices.Contains(sonar.OfAccount, reason) || e.Status == http.StatusUnauthorized:
		return giftcard.Unauthorized
	case e.Status >= http.StatusInternalServerError:
		return giftcard.Unavailable
	case slices.Contains(ofTheMessage, reason):
		return giftcard.InvalidRequest
	case e.Outcome == rest.Unreadable || e.Outcome == rest.Contradictory:
		return giftcard.UnexpectedResponse
	}
	return giftcard.Unavailable
}
