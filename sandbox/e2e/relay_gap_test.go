package e2e_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
	"github.com/giftbridge/giftbridge/internal/relaygaps"
	"github.com/giftbridge/giftbridge/internal/reporting"
	"github.com/giftbridge/giftbridge/internal/webhook"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// When the shop has deleted a subscription, status and the next digest say from when to when the ERP may lack which events.
func TestDeletedSubscriptionLeavesAGap(t *testing.T) {
	t.Parallel()
	e := startRelaying(t, stack.Options{}, relaytest.Options{})
	good, _ := e.watch()
	require.Empty(t, good.Webhooks.Left)
	require.NotContains(t, e.starter(nil, "status").stdout, "events may be missing")

	gone := e.Shop.Subscriptions().Of("ORDERS_CREATE")
	require.Len(t, gone, 1)
	require.True(t, e.Shop.Subscriptions().Delete(gone[0].ID))
	repaired, _ := e.watch()
	require.Equal(t, []string{"orders/create: missing"}, repaired.Webhooks.Repaired.Topics)

	// What was sent before the first look, and not taken, was tried until that long ago.
	from, until := good.Webhooks.GoodAt.Add(-relaygaps.Tries), repaired.Webhooks.Repaired.Until
	told := regexp.MustCompile(`warn +relay +.*events may be missing from ` + from.UTC().Format(time.RFC3339) + ` to ` +
		until.UTC().Format(time.RFC3339) + `: orders/create\n`)
	e.await("status has the gap", func() bool { return told.MatchString(e.starter(nil, "status").stdout) })
	reported, err := reporting.Relayed(e.ctx, e.Operator.Reader, relaying.Endpoints, e.Config.Relay.Taken(), from)
	require.NoError(t, err)
	require.Equal(t, []digest.EventGap{{From: from, To: until, Topics: []string{webhook.OrdersCreate}}}, reported.Gaps)
}
