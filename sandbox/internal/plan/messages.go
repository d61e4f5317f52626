package plan

import (
	"maps"
	"slices"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan/telling"
)

// What befalls requests to the service that brings messages to phones. Each is counted by the customers whom it befalls.
const (
	MessageError        What = "message_error"
	MessageErrorAfter   What = "message_error_after_taking"
	MessageDrop         What = "message_drop"
	MessageDropAfter    What = "message_drop_after_taking"
	MessageSlow         What = "message_slow"
	MessageSlowAfter    What = "message_slow_after_taking"
	MessageTimedOut     What = "message_timed_out_by_the_service"
	MessageSilent       What = "message_answer_says_nothing"
	MessageGarbled      What = "message_answer_garbled"
	MessagePage         What = "message_answer_is_a_page"
	MessageLimit        What = "message_rate_limit"
	MessageUnheard      What = "message_dropped_each_time"
	MessageUnanswered   What = "message_answers_dropped_each_time"
	MessageTokenRefused What = "message_token_refused"
	MessageNoAccount    What = "message_account_refused"
)

// MessageTroubles lists all of these but the last two, which befall everybody for a while.
var MessageTroubles = []What{
	MessageError, MessageErrorAfter, MessageDrop, MessageDropAfter, MessageSlow, MessageSlowAfter, MessageTimedOut, MessageSilent,
	MessageGarbled, MessagePage, MessageLimit, MessageUnheard, MessageUnanswered,
}

// What becomes of messages in a run that has shown enough. Each is counted by orders.
const (
	MessageUnsubscribed What = "message_unsubscribed"
	MessageLeft         What = "message_after_unsubscribing"
	MessageNoPhone      What = "message_no_phone"
	MessageBadPhone     What = "message_bad_phone"
	MessageLandline     What = "message_not_mobile"
	MessageNoConsent    What = "message_no_consent"
	MessageUnreachable  What = "message_refused"
	MessageInDoubt      What = "message_in_doubt"
	MessageAsText       What = "message_as_a_text_alone"
)

// MessageFates lists these.
var MessageFates = []What{
	MessageUnsubscribed, MessageLeft, MessageNoPhone, MessageBadPhone, MessageLandline, MessageNoConsent, MessageUnreachable,
	MessageInDoubt, MessageAsText,
}

// WithMessages returns the plan with customers who are told about their orders. The orders get addresses and numbers, and those of
// ordinary goods are added; all else stays as it is.
func (p Plan) WithMessages() Plan {
	p.Orders = slices.Clone(p.Orders)
	orders := make([]*shopifytest.Order, len(p.Orders))
	for i := range p.Orders {
		o := &p.Orders[i]
		o.Order = *o.Order.Clone()
		orders[i] = &o.Order
	}
	p.Telling = telling.New(p.Seed, orders, p.Length)
	for i := range p.Orders {
		o := &p.Orders[i]
		if o.Change == nil || o.Change.Fields["lines"] == nil {
			continue
		}
		// What changes lines has the lines as they are called now.
		change := *o.Change
		change.Fields = maps.Clone(change.Fields)
		lines, _ := change.Fields["lines"].([]shopifytest.LineItem)
		lines = slices.Clone(lines)
		for n := range lines {
			lines[n].Title = o.Order.Lines[n].Title
		}
		change.Fields["lines"] = lines
		o.Change = &change
	}
	return p
}

// ToldTroubles lists what must befall customers who are told about their orders: nothing if there are few of them.
func (p Plan) ToldTroubles() []What {
	if !p.Telling.On() || !p.Telling.Enough() {
		return nil
	}
	return slices.Concat(MessageTroubles, []What{MessageTokenRefused, MessageNoAccount}, MessageFates)
}
