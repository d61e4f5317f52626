package forwarding

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/config"
	settings "github.com/giftbridge/giftbridge/internal/config/relaying"
	"github.com/giftbridge/giftbridge/internal/relay"
	"github.com/giftbridge/giftbridge/internal/webhook"
)

// maxEvent bounds an event in JSON, in bytes. Temporal takes payloads of 2 MiB, and a payload also has what encryption adds.
const maxEvent = 2<<20 - 64<<10

// maxGrowth is how many bytes of JSON one byte of a body becomes at most.
const maxGrowth = 6

// Boxes are the mailboxes into which a [Keeper] puts events.
type Boxes interface {
	Put(ctx context.Context, endpoint, resource string, e relaying.Event) error
}

// Keeper puts deliveries of the shop into the mailboxes of the relay. It implements [webhook.OversizedKeeper].
type Keeper struct {
	relay settings.Relay
	boxes Boxes
	now   func() time.Time
	shop  func(context.Context) (string, error)
	log   zerolog.Logger
}

// NewKeeper returns a keeper, or nil if no event goes on. shop returns the shop to which Temporal's namespace belongs, and an error as
// long as that is not known: events of one shop must not go to the ERP of another one.
func NewKeeper(cfg config.Config, boxes Boxes, shop func(context.Context) (string, error), log zerolog.Logger) *Keeper {
	if !cfg.Relay.On() {
		return nil
	}
	return &Keeper{relay: cfg.Relay, boxes: boxes, now: time.Now, shop: shop, log: log}
}

// Topics implements [webhook.Keeper].
func (k *Keeper) Topics() []string { return k.relay.Taken() }

// unknown stands for a resource that a body is too large to say.
const unknown = "unknown"

// Keep implements [webhook.Keeper].
func (k *Keeper) Keep(ctx context.Context, d webhook.Delivery) error {
	return k.keep(ctx, d, func(e relaying.Event, endpoint, resource string) relaying.Event {
		e.ID = relay.ID(endpoint, d.Topic, resource, d.Body)
		e.Body = relaying.NewBody(d.Body)
		if tooLarge(e) {
			e.Size, e.Body = len(d.Body), k.notice(d.Notice, int64(len(d.Body)))
		}
		return e
	})
}

// KeepOversized implements [webhook.OversizedKeeper]: a notice goes on. Its ID is the same in all tries of the shop.
func (k *Keeper) KeepOversized(ctx context.Context, d webhook.Delivery) error {
	return k.keep(ctx, d, func(e relaying.Event, endpoint, resource string) relaying.Event {
		same := fmt.Sprintf("%s %d %s %s", d.ID, d.Size, d.UpdatedAt.UTC(), d.TriggeredAt.UTC())
		e.ID = relay.ID(endpoint, d.Topic, resource, []byte(same))
		e.Size, e.Body = int(d.Size), k.notice(d.Notice, d.Size)
		return e
	})
}

func (k *Keeper) keep(
	ctx context.Context, d webhook.Delivery, fill func(e relaying.Event, endpoint, resource string) relaying.Event,
) error {
	endpoint, ok := k.relay.Takes(d.Topic)
	if !ok {
		return fmt.Errorf("%s does not go on", d.Topic)
	}
	if _, err := k.shop(ctx); err != nil {
		return err
	}
	resource := d.Order
	if endpoint == settings.Products {
		resource = d.Product
	}
	resource = cmp.Or(resource, unknown)
	return k.boxes.Put(ctx, endpoint, resource, fill(relaying.Event{
		Topic: d.Topic, Order: d.Name, Object: d.Fulfillment, UpdatedAt: d.UpdatedAt, TriggeredAt: d.TriggeredAt, TakenAt: k.now().UTC(),
		APIVersion: d.APIVersion,
	}, endpoint, resource))
}

// tooLarge reports whether an event is larger than a payload may be.
func tooLarge(e relaying.Event) bool {
	if len(e.Body) < maxEvent/maxGrowth-1<<10 {
		return false
	}
	if len(e.Body) > maxEvent {
		return true
	}
	text, err := json.Marshal(e)
	return err != nil || len(text) > maxEvent
}

// notice is the body that goes on instead of one that is too large.
func (k *Keeper) notice(n webhook.Notice, size int64) relaying.Body {
	k.log.Warn().Str("topic", n.Topic).Int64("bytes", size).Msg("a webhook is too large to go on: a notice goes on instead of its body")
	about := relaying.Notice{UpdatedAt: n.UpdatedAt}
	switch {
	case n.Product != "":
		about.ID = json.Number(n.Product)
	case n.Fulfillment != "":
		about.ID, about.OrderID = json.Number(n.Fulfillment), json.Number(n.Order)
	case n.Topic == webhook.RefundsCreate || n.Topic == webhook.OrdersEdited || n.Topic == webhook.FulfillmentsCreate ||
		n.Topic == webhook.FulfillmentsUpdate:
		about.OrderID = json.Number(n.Order)
	default:
		about.ID = json.Number(n.Order)
	}
	return about.Body()
}
