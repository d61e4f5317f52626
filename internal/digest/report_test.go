package digest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

var evening = time.Date(2026, 8, 22, 16, 0, 0, 0, time.UTC)

// quiet is a report with nothing to say.
func quiet() digest.Report {
	return digest.Report{
		Date: evening, TimeZone: "Europe/Rome", Shop: "example.myshopify.com", Namespace: "gift-cards",
		Window: digest.Window{From: evening.AddDate(0, 0, -1), To: evening}, Reruns: true,
		Watermark: digest.Watermark{At: evening.Add(-5 * time.Minute), Age: 5 * time.Minute},
		Issued:    digest.Issued{Orders: 1204, Cards: 1310},
	}
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	require.True(t, quiet().Empty())
	require.True(t, digest.Report{}.Empty())
	later := quiet()
	later.Later = &digest.Later{Orders: 3}
	require.True(t, later.Empty(), "nobody has to act")
	for name, change := range map[string]func(*digest.Report){
		"failed":             func(r *digest.Report) { r.FailedOrders = make([]digest.FailedOrder, 1) },
		"failed total":       func(r *digest.Report) { r.FailedTotal = 1 },
		"recovered":          func(r *digest.Report) { r.Recovered = make([]digest.RecoveredOrder, 1) },
		"recovered total":    func(r *digest.Report) { r.RecoveredTotal = 1 },
		"retrying":           func(r *digest.Report) { r.Retrying = make([]digest.RetryingOrder, 1) },
		"retrying total":     func(r *digest.Report) { r.RetryingTotal = 1 },
		"failed polls":       func(r *digest.Report) { r.FailedPolls = make([]digest.FailedPoll, 1) },
		"failed polls total": func(r *digest.Report) { r.FailedPollsTotal = 1 },
		"missed":             func(r *digest.Report) { r.Missed.To = evening },
		"stale":              func(r *digest.Report) { r.Watermark.Stale = true },
		"paused":             func(r *digest.Report) { r.Paused = &digest.Pause{} },
		"mixed":              func(r *digest.Report) { r.Mixed = make([]string, 1) },
		"unknown redemption": func(r *digest.Report) { r.Redeeming.Unknown = make([]digest.Redemption, 1) },
		"contradicted":       func(r *digest.Report) { r.Redeeming.Contradicted = make([]digest.Redemption, 1) },
		"unsent message":     func(r *digest.Report) { r.Unsent.Total = 1 },
		"unread redemptions": func(r *digest.Report) { r.Redeeming.Unread = 1 },
		"undelivered event":  func(r *digest.Report) { r.Relaying.Total = 1 },
		"halted endpoint":    func(r *digest.Report) { r.Relaying.Halted = make([]digest.HaltedEndpoint, 1) },
		"gap of events":      func(r *digest.Report) { r.Relaying.Gaps = make([]digest.EventGap, 1) },
		"refused":            func(r *digest.Report) { r.Refused = "550" },
		"underpaid":          func(r *digest.Report) { r.Left = []digest.LeftOrder{{Reason: giftcard.Underpaid}} },
		"disputed":           func(r *digest.Report) { r.Disputed = make([]digest.DisputedOrder, 1) },
		"products":           func(r *digest.Report) { r.Watch.Products = make([]digest.Product, 1) },
		"lost":               func(r *digest.Report) { r.Watch.Lost = make([]string, 1) },
		"repaired":           func(r *digest.Report) { r.Watch.Repaired = &digest.Repaired{} },
		"failed look":        func(r *digest.Report) { r.Watch.Failed = make([]digest.FailedLook, 1) },
		"left":               func(r *digest.Report) { r.Left = []digest.LeftOrder{{Reason: giftcard.MixedOrder}} },
		"mixed total":        func(r *digest.Report) { r.MixedTotal = 1 },
		"native":             func(r *digest.Report) { r.Native = make([]string, 1) },
		"native total":       func(r *digest.Report) { r.NativeTotal = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := quiet()
			change(&r)
			require.False(t, r.Empty())
		})
	}
}

// Each reason for which people are asked to act has an explanation of its own.
func TestEveryReasonIsExplained(t *testing.T) {
	t.Parallel()
	states := map[string]giftcard.Reason{}
	for _, reason := range append([]giftcard.Reason{giftcard.Reopened, giftcard.Settled}, giftcard.Reasons...) {
		if !reason.LeftToPeople() {
			continue
		}
		why := digest.LeftBy(reason)
		require.Equal(t, reason, why.Reason)
		require.NotEmpty(t, why.Title)
		require.NotEmpty(t, why.Says)
		require.NotContains(t, states, why.State)
		states[why.State] = reason
	}
	require.Len(t, states, 6)
	require.Equal(t, "left", digest.LeftBy("a reason of a later release").State)
}
