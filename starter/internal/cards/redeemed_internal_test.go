package cards

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/internal/redemptions"
	"github.com/giftbridge/giftbridge/workflows"
)

func of(s redemption.State) redemptions.Found {
	return redemptions.Found{Redemption: &workflows.Redemption{
		Redemption: redemption.Redemption{State: s, Amount: "20.00", Currency: "EUR"},
	}}
}

// The redemptions of a card are told in a few words, and what they hold is not available.
func TestRedeemed(t *testing.T) {
	t.Parallel()
	back := of(redemption.Succeeded)
	back.Reversal = &workflows.Reversal{State: redemption.Accepted}
	for name, tt := range map[string]struct {
		of        []redemptions.Found
		says      string
		available string
	}{
		"none":    {nil, "", "50.00"},
		"settled": {[]redemptions.Found{of(redemption.Succeeded), of(redemption.Declined)}, "2", "50.00"},
		"unknown": {[]redemptions.Found{of(redemption.Unknown)}, "1, 1 unknown", "30.00"},
		"all": {
			[]redemptions.Found{of(redemption.Unknown), of(redemption.Accepted), back, of(redemption.Unknown)},
			"4, 2 unknown, 2 under way", "0.00",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := shown{CurrentBalance: "50.00", Currency: "EUR", Redemptions: inShort(tt.of, "EUR"), asked: true}
			require.Equal(t, tt.says, s.Redemptions.says())
			require.Equal(t, tt.available, s.available())
			require.Equal(t, tt.available, balances([]shown{s})[0].Available)
		})
	}
	for _, unread := range []*redeemed{nil, {Unread: "no worker answers"}} {
		s := shown{CurrentBalance: "50.00", Currency: "EUR", Redemptions: unread}
		require.Empty(t, s.available(), "what is held is not known")
	}
	require.Equal(t, "no worker answers", (&redeemed{Unread: "no worker answers"}).says())
	var none *redeemed
	require.Empty(t, none.says())
}
