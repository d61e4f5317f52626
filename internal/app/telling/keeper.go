package telling

import (
	"context"
	"slices"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/looking"
	"github.com/giftbridge/giftbridge/internal/webhook"
	"github.com/giftbridge/giftbridge/workflows"
)

// orderTopics are the deliveries after which the customer of an order may have to be told something. A payment comes as
// orders/updated too.
var orderTopics = []string{
	webhook.OrdersCreate, webhook.OrdersUpdated, webhook.OrdersEdited, webhook.OrdersCancelled, webhook.RefundsCreate,
	webhook.FulfillmentsCreate, webhook.FulfillmentsUpdate,
}

// Topics returns the topics of the deliveries that messages need; none if messages are off. A receiver, which strangers reach, has no
// account: that the shop has a name for its customers says to it that workers have one.
func Topics(cfg config.Config) []string {
	on := cfg.Sonar.On() || cfg.Messages.ShopName != ""
	var out []string
	if on && cfg.Messages.AboutOrders() {
		out = slices.Clone(orderTopics)
	}
	if on && cfg.Messages.AboutStock() {
		out = append(out, webhook.VariantsInStock)
	}
	return out
}

// Keeper has orders and variants looked at that the shop's deliveries are about. It implements
// [webhook.OversizedKeeper].
type Keeper struct {
	topics []string
	looker looking.Looker
	// byProduct is set if customers are told of products, and not of each variant.
	byProduct bool
	shop      func(context.Context) (string, error)
}

// NewKeeper returns a keeper, or nil if messages are off. shop returns the shop's name in workflow IDs. hurry divides the pauses of the
// workflows that it starts; zero is one.
func NewKeeper(cfg config.Config, temporal looking.Client, hurry int, shop func(context.Context) (string, error)) *Keeper {
	topics := Topics(cfg)
	if len(topics) == 0 {
		return nil
	}
	return &Keeper{
		topics: topics, looker: looking.Looker{Client: temporal, Hurry: hurry}, byProduct: !cfg.Sonar.ByVariant(), shop: shop,
	}
}

// Topics implements [webhook.Keeper].
func (k *Keeper) Topics() []string { return k.topics }

// Keep implements [webhook.Keeper]: a signal is kept by Temporal.
func (k *Keeper) Keep(ctx context.Context, d webhook.Delivery) error {
	shop, err := k.shop(ctx)
	if err != nil {
		return err
	}
	if d.Topic == webhook.VariantsInStock {
		product := ""
		if k.byProduct {
			product = d.Product // A body that was cut off may lack it.
		}
		return k.looker.Variant(ctx, shop, d.Variant, product)
	}
	look := workflows.Look{Topic: d.Topic}
	if slices.Contains([]string{webhook.OrdersCreate, webhook.OrdersUpdated, webhook.OrdersCancelled}, d.Topic) {
		look.UpdatedAt = d.UpdatedAt // The other deliveries have the time of a part of the order, or none.
	}
	return k.looker.Order(ctx, shop, d.Order, d.Name, look)
}

// KeepOversized implements [webhook.OversizedKeeper]: what a delivery is about is read from the shop, not from its body. Without
// its number there is nothing to read; the sweep finds it.
func (k *Keeper) KeepOversized(ctx context.Context, d webhook.Delivery) error {
	if d.Order == "" && d.Variant == "" {
		return nil
	}
	return k.Keep(ctx, d)
}
