package session

import (
	"context"
	"errors"
	"fmt"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/told"
)

// TheShop returns how the shop is asked for the number of an order; nil if this process is not configured to ask it.
func TheShop() told.Shop {
	cfg, err := config.Load()
	if err != nil {
		return nil
	}
	shop, err := app.NewOrders(cfg)
	if err != nil {
		return nil
	}
	return func(ctx context.Context, r orders.Reference) (string, error) {
		found, err := intake.Find(ctx, shop.Source, r.Number, r.Names()...)
		if errors.Is(err, intake.ErrNotFound) {
			return "", &executions.NotFoundError{What: fmt.Sprintf("neither giftbridge nor the shop has an order %q", r.Text)}
		}
		if err != nil {
			return "", err
		}
		return found.Order.ID, nil
	}
}
