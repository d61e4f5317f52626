package intake_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
)

// An order is judged by its age when it would be taken in, not by its age when the rules were made.
func TestJudgeAtTheTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 7, 10, 0, 0, 0, 0, time.UTC)
	rules := giftcard.Rules{SKUs: []string{"GIFT"}, CreatedFrom: now.Add(-time.Hour), MaxAge: time.Hour}
	var found intake.Order
	found.Paid = true
	found.Order = giftcard.Order{
		ID: "1", CreatedAt: now.Add(-50 * time.Minute), Lines: []giftcard.Line{{SKU: "GIFT", Units: 1}},
	}
	order, reason := intake.Judge(rules, "shop", &found, now)
	require.Empty(t, reason)
	require.Equal(t, "shop", order.Shop)
	require.Empty(t, found.Order.Shop, "what was read stays as it is")
	_, reason = intake.Judge(rules, "shop", &found, now.Add(11*time.Minute))
	require.Equal(t, giftcard.TooOld, reason)
}
