package telemetry

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What is not known is not said: no number before the first survey, none after one that failed, and no oldest order
// where none is failed.
func TestOrdersNow(t *testing.T) {
	t.Parallel()
	tel := newTelemetry(t)
	names := []string{
		"giftbridge_failed_orders ", "giftbridge_failed_orders_expiring ", "giftbridge_running_orders_long ",
		"giftbridge_failed_changes ",
		"giftbridge_failed_orders_oldest_timestamp_seconds ", "giftbridge_cards_waiting_oldest_timestamp_seconds ",
		"giftbridge_redemptions_unknown_oldest_timestamp_seconds ", "giftbridge_redemptions_unknown ",
		"giftbridge_redemptions_contradicted ",
	}
	absent := func(names ...string) {
		t.Helper()
		for _, name := range names {
			require.NotContains(t, scrape(t, tel), "\n"+name)
		}
	}

	absent(names...)
	tel.SetOrders(&Orders{
		Failed: 3, Expiring: 1, OldestFailed: time.Unix(1234, 5e8), RunningLong: 2, FailedChanges: 4,
		OldestMaking: time.Unix(5, 0), UnknownRedemptions: 6, OldestUnknownRedemption: time.Unix(7, 0), ContradictedRedemptions: 8,
	})
	requireLines(t, tel,
		`giftbridge_failed_orders 3`, `giftbridge_failed_orders_expiring 1`, `giftbridge_running_orders_long 2`,
		`giftbridge_failed_changes 4`,
		`giftbridge_failed_orders_oldest_timestamp_seconds 1234.5`, `giftbridge_cards_waiting_oldest_timestamp_seconds 5`,
		`giftbridge_redemptions_unknown 6`, `giftbridge_redemptions_unknown_oldest_timestamp_seconds 7`,
		`giftbridge_redemptions_contradicted 8`,
	)
	tel.SetOrders(nil)
	absent(names...)
	tel.SetOrders(&Orders{})
	requireLines(t, tel, `giftbridge_failed_orders 0`, `giftbridge_failed_orders_expiring 0`, `giftbridge_running_orders_long 0`)
	absent(names[4:7]...)
}
