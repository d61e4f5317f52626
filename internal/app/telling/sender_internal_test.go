package telling

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config"
	settings "github.com/giftbridge/giftbridge/internal/config/messaging"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/sending"
)

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answering(status int, body string) transport {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}, "Retry-After": {"7"}},
			Body: io.NopCloser(strings.NewReader(body)), Request: r,
		}, nil
	}
}

func newSender(t *testing.T, via http.RoundTripper) sender {
	t.Helper()
	c, err := NewClient(settings.Sonar{
		URL: "https://sonar.invalid", Token: config.NewSecret("hush"), Timeout: time.Second,
	}, via, nil)
	require.NoError(t, err)
	return sender{c}
}

var message = messages.Message{Key: "k", Kind: messages.KindReceipt, To: "+14155550100", Text: "Hello"}

// Each answer has one meaning: whether it may pass, whom it is about, and whether the customer may have got the message.
func TestSenderSaysWhatIsKnown(t *testing.T) {
	t.Parallel()
	const said = `{"error":"`
	for name, tt := range map[string]struct {
		via     transport
		kind    giftcard.Kind
		unclear bool
	}{
		"bad token":            {answering(401, said+`Bad Token"}`), giftcard.Unauthorized, false},
		"401 without words":    {answering(401, ``), giftcard.Unauthorized, false},
		"account closed":       {answering(403, said+`Company cancelled"}`), giftcard.Unauthorized, false},
		"no subscription":      {answering(403, said+`No Active Subscription"}`), giftcard.Unauthorized, false},
		"a number it refuses":  {answering(400, said+`Invalid Phone Number"}`), giftcard.InvalidRequest, false},
		"the same with 403":    {answering(403, said+`Invalid Phone Number"}`), giftcard.InvalidRequest, false},
		"words nobody knows":   {answering(422, said+`No such luck"}`), giftcard.InvalidRequest, false},
		"too many":             {answering(429, ``), giftcard.RateLimited, false},
		"it gave up":           {answering(400, said+`Request Timed Out"}`), giftcard.Timeout, true},
		"its own failure":      {answering(500, said+`Something"}`), giftcard.Unavailable, true},
		"a proxy":              {answering(502, `<h1>Bad Gateway</h1>`), giftcard.Unavailable, true},
		"an unreadable answer": {answering(202, `<h1>Thanks</h1>`), giftcard.UnexpectedResponse, true},
		"a contradiction":      {answering(202, `{"status":"perhaps"}`), giftcard.UnexpectedResponse, true},
		"no connection":        {func(*http.Request) (*http.Response, error) { return nil, errors.New("reset") }, giftcard.Unavailable, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := newSender(t, tt.via).Send(t.Context(), message)
			e, ok := errors.AsType[*sending.Error](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, tt.kind, e.Kind, e.Message)
			require.Equal(t, tt.unclear, e.Unclear, e.Message)
			require.NotContains(t, e.Error(), "4155550100")
			if tt.kind == giftcard.RateLimited {
				require.Equal(t, 7*time.Second, e.RetryAfter)
			}
		})
	}
}

func TestSenderRefusesWhatCannotBeSent(t *testing.T) {
	t.Parallel()
	m := message
	m.To = "call me"
	_, err := newSender(t, transport(func(*http.Request) (*http.Response, error) {
		t.Error("it was sent")
		return nil, errors.New("sent")
	})).Send(t.Context(), m)
	e, ok := errors.AsType[*sending.Error](err)
	require.True(t, ok)
	require.Equal(t, giftcard.InvalidRequest, e.Kind)
	require.False(t, e.Unclear)
}

func TestSenderOutcomes(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]sending.Outcome{
		`{"status":"queued"}`: sending.Queued, `{"status":"unsubscribed"}`: sending.Unsubscribed,
	} {
		got, err := newSender(t, answering(202, body)).Send(context.Background(), message)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}
