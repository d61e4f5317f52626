package forwarding

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

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

// Keeper puts deliveries of the shop into the mailboxes of the relay. It implements [webhook.Keeper].
type Keeper struct {
	relay settings.Relay
	boxes Boxes
	now   func() time.Time
	shop  func(context.Context) (string, error)
}

// NewKeeper returns a keeper, or nil if no event goes on. shop returns the shop to which Temporal's namespace belongs, and an error as
// long as that is not known: events of one shop must not go to the ERP of another one.
func NewKeeper(cfg config.Config, boxes Boxes, shop func(context.Context) (string, error)) *Keeper {
	if !cfg.Relay.On() {
		return nil
	}
	return &Keeper{relay: cfg.Relay, boxes: boxes, now: time.Now, shop: shop}
}

// Topics implements [webhook.Keeper].
func (k *Keeper) Topics() []string { return k.relay.Taken() }

// Keep implements [webhook.Keeper].
func (k *Keeper) Keep(ctx context.Context, d webhook.Delivery) error {
	endpoint, ok := k.relay.Takes(d.Topic)
	resource := d.Order
	if endpoint == settings.Products {
		resource = d.Product
	}
	if !ok || resource == "" {
		return fmt.Errorf("%s is not about what goes on", d.Topic)
	}
	if _, err := k.shop(ctx); err != nil {
		return err
	}
	e := relaying.Event{
		ID: relay.ID(endpoint, d.Topic, resource, d.Body), Topic: d.Topic, Order: d.Name, Body: d.Body, UpdatedAt: d.UpdatedAt,
		TriggeredAt: d.TriggeredAt, TakenAt: k.now().UTC(), APIVersion: d.APIVersion,
	}
	if tooLarge(e) {
		e.Size = len(d.Body)
		e.Body = notice(d.Notice)
	}
	return k.boxes.Put(ctx, endpoint, resource, e)
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

// notice is the body that goes on instead of one that is too large. It has the numbers of what the event is about, under the names that
// they have in the shop's bodies.
func notice(n webhook.Notice) []byte {
	var about struct {
		ID      json.Number `json:"id,omitempty"`
		OrderID json.Number `json:"order_id,omitempty"`
	}
	switch {
	case n.Product != "":
		about.ID = json.Number(n.Product)
	case n.Fulfillment != "":
		about.ID, about.OrderID = json.Number(n.Fulfillment), json.Number(n.Order)
	case n.Topic == webhook.RefundsCreate || n.Topic == webhook.OrdersEdited:
		about.OrderID = json.Number(n.Order)
	default:
		about.ID = json.Number(n.Order)
	}
	text, err := json.Marshal(about)
	if err != nil { // The numbers were read from JSON.
		return nil
	}
	return text
}
