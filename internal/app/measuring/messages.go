// Package measuring makes the metrics of what goes on to others: messages to customers, and events to the endpoints of the relay.
// docs/operations.md lists them.
package measuring

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/giftbridge/giftbridge/activities/messaging"
	"github.com/giftbridge/giftbridge/internal/app/surveying"
	"github.com/giftbridge/giftbridge/internal/health/survey"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/composing"
	"github.com/giftbridge/giftbridge/internal/messages/sending"
	"github.com/giftbridge/giftbridge/internal/telemetry/instruments"
)

// other is the outcome of a message that ended in a way that is not known here.
const other = "other"

// kinds are the messages that are counted.
var kinds = []messages.Kind{messages.KindReceipt, messages.KindShipment, messages.KindUpdate, messages.KindInStock}

// outcomes are what becomes of messages: what the service says, why one failed, and why one is not sent.
var outcomes = func() []string {
	all := []string{string(sending.Queued), string(sending.Unsubscribed), other}
	for _, k := range messaging.Kinds {
		if k != messaging.MessagesOff { // It says that a worker has no account, and of no message what became of it.
			all = append(all, string(k))
		}
	}
	for _, r := range composing.Reasons {
		if r != composing.ReasonUnsubscribed { // The service says the same.
			all = append(all, string(r))
		}
	}
	return all
}()

// Messages are the metrics of messages to customers. A nil Messages measures nothing.
type Messages struct {
	ended metric.Int64Counter
	now   atomic.Pointer[survey.Messages]
}

// NewMessages creates the instruments. Counters start at zero: otherwise the increase to one would not be visible. The gauges have
// no value before the first survey.
func NewMessages(meter metric.Meter) (*Messages, error) {
	m := &Messages{}
	set := instruments.New(meter)
	m.ended = set.Counter("giftbridge_messages", "Messages to customers that were sent, failed or dropped, by kind and outcome.")
	set.Observed("giftbridge_messages_open", "Orders whose customers may be told more.", "",
		m.counted(func(n *survey.Messages) int { return n.Open }))
	set.Observed("giftbridge_messages_unsent", "Messages that could not be sent, and that nobody has settled.", "",
		m.counted(func(n *survey.Messages) int { return n.Unsent }))
	if err := set.Err(); err != nil {
		return nil, err
	}
	for _, kind := range kinds {
		for _, outcome := range outcomes {
			m.count(0, kind, outcome)
		}
	}
	return m, nil
}

func (m *Messages) count(n int64, kind messages.Kind, outcome string) {
	m.ended.Add(context.Background(), n, metric.WithAttributes(
		attribute.String("kind", string(kind)), attribute.String("outcome", outcome),
	))
}

// Count counts what became of a message.
func (m *Messages) Count(kind messages.Kind, outcome string) {
	if m == nil {
		return
	}
	if !slices.Contains(outcomes, outcome) {
		outcome = other
	}
	m.count(1, kind, outcome)
}

// counted returns what a gauge shows: nothing as long as nothing is known.
func (m *Messages) counted(of func(*survey.Messages) int) func() (float64, bool) {
	return func() (float64, bool) {
		now := m.now.Load()
		if now == nil {
			return 0, false
		}
		return float64(of(now)), true
	}
}

// Survey asks Temporal about once a minute how many messages are open or unsent, until stop is called. A nil Messages asks nothing.
func (m *Messages) Survey(o *installation.Installation, log zerolog.Logger) (stop func()) {
	if m == nil {
		return func() {}
	}
	return surveying.Survey[survey.Messages]{
		Look: func(ctx context.Context) (*survey.Messages, error) {
			now, err := survey.TakeMessages(ctx, o)
			return &now, err
		},
		Report: m.now.Store,
		Failed: func(err error) {
			log.Warn().Err(err).Msg("cannot count messages; the metrics leave them out until it works again")
		},
	}.Start()
}
