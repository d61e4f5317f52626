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
	// Unspent cancels the card only if nothing of it was spent.
	Unspent bool `json:"unspent,omitempty"`
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
	if in.Unspent {
		// Whoever asks has looked at the card, but an issuer that was away may have delayed this attempt by hours.
		if now, err := g.unspent(ctx, in); err != nil || now.Cancelled {
			return now, err
		}
	}
	card, err := g.Issuer.Canceller.Cancel(ctx, issuer.Cancellation{Account: in.MerchantCode, Reference: in.EGCCode})
	if rest.StatusOf(err) != 0 && activity.GetInfo(ctx).Attempt > 1 && g.Issuer.Inspector != nil {
		// An earlier attempt may have cancelled the card without receiving the answer.
		if now, e := g.Issuer.Inspector.Inspect(ctx, in.MerchantCode, in.EGCCode); e == nil && now.Cancelled {
			return now, nil
		}
	}
	return card, err
}

// unspent returns the state of a card, or an error if something of it was spent.
func (g *GiftCards) unspent(ctx context.Context, in CancelCardInput) (issuer.State, error) {
	if g.Issuer.Inspector == nil {
		return issuer.State{}, giftcard.Errorf(giftcard.InvalidRequest, "%s does not show the state of cards", g.Issuer.Words().Issuer)
	}
	now, err := g.Issuer.Inspector.Inspect(ctx, in.MerchantCode, in.EGCCode)
	if err == nil && !now.Cancelled && Spent(now) {
		err = giftcard.Errorf(giftcard.CardDeclined, "something of the card was spent, so it was not cancelled")
	}
	return now, err
}
