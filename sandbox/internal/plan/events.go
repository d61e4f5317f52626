package plan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/sandbox/internal/plan/deliveries"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan/happenings"
)

// What is the name of something that happens to the system.
type What = happenings.What

// The names of all events.
const (
	WorkerKilled   What = "worker_killed"
	WorkersKilled  What = "all_workers_killed"
	TemporalKilled What = "temporal_killed"
	MailDown       What = "mail_server_down"

	IssuerError         What = "issuer_error"
	IssuerErrorAfter    What = "issuer_error_after_commit"
	IssuerDrop          What = "issuer_drop"
	IssuerDropAfter     What = "issuer_drop_after_commit"
	IssuerSlow          What = "issuer_slow"
	IssuerSlowAfter     What = "issuer_slow_after_commit"
	IssuerLimit         What = "issuer_rate_limit"
	IssuerMalformed     What = "issuer_malformed"
	IssuerTruncated     What = "issuer_truncated"
	IssuerHTMLAfter     What = "issuer_html_after_commit"
	IssuerPage          What = "issuer_behind_a_page"
	ShopError           What = "shop_error"
	ShopTooManyRequests What = "shop_too_many_requests"
	ShopThrottled       What = "shop_throttled"
	ShopInternal        What = "shop_internal_error"
	ShopDrop            What = "shop_drop"
	ShopTruncated       What = "shop_truncated"
	ShopMalformed       What = "shop_malformed"
	ShopSlow            What = "shop_slow"

	ShopLag      What = "shop_index_lag"
	OrderEdited  What = "order_edited"
	HandPolls    What = "polls_by_hand"
	HandSweep    What = "sweep_by_hand"
	DigestAsked  What = "digest_amid_faults"
	LateMerchant What = "merchant_added"

	// These are counted by the number of orders that are placed while they last.
	ShopLongLag   What = "shop_index_lag_of_30_minutes"
	ShopRenamed   What = "shop_renamed"
	OtherSettings What = "worker_with_other_settings"
	OtherIdentity What = "worker_of_another_identity"
)

// What happens only if there are webhooks.
const (
	ReceiverKilled  What = "receiver_killed"
	ReceiversKilled What = "all_receivers_killed"
	// SecretRotated is counted when the old secret is no longer known, the others when the subscriptions were made again
	// and the time without them was polled.
	SecretRotated        What = "webhook_secret_rotated"
	SubscriptionDeleted  What = "webhook_subscription_deleted"
	SubscriptionsDeleted What = "all_webhook_subscriptions_deleted"
)

// Event is a planned event.
type Event struct {
	At   time.Duration
	What What
	// For is how long the event lasts. For a process, it is the time until the process is started again.
	For time.Duration
	// Share is the fraction of requests affected.
	Share float64
	// Lag is how long searches lag behind.
	Lag time.Duration
	// Number is the index of a worker, a receiver, an order or a topic.
	Number int
	// Windows are the windows of manual polls that run at the same time. Their times count from the start.
	Windows []Window
}

// Window is the window of a manual poll, counted from the start.
type Window struct{ Since, Until time.Duration }

// String returns a one-line description.
func (e Event) String() string {
	switch e.What {
	case WorkerKilled:
		return fmt.Sprintf("%s: worker %d, started again after %s", e.What, e.Number+1, e.For)
	case ReceiverKilled:
		return fmt.Sprintf("%s: receiver %d, started again after %s", e.What, e.Number+1, e.For)
	case SecretRotated:
		return fmt.Sprintf("%s: the old one is valid for %s", e.What, e.For)
	case SubscriptionDeleted:
		return fmt.Sprintf("%s: %s, seen after %s", e.What, Topics[e.Number], e.For)
	case SubscriptionsDeleted:
		return fmt.Sprintf("%s: seen after %s", e.What, e.For)
	case WorkersKilled, ReceiversKilled, TemporalKilled:
		return fmt.Sprintf("%s: started again after %s", e.What, e.For)
	case MailDown:
		return fmt.Sprintf("%s: for %s", e.What, e.For)
	case HandPolls:
		return fmt.Sprintf("%s: %v", e.What, e.Windows)
	case OrderEdited:
		return fmt.Sprintf("%s: order %d", e.What, e.Number+1)
	case ShopLag, ShopLongLag:
		return fmt.Sprintf("%s: %.1fs, for %s", e.What, e.Lag.Seconds(), e.For)
	case OtherSettings:
		return fmt.Sprintf("%s: worker %d", e.What, e.Number+1)
	case OtherIdentity:
		return fmt.Sprintf("%s: worker %d, for %s", e.What, e.Number+1, e.For)
	case DigestAsked, LateMerchant, HandSweep, ShopRenamed:
		return string(e.What)
	}
	return fmt.Sprintf("%s: %.0f%% of the requests, for %s", e.What, 100*e.Share, e.For)
}

// Workers is the number of worker processes.
const Workers = 2

// LeastBefallen is the number of orders that each trouble must befall in a run, or the run has shown nothing about it.
const LeastBefallen = deliveries.Least

// Hurry is the factor by which everything is faster than in production, where polls come every five minutes.
const Hurry = 75

// Scaled returns the laboratory's equivalent of a duration in production.
func Scaled(d time.Duration) time.Duration { return d / Hurry }

// round is the length of a round, in which every possible event happens.
const round = time.Minute

