package app

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/operator"
)

// Each card is requested at most once unless the issuer recognises a repeated request.
func TestAtMostOnceIsSwitchedOn(t *testing.T) {
	t.Parallel()
	for _, dedupes := range []bool{true, false} {
		cfg := config.Default()
		cfg.Orders.GiftCardSKUs = config.List{"GIFT-50"}
		cfg.CashStar.BaseURL, cfg.CashStar.Username = "https://api.cashstar.com/v2/", "giftbridge"
		cfg.CashStar.Password, cfg.Issue.Dedupes = config.NewSecret("hunter2"), dedupes
		from, err := NewIssuer(cfg)
		require.NoError(t, err)
		activities := newTopics(WorkerOptions{Config: cfg}, services{issuer: from}, &operator.Operator{}, "shop")
		require.Equal(t, !dedupes, activities.giftCards.AtMostOnce)
	}
}
