package plan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/sandbox/internal/plan/deliveries"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan/relaying"
)

// Webhooks is what becomes of the shop's webhooks in a run.
type Webhooks string

// What can become of webhooks.
const (
	// WebhooksOn delivers them, with every trouble.
	WebhooksOn Webhooks = "on"
	// WebhooksLost loses all of them: polls alone must do.
	WebhooksLost Webhooks = "lost"
	// WebhooksOff has neither receivers nor subscriptions.
	WebhooksOff Webhooks = "off"
)

// WebhookModes lists what can become of webhooks.
var WebhookModes = []Webhooks{WebhooksOn, WebhooksLost, WebhooksOff}

// Receivers is the number of receiver processes.
const Receivers = 2

// Topics are the subscriptions that may be deleted alone: those that orders are taken in by.
var Topics = []string{"ORDERS_CREATE", "ORDERS_PAID", "ORDERS_UPDATED"}

// WebhookHappenings lists what happens, beside [Happenings], if there are webhooks.
var WebhookHappenings = []What{ReceiverKilled, ReceiversKilled, SecretRotated, SubscriptionDeleted, SubscriptionsDeleted}

// With returns the plan with webhooks. The orders and all other events stay as they are.
func (p Plan) With(w Webhooks) Plan {
	p.Webhooks = w
	switch w {
	case WebhooksOff:
		return p
	case WebhooksLost:
		p.Deliveries = deliveries.AllLost(p.Seed)
	default:
		p.Deliveries = deliveries.New(p.Seed, Hurry)
	}
	random := rand.New(rand.NewPCG(p.Seed, 0x72656376))
	p.Events = slices.Concat(p.Events, inRounds(random, p, (*roundOf).receivers))
	sortByTime(p.Events)
	return p
}

// WithRelay returns the plan with an ERP that takes the shop's events, if these arrive. All else stays as it is.
func (p Plan) WithRelay() Plan {
	if p.Webhooks == WebhooksOn {
		p.Relaying = relaying.New(p.Seed, p.Length, Hurry)
	}
	return p
}

// receivers adds what befalls receivers, their secret and their subscriptions.
func (r *roundOf) receivers() {
	const deaths, first, last = 6, 3, 93
	lane := r.length * (last - first) / 100 / deaths
	both := r.random.IntN(deaths)
	for i := range deaths {
		begin := r.begin + r.length*first/100 + time.Duration(i)*lane
		e := Event{
			At: between(r.random, begin, begin+lane/3), For: between(r.random, 100*time.Millisecond, lane/3),
			What: ReceiverKilled, Number: r.random.IntN(Receivers),
		}
		if i == both {
			e.What = ReceiversKilled
		}
		r.add(e)
	}
	r.add(Event{At: r.at(15, 25), What: SubscriptionDeleted, Number: r.random.IntN(len(Topics)), For: r.burst()})
	// Longer than the shop signs some deliveries with the old secret.
	r.add(Event{At: r.at(38, 44), What: SecretRotated, For: between(r.random, Scaled(5*time.Minute), Scaled(8*time.Minute))})
	r.add(Event{At: r.at(60, 68), What: SubscriptionsDeleted, For: r.burst()})
}

func (p Plan) describeWebhooks() string {
	if p.Webhooks != WebhooksOn {
		return string(p.Webhooks)
	}
	return fmt.Sprintf("on, %.0f times as fast", p.Deliveries.Speed)
}
