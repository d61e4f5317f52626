package activities

import (
	"context"
	"fmt"
	"strings"

	"go.temporal.io/sdk/activity"

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
	// Status is the card's state, in CashStar's words.
	Status string `json:"status"`
}

// CancelCard cancels one card at CashStar.
func (g *GiftCards) CancelCard(ctx context.Context, in CancelCardInput) (CancelCardResult, error) {
	card, err := g.CashStar.CancelCard(ctx, in.MerchantCode, in.EGCCode)
	if rest.StatusOf(err) != 0 && activity.GetInfo(ctx).Attempt > 1 {
		// An earlier attempt may have cancelled the card without receiving the answer.
		if now, e := g.CashStar.Balance(ctx, in.MerchantCode, in.EGCCode); e == nil && isCancelled(now.Status) {
			return CancelCardResult{Status: now.Status}, nil
		}
	}
	if err != nil {
		return CancelCardResult{}, failure(ctx, fmt.Sprintf("order %s, cancelling card %d", in.OrderName, in.Unit), err, untilTimeout)
	}
	return CancelCardResult{Status: card.Status}, nil
}

// isCancelled accepts both spellings. Assumed: the status of a cancelled card has not been seen outside CashStar.
func isCancelled(status string) bool { return strings.HasPrefix(strings.ToUpper(status), "CANCEL") }
