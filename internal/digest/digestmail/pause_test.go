package digestmail_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/digest"
)

// The mail says what is known about a pause, how to end it, and that orders wait meanwhile. That orders are not seen is no
// other trouble, unless a poll keeps failing.
func TestPaused(t *testing.T) {
	t.Parallel()
	const ends = " New orders wait in Shopify. Those that were taken in before get their cards as usual."
	for name, tt := range map[string]struct {
		change func(*digest.Report)
		want   string
		alarms int
	}{
		"nothing is known": {func(r *digest.Report) { *r.Paused = digest.Pause{} }, "Somebody paused giftbridge." + ends, 1},
		"only a reason": {
			func(r *digest.Report) { *r.Paused = digest.Pause{Reason: "holiday"} }, "Somebody paused giftbridge: holiday." + ends, 1,
		},
		"everything is known": {
			func(*digest.Report) {},
			"ann@desk paused giftbridge on 22 Aug 2026 00:00, 18 hours ago: the issuer is being serviced, ticket 4711. " +
				"The pause is meant to end on 23 Aug 2026 06:00." + ends, 1,
		},
		"overdue": {
			func(r *digest.Report) { r.Paused.Until = evening.Add(-2 * time.Hour) },
			"ticket 4711. The pause was meant to end on 22 Aug 2026 16:00, 2 hours ago." + ends, 1,
		},
		"orders are not seen": {
			func(*digest.Report) {}, ends + " Orders have been seen up to 22 Aug 2026 00:00, 18 hours ago.", 1,
		},
		"a poll keeps failing": {
			func(r *digest.Report) { r.Polling = &digest.RetriedPoll{Message: "Shopify answered 401"} },
			"giftbridge has been trying to look for new orders: Shopify answered 401.", 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := paused()
			tt.change(&r)
			m := render(t, r)
			text := strings.Join(strings.Fields(m.Text), " ")
			require.Contains(t, text, "No order is waiting; new orders are not taken in")
			require.Contains(t, text, tt.want)
			require.Contains(t, m.HTML, tt.want)
			for _, body := range []string{m.Text, m.HTML} {
				require.Equal(t, 1, strings.Count(body, "giftbridge resume"))
			}
			require.Equal(t, tt.alarms, strings.Count(m.HTML, `<div class="loud">`))
		})
	}
}
