package measuring

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities/messaging"
	"github.com/giftbridge/giftbridge/internal/health/survey"
	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/composing"
	"github.com/giftbridge/giftbridge/internal/messages/sending"
	"github.com/giftbridge/giftbridge/internal/telemetry"
)

// scrape returns the series whose names begin with a prefix.
func scrape(t *testing.T, tel *telemetry.Telemetry, prefix string) map[string]string {
	t.Helper()
	w := httptest.NewRecorder()
	tel.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	problems, err := promlint.New(strings.NewReader(w.Body.String())).Lint()
	require.NoError(t, err)
	require.Empty(t, problems)
	out := map[string]string{}
	for line := range strings.Lines(w.Body.String()) {
		if strings.HasPrefix(line, prefix) {
			i := strings.LastIndex(line, " ")
			out[line[:i]] = strings.TrimSpace(line[i:])
		}
	}
	return out
}

func newTelemetry(t *testing.T) *telemetry.Telemetry {
	t.Helper()
	tel, err := telemetry.New(t.Context(), telemetry.Options{Metrics: true, NoWorkflows: true})
	require.NoError(t, err)
	return tel
}

// What becomes of messages is counted by words that are known beforehand.
func TestMessagesAreCounted(t *testing.T) {
	t.Parallel()
	tel := newTelemetry(t)
	m, err := NewMessages(tel.Meter())
	require.NoError(t, err)
	const prefix = "giftbridge_messages_total"
	series := func(kind messages.Kind, outcome string) string {
		return prefix + `{kind="` + string(kind) + `",outcome="` + outcome + `"}`
	}
	before := scrape(t, tel, prefix)
	require.Len(t, before, len(kinds)*len(outcomes))
	for name, value := range before {
		require.Equal(t, "0", value, name)
	}
	for _, counted := range []string{
		string(sending.Queued), string(sending.Unsubscribed), string(messaging.MessageInDoubt), string(messaging.MessagesUnavailable),
		string(composing.ReasonNoPhone), string(composing.ReasonNoImage),
	} {
		m.Count(messages.KindReceipt, counted)
		require.Equal(t, "1", scrape(t, tel, prefix)[series(messages.KindReceipt, counted)], counted)
	}
	m.Count(messages.KindInStock, "a reason of a newer release")
	after := scrape(t, tel, prefix)
	require.Equal(t, "1", after[series(messages.KindInStock, other)])
	require.Len(t, after, len(before), "no message makes a series")
}

// A number that is not known is left out, so that an old one does not pass for today's.
func TestMessagesOfToday(t *testing.T) {
	t.Parallel()
	tel := newTelemetry(t)
	m, err := NewMessages(tel.Meter())
	require.NoError(t, err)
	gauges := func() map[string]string {
		return map[string]string{
			"open":   scrape(t, tel, "giftbridge_messages_open")["giftbridge_messages_open"],
			"unsent": scrape(t, tel, "giftbridge_messages_unsent")["giftbridge_messages_unsent"],
		}
	}
	require.Equal(t, map[string]string{"open": "", "unsent": ""}, gauges())
	m.now.Store(&survey.Messages{Open: 3, Unsent: 2})
	require.Equal(t, map[string]string{"open": "3", "unsent": "2"}, gauges())
	m.now.Store(nil)
	require.Equal(t, map[string]string{"open": "", "unsent": ""}, gauges())
}

func TestNoMetricsOfMessages(t *testing.T) {
	t.Parallel()
	var m *Messages
	require.NotPanics(t, func() {
		m.Count(messages.KindReceipt, string(sending.Queued))
		m.Survey(nil, zerolog.Nop())()
	})
}
