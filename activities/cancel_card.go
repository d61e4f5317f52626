package activities

import (
	"context"
	"fmt"
)

// CancelCardInput is one card to be cancelled.
type CancelCardInput struct {
	OrderName string `json:"order_name"`
	// Unit counts the cards of the order from 1.
	Unit         int    `json:"unit"`
	MerchantCode string `json:"merchant_code"`
	EGCCode      string `json:"egc_code"`
}

// CancelCardResult is a cancelled card.
type CancelCardResult struct {
	// Status is CashStar's word for its state.
	Status string `json:"status"`
}

// CancelCard cancels one card at CashStar.
func (g *GiftCards) CancelCard(ctx context.Context, in CancelCardInput) (CancelCardResult, error) {
	card, err := g.CashStar.CancelCard(ctx, in.MerchantCode, in.EGCCode)
	if err != nil {
		return CancelCardResult{}, failure(ctx, fmt.Sprintf("order %s, cancelling card %d", in.OrderName, in.Unit), err, untilTimeout)
	}
	return CancelCardResult{Status: card.Status}, nil
}
