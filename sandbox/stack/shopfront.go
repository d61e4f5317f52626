package stack

import (
	"context"
	"fmt"
	"slices"

	"github.com/giftbridge/giftbridge/sandbox/internal/site"
	"github.com/giftbridge/giftbridge/sandbox/shopfront"
)

// startShopfront starts the example of a checkout, if there are cards that can be spent.
func (s *Stack) startShopfront(ctx context.Context, o Options) error {
	if !o.Later {
		return nil
	}
	l, err := site.Listen(ctx, o.ShopfrontPort)
	if err != nil {
		return fmt.Errorf("start example of a checkout: %w", err)
	}
	shop := shopfront.New(shopfront.Options{
		Giftbridge: s.Config.Receiver.URL, Key: sandbox.CheckoutKey(),
		Currency: s.Later.Items()[0].Currency, Samples: s.samples,
	})
	s.serve(l, shop)
	s.closers = append(s.closers, shop) // It is closed first, since it waits for answers.
	s.ShopfrontURL = site.URL(l)
	return nil
}

// samples returns the newest cards that can be spent, two of each balance, with what is on them. Only a sandbox may show the codes
// of cards.
func (s *Stack) samples() (out []shopfront.Sample) {
	const most, alike = 6, 2
	shown := map[string]int{}
	for _, c := range slices.Backward(s.Later.Cards()) {
		balance := c.Amount.String() + " " + c.Currency
		if c.Active && !c.Forged && c.Amount > 0 && len(out) < most && shown[balance] < alike {
			shown[balance]++
			out = append(out, shopfront.Sample{Code: c.Barcode, Balance: balance})
		}
	}
	return out
}
