package cards_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/health/cards"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/internal/redemptions"
	"github.com/giftbridge/giftbridge/workflows"
)

// Redemptions that are unknown or contradicted need somebody, and so do cards that do not answer; others do not.
func TestRedeemingCheck(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)
	spent := func(id string, s redemption.State, ago time.Duration) redemptions.Found {
		return redemptions.Found{Redemption: &workflows.Redemption{
			Client: "checkout", Redemption: redemption.Redemption{ID: id, State: s, SettledAt: now.Add(-ago)},
		}}
	}
	unknown := []redemptions.Found{spent("a", redemption.Unknown, time.Hour), spent("b", redemption.Unknown, 5*time.Hour)}
	denied := []redemptions.Found{spent("c", redemption.Succeeded, time.Hour)}
	for name, tt := range map[string]struct {
		noted  redemptions.Noted
		status check.Status
		says   string
		fix    string
	}{
		"none":    {redemptions.Noted{}, check.OK, "3 cards have some, none is unknown", ""},
		"one":     {redemptions.Noted{Unknown: unknown[:1]}, check.Warn, "of 1 redemption it is unknown whether", "--unknown"},
		"unknown": {redemptions.Noted{Unknown: unknown, Unread: 1}, check.Warn, "of 2 redemptions it is unknown whether the amount was moved, the first since 2026-07-10T07:00:00Z (5 hours)", "--unknown"},
		"contradicted": {
			redemptions.Noted{Unknown: unknown, Contradicted: denied},
			check.Warn,
			"the issuer contradicts 1 redemption that the card had shown, such as checkout/c", "The issuer contradicts a redemption",
		},
		"unread": {redemptions.Noted{Unread: 4}, check.Warn, "4 cards that were in doubt did not answer", "--unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := cards.Redeeming{Cards: 3, Noted: tt.noted}.Check(now)
			require.Equal(t, "redemptions", c.Name)
			require.Equal(t, tt.status, c.Status)
			require.Contains(t, c.Found, tt.says)
			require.Contains(t, c.Fix, tt.fix)
			require.Equal(t, tt.status == check.OK, c.Fix == "")
		})
	}
}
