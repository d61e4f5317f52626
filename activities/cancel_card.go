package activities

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/activity"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/rest"
)

// CancelCardInput identifies one card to cancel.
type CancelCardInput struct {
	OrderName string `json:"order_name"`
	// Unit counts the cards of the order from 1.
	Unit         int    `json:"unit"`
	MerchantCode string `json:"merchant_code"`
	EGCCode      string `json:"egc_code"`
}

// CancelCardResult is the outcome of a cancellation.
type CancelCardResult struct {
	// Status is the card's state, in the issuer's words.
	Status string `json:"status"`
}

// CancelCard cancels one card at the issuer.
func (g *GiftCards) CancelCard(ctx context.Context, in CancelCardInput) (CancelCardResult, error) {
	card, err := g.cancel(ctx, in)
	if err != nil {
		return CancelCardResult{}, failure(ctx, fmt.Sprintf("order %s, cancelling card %d", in.OrderName, in.Unit), err, untilTimeout)
	}
	return CancelCardResult{Status: card.Status}, nil
}

func (g *GiftCards) cancel(ctx context.Context, in CancelCardInput) (issuer.State, error) {
	if g.Issuer.Canceller == nil {
		return issuer.State{}, giftcard.Errorf(giftcard.InvalidRequest, "%s cannot cancel cards", g.Issuer.Words().Issuer)
	}
	card, err := g.Issuer.Canceller.Cancel(ctx, in.MerchantCode, in.EGCCode)
	if rest.StatusOf(err) != 0 && activity.GetInfo(ctx).Attempt > 1 && g.Issuer.Inspector != nil {
		// An earlier attempt may have cancelled the card without receiving the answer.
		if now, e := g.Issuer.Inspector.Inspect(ctx, in.MerchantCode, in.EGCCode); e == nil && now.Cancelled {
			return now, nil
		}
	}
	return card, err
}
