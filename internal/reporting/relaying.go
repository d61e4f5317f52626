package reporting

import (
	"context"

	"github.com/giftbridge/giftbridge/internal/digest"
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

// addRelaying adds the events that endpoints have refused, the endpoints that get none, and the times for which they may lack events.
func (r *reporter) addRelaying(ctx context.Context) error {
	if len(r.relayTo) == 0 {
		return nil
	}
	relay := relayed.New(r.Reader, "")
	for _, endpoint := range r.relayTo {
		s, err := relay.Status(ctx, endpoint)
		if err != nil {
			return err
		}
		if s.State != relayqueue.Open {
			r.Relaying.Halted = append(r.Relaying.Halted, digest.HaltedEndpoint{
				Endpoint: endpoint, Slow: s.State == relayqueue.Probing, Reason: s.Reason, By: s.By, Since: s.Since,
				Waiting: s.Waiting, Oldest: s.OldestWaiting,
			})
		}
		if s.Undelivered == 0 {
			continue
		}
		refused, all, err := relay.Undelivered(ctx, relayed.Filter{Endpoint: endpoint, Limit: maxUndelivered})
		if err != nil {
			return err
		}
		r.Relaying.Total += all
		for _, u := range refused {
			r.Relaying.Undelivered = append(r.Relaying.Undelivered, digest.UndeliveredEvent{
				ID: relayed.Short(u.Event.FirstID()), Endpoint: endpoint, Topic: u.Event.Topic, Name: u.Name, Resource: u.Resource,
				Kind: giftcard.Kind(u.Failure.Kind), Message: u.Failure.Message, At: u.GivenUpAt,
			})
		}
	}
	gaps, err := relaygaps.Find(ctx, r.Reader, r.relayed, r.Window.From)
	for _, g := range gaps {
		r.Relaying.Gaps = append(r.Relaying.Gaps, digest.EventGap{
			From: g.From, To: g.Until, Topics: g.Topics, Unwatched: g.Cause == relaygaps.Unwatched,
		})
	}
	return err
}
