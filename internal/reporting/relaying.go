package reporting

import (
	"context"
	"time"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/relayed"
	"github.com/giftbridge/giftbridge/internal/relaygaps"
	"github.com/giftbridge/giftbridge/internal/relayqueue"
)

// WithRelay has reports tell of the events of some topics that go on to endpoints. Without endpoints, they do not look for any.
func (o *Reporting) WithRelay(endpoints, topics []string) *Reporting {
	o.relayTo, o.relayed = endpoints, topics
	return o
}

// maxUndelivered bounds the events of a report that were refused.
const maxUndelivered = 100

// addRelaying adds what another system has not got.
func (r *reporter) addRelaying(ctx context.Context) (err error) {
	r.Relaying, err = Relayed(ctx, r.Reader, r.relayTo, r.relayed, r.Window.From)
	return err
}

// Relayed returns the events that endpoints have refused, the endpoints that get none, and the times since a moment for which they may
// lack events of some topics. It costs a few requests for each endpoint, and one for each event that it returns.
func Relayed(ctx context.Context, r *executions.Reader, endpoints, topics []string, since time.Time) (out digest.Relaying, err error) {
	if len(endpoints) == 0 {
		return out, nil
	}
	relay := relayed.New(r, "")
	for _, endpoint := range endpoints {
		s, err := relay.Status(ctx, endpoint)
		if err != nil {
			return out, err
		}
		if s.State != relayqueue.Open {
			out.Halted = append(out.Halted, digest.HaltedEndpoint{
				Endpoint: endpoint, Slow: s.State == relayqueue.Probing, Reason: s.Reason, By: s.By, Since: s.Since,
				Waiting: s.Waiting, Oldest: s.OldestWaiting,
			})
		}
		if s.Undelivered == 0 {
			continue
		}
		refused, all, err := relay.Undelivered(ctx, relayed.Filter{Endpoint: endpoint, Limit: maxUndelivered})
		if err != nil {
			return out, err
		}
		out.Total += all
		for _, u := range refused {
			out.Undelivered = append(out.Undelivered, digest.UndeliveredEvent{
				ID: relayed.Short(u.Event.FirstID()), Endpoint: endpoint, Topic: u.Event.Topic, Name: u.Name, Resource: u.Resource,
				Kind: giftcard.Kind(u.Failure.Kind), Message: u.Failure.Message, At: u.GivenUpAt,
			})
		}
	}
	gaps, err := relaygaps.Find(ctx, r, topics, since)
	for _, g := range gaps {
		out.Gaps = append(out.Gaps, digest.EventGap{
			From: g.From, To: g.Until, Topics: g.Topics, Unwatched: g.Cause == relaygaps.Unwatched,
		})
	}
	return out, err
}