var (
	issuerFaults = []What{
		IssuerError, IssuerErrorAfter, IssuerDrop, IssuerDropAfter, IssuerSlow, IssuerSlowAfter, IssuerLimit,
		IssuerMalformed, IssuerTruncated, IssuerHTMLAfter, IssuerPage,
	}
	shopFaults = []What{
		ShopError, ShopTooManyRequests, ShopThrottled, ShopInternal, ShopDrop, ShopTruncated, ShopMalformed, ShopSlow,
	}
)

// Happenings lists all events that happen in a plan.
var Happenings = slices.Concat(issuerFaults, shopFaults, []What{
	WorkerKilled, WorkersKilled, TemporalKilled, MailDown, ShopLag, OrderEdited, HandPolls, HandSweep, DigestAsked,
	LateMerchant, ShopLongLag, ShopRenamed, OtherSettings, OtherIdentity,
})

// newEvents fills the plan's length with rounds.
func newEvents(random *rand.Rand, p Plan) []Event {
	events := inRounds(random, p, func(r *roundOf) {
		r.kills()
		r.services()
		r.visits()
		r.settings()
	})
	events = append(events, Event{At: between(random, p.Length*55/100, p.Length*75/100), What: LateMerchant})
	sortByTime(events)
	return events
}

// inRounds returns the events that fill adds to each round of a plan.
func inRounds(random *rand.Rand, p Plan, fill func(*roundOf)) []Event {
	rounds := max(1, int((p.Length+round/2)/round))
	each := p.Length / time.Duration(rounds)
	var events []Event
	for i := range rounds {
		r := roundOf{
			random: random, begin: time.Duration(i) * each, length: each, orders: len(p.Orders), polls: 3,
			longLag: Scaled(30*time.Minute) + max(0, p.ClockOffset),
		}
		if p.FarAhead() {
			r.polls = 9
		}
		fill(&r)
		events = append(events, r.events...)
	}
	return events
}

// roundOf creates the events of one round.
type roundOf struct {
	random        *rand.Rand
	begin, length time.Duration
	// orders is the number of orders in the plan, polls the number of events with manual polls in the round.
	orders, polls int
	// longLag is longer than the overlap of polls, by the shop's clock.
	longLag time.Duration
	events  []Event
}

// at returns a random time between two points of the round, given in percent.
func (r *roundOf) at(from, to int) time.Duration {
	return r.begin + between(r.random, r.length*time.Duration(from)/100, r.length*time.Duration(to)/100)
}

func (r *roundOf) add(e Event) { r.events = append(r.events, e) }

// kills leaves out the last third of the round: a card that a dead worker was about to issue waits until the attempt
// times out, and the run would wait with it. Workers are up again before the next kill, because otherwise there would
// be nothing to kill.
func (r *roundOf) kills() {
	const deaths, first, last = 5, 5, 62
	lane := r.length * (last - first) / 100 / deaths
	both := r.random.IntN(deaths)
	for i := range deaths {
		begin := r.begin + r.length*first/100 + time.Duration(i)*lane
		e := Event{
			At: between(r.random, begin, begin+lane/3), For: between(r.random, 100*time.Millisecond, lane/3),
			What: WorkerKilled, Number: r.random.IntN(Workers),
		}
		if i == both {
			e.What = WorkersKilled
		}
		r.add(e)
	}
	for i := range 2 {
		r.add(Event{
			At: r.at(8+28*i, 32+28*i), What: TemporalKilled, For: between(r.random, 100*time.Millisecond, 2*time.Second),
		})
	}
}

func (r *roundOf) services() {
	for _, what := range issuerFaults {
		r.add(Event{At: r.at(3, 85), What: what, For: r.burst(), Share: r.share(20, 50)})
	}
	for _, what := range shopFaults {
		r.add(Event{At: r.at(3, 85), What: what, For: r.burst(), Share: r.share(30, 60)})
	}
	for range 2 {
		r.add(Event{
			At: r.at(20, 80), What: ShopLag, For: r.burst(), Lag: time.Duration(20+r.random.IntN(40)) * time.Second / 10,
		})
	}
	r.add(Event{At: r.at(4, 7), What: ShopLongLag, For: r.burst(), Lag: r.longLag})
}

// settings adds changes to the workers' settings. All but the first come after the kills.
func (r *roundOf) settings() {
	r.add(Event{At: r.at(1, 3), What: OtherSettings, Number: 0})
	r.add(Event{At: r.at(62, 64), What: ShopRenamed})
	r.add(Event{At: r.at(70, 74), What: OtherIdentity, Number: 1, For: between(r.random, r.length*6/100, r.length*8/100)})
	r.add(Event{At: r.at(78, 80), What: HandSweep})
}

// visits adds what people do meanwhile.
func (r *roundOf) visits() {
	for range 4 {
		r.add(Event{At: r.at(10, 95), What: OrderEdited, Number: r.random.IntN(r.orders)})
	}
	for range r.polls {
		at := r.at(10, 95)
		e := Event{At: at, What: HandPolls}
		for range 3 {
			begin := between(r.random, -time.Second, at)
			e.Windows = append(e.Windows, Window{Since: begin, Until: begin + between(r.random, 5*time.Second, 30*time.Second)})
		}
		r.add(e)
	}
	digest := r.at(12, 22)
	r.add(Event{At: digest, What: DigestAsked})
	// A digest waits for the orders that it reruns, and for lists that lag, before it sends its mail.
	r.add(Event{At: digest + r.length*30/100, What: MailDown, For: between(r.random, r.length*15/100, r.length*25/100)})
}

func (r *roundOf) burst() time.Duration {
	return between(r.random, r.length*6/100, r.length*12/100)
}

// share returns a random fraction between two percentages.
func (r *roundOf) share(from, to int) float64 { return float64(from+r.random.IntN(to-from)) / 100 }
