package plan

import (
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/sandbox/scenario"
)

// What befalls requests to the issuer that makes cards later, and the jobs of its queue.
const (
	LaterError        What = "later_error"
	LaterErrorAfter   What = "later_error_after_enqueueing"
	LaterDrop         What = "later_drop"
	LaterDropAfter    What = "later_drop_after_enqueueing"
	LaterSilent       What = "later_answer_says_nothing"
	LaterLimit        What = "later_rate_limit"
	LaterTokenExpired What = "later_token_expired" //nolint:gosec // It is the name of a trouble.
	LaterUnseen       What = "later_not_visible_yet"
	LaterStalled      What = "later_stalled"
	LaterLost         What = "later_lost"
	LaterFailed       What = "later_failed"
	CallbackLate      What = "callback_late"
	CallbackEarly     What = "callback_early"
	CallbackTwice     What = "callback_twice"
	CallbackNever     What = "callback_never"
	CallbackDead      What = "callback_to_a_dead_address"
	CallbackForged    What = "callback_forged"
	CallbackGarbled   What = "callback_garbled"
)

// LaterTroubles lists all of these. Each is counted by the orders that it befalls.
var LaterTroubles = []What{
	LaterError, LaterErrorAfter, LaterDrop, LaterDropAfter, LaterSilent, LaterLimit, LaterTokenExpired, LaterUnseen,
	LaterStalled, LaterLost, LaterFailed, CallbackLate, CallbackEarly, CallbackTwice, CallbackNever, CallbackDead,
	CallbackForged, CallbackGarbled,
}

// Later is how the issuer that makes cards later behaves in a run.
type Later struct {
	// Callbacks reports whether it calls back about activations. It always names the cards that it has generated.
	Callbacks bool
	// Takes is how long its queue takes.
	Takes time.Duration
}

// String says what is not as usual.
func (l Later) String() string {
	about := "callbacks about activations on"
	if !l.Callbacks {
		about = "callbacks about activations off"
	}
	if l.Takes > usualTakes {
		about += ", and the queue lags " + l.Takes.String()
	}
	return about
}

// usualTakes is how long the queue usually takes.
const usualTakes = 300 * time.Millisecond

// WithLater returns the plan with an issuer that makes cards later. lags has its queue lag by an hour of scaled time.
func (p Plan) WithLater(callbacks, lags bool) Plan {
	p.Later = Later{Callbacks: callbacks, Takes: usualTakes}
	if lags {
		p.Later.Takes = Scaled(time.Hour)
	}
	return p
}

// laterOrders is the number of orders with cards made later that is enough for each trouble to befall [LeastBefallen].
const laterOrders = 24

// Troubled lists what must befall orders with cards that are made later: nothing if there are few of them.
func (p Plan) Troubled() []What {
	n := 0
	for _, o := range p.Orders {
		if slices.Contains(scenario.LaterKinds(), o.Kind) {
			n++
		}
	}
	if n < laterOrders {
		return nil
	}
	var troubles []What
	for _, what := range LaterTroubles {
		if p.Later.Callbacks || what != LaterFailed { // Nobody would learn that it has failed.
			troubles = append(troubles, what)
		}
	}
	return slices.Concat(troubles, MailTroubles)
}
