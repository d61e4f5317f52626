package reporting

import (
	"context"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/redemptions"
)

// addRedeeming adds the amounts of which it is unknown whether they were taken off a card, and those that the issuer contradicts.
func (r *reporter) addRedeeming(ctx context.Context) error {
	all := redemptions.New(r.Reader, nil)
	noted, err := all.Look(ctx, r.now.Add(-redemptions.ToldFor))
	if err != nil {
		return err
	}
	r.Redeeming = digest.Redeeming{Unread: noted.Unread}
	for _, part := range []struct {
		found []redemptions.Found
		into  *[]digest.Redemption
	}{{noted.Unknown, &r.Redeeming.Unknown}, {noted.Contradicted, &r.Redeeming.Contradicted}} {
		if err := all.WithOrders(ctx, part.found); err != nil {
			return err
		}
		for _, f := range part.found {
			*part.into = append(*part.into, redeemed(f))
		}
	}
	return nil
}

// redeemed describes a redemption to the digest.
func redeemed(f redemptions.Found) digest.Redemption {
	doubt, since := f.Doubt()
	if doubt == redemptions.None {
		since = f.SettledAt
	}
	out := digest.Redemption{
		Client: f.Client, ID: f.ID, Amount: f.Moved(), Currency: f.Currency, Order: f.Order, Since: since,
		Back: doubt == redemptions.GivingBack, BelowZero: f.BelowZero,
	}
	if f.Bought != nil {
		out.BoughtWith, out.Unit = f.Bought.Name, f.Bought.Unit
	}
	return out
}
