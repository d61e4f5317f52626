package reporting

import (
	"context"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/executions"
)

// addMaking adds the cards for which an issuer takes long, and those of which its callbacks contradict each other.
func (r *reporter) addMaking(ctx context.Context) error {
	now, err := r.Reader.Making(ctx, r.now, r.Window.From)
	told := func(cards []executions.MadeCard) (out []digest.MadeCard) {
		for _, c := range cards {
			out = append(out, digest.MadeCard{
				Name: c.Name, OrderID: c.Order, Unit: c.Unit, Since: c.Since, Link: c.Link,
				ShopLink: r.shopLink(executions.Order{Shop: c.Shop, ID: c.Order}),
			})
		}
		return out
	}
	r.Making = digest.Making{Waiting: now.Cards, Long: told(now.Long), Suspicious: told(now.Suspicious)}
	return err
}
