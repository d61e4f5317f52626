package arrivals_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/intake/arrivals"
	"github.com/giftbridge/giftbridge/internal/rest"
	"github.com/giftbridge/giftbridge/internal/webhook"
)

// Orders are judged by what the shop shows of them, whatever the notice says.
func TestOrdersAreReadAgainAndJudged(t *testing.T) {
	t.Parallel()
	w := newWorld()
	run(t, w, nil, func(t *testing.T, q *arrivals.Queue) {
		w.place("1")
		w.place("2", func(o *intake.Order) { o.Paid = false })
		w.place("3", func(o *intake.Order) {
			o.Order.Lines = append(o.Order.Lines, giftcard.Line{SKU: "PEN", Units: 1})
		})
		w.place("4", func(o *intake.Order) { o.Order.Lines[0].SKU = "PEN" })
		w.place("5", func(o *intake.Order) { o.Cancelled = true })
		w.place("6")
		w.exists["6"] = true
		w.place("7", func(o *intake.Order) { o.Order.CreatedAt = time.Now().Add(-25 * time.Hour) })
		w.hold(t, func() {
			for _, n := range numbers(7) {
				require.Equal(t, webhook.Queued, q.Take(notice(n, "GIFT")))
			}
		})
		require.Equal(t, []string{"#1"}, w.names())
		require.Equal(t, shopName, w.seen().started[0].Shop)
		require.WithinDuration(t, time.Now(), w.seen().started[0].ReadAt, time.Second)
		require.Equal(t, map[string]giftcard.Reason{"3": giftcard.MixedOrder}, w.seen().left)
		require.Equal(t, map[arrivals.Result]int{
			arrivals.Started: 1, arrivals.Left: 1, arrivals.Known: 1, arrivals.LeftOut: 4,
		}, w.seen().ended)
		require.Len(t, w.seen().reads, 1, "what waits goes together")
		require.Zero(t, q.Len())
	})
}

// Only what the poll rejects for having no gift card is dropped, and only by rules that are known.
func TestScreen(t *testing.T) {
	t.Parallel()
	w := newWorld()
	run(t, w, nil, func(t *testing.T, q *arrivals.Queue) {
		for _, n := range numbers(8) {
			w.place(n)
		}
		require.Equal(t, webhook.Queued, q.Take(notice("1", "PEN")), "no rules are known yet")
		synctest.Wait()
		require.Empty(t, w.seen().reads, "by then, the rules are known")
		require.Equal(t, webhook.Ignored, q.Take(notice("2", "PEN")))
		require.Equal(t, webhook.Ignored, q.Take(notice("2", []string{}...)), "no lines")
		require.Equal(t, webhook.Queued, q.Take(notice("3", "PEN", "GIFT")))
		require.Equal(t, webhook.Queued, q.Take(webhook.Notice{Order: "4"}), "the lines are not known")
		require.Equal(t, webhook.Ignored, q.Take(webhook.Notice{Order: "gid://shopify/Order/5"}))
		require.Equal(t, webhook.Ignored, q.Take(webhook.Notice{Product: "5"}))
		synctest.Wait()
		require.Equal(t, []string{"#3", "#4"}, w.names())

		// A SKU is added: the old rules are used no longer than ten seconds.
		w.set(func() { w.rules.SKUs = []string{"GIFT", "PEN"} })
		pass(10 * time.Second)
		require.Equal(t, webhook.Queued, q.Take(notice("5", "PEN")))
		synctest.Wait()
		require.Equal(t, []string{"#3", "#4", "#5"}, w.names())
	})
}

// While Temporal is away, notices are screened by the last known rules, and these are read again as soon as it is back.
func TestScreenWhileTemporalIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld()
	run(t, w, nil, func(t *testing.T, q *arrivals.Queue) {
		w.place("1")
		q.Take(notice("1", "GIFT"))
		synctest.Wait()
		w.set(func() { w.deskAway = errAway })
		pass(11 * time.Second)
		require.Equal(t, webhook.Queued, q.Take(notice("2", "PEN")), "the rules may be others by now")
		synctest.Wait()
		require.Equal(t, webhook.Ignored, q.Take(notice("3", "PEN")))
		require.Equal(t, 1, q.Len())
		w.set(func() { w.deskAway, w.rules.SKUs = nil, []string{"PEN"} })
		w.place("4", func(o *intake.Order) { o.Order.Lines[0].SKU = "PEN" })
		pass(time.Minute)
		require.Equal(t, webhook.Queued, q.Take(notice("4", "PEN")))
		synctest.Wait()
		require.Equal(t, []string{"#1", "#4"}, w.names())
	})
}

// Several notices of an order that waits are one, with the newest time and all SKUs.
func TestNoticesOfOneOrderMerge(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.atOnce = 1
	run(t, w, nil, func(t *testing.T, q *arrivals.Queue) {
		now := time.Now()
		old := w.place("1", func(o *intake.Order) { o.UpdatedAt = now.Add(-time.Minute) })
		q.Take(webhook.Notice{Order: "1", LinesKnown: true, SKUs: []string{"PEN"}, UpdatedAt: now})
		q.Take(webhook.Notice{Order: "1", LinesKnown: true, SKUs: []string{"GIFT"}, UpdatedAt: now.Add(-time.Hour)})
		require.Equal(t, 1, q.Len())
		synctest.Wait()
		require.Empty(t, w.names(), "the shop shows the order older than the newer notice")
		w.set(func() { old.UpdatedAt = now })
		pass(time.Second)
		synctest.Wait()
		require.Equal(t, []string{"#1"}, w.names())
		require.Equal(t, webhook.Ignored, q.Take(notice("1", "GIFT")), "it has a workflow")
	})
}

// An order that the shop shows older than its notice, or not yet, is read again for half a minute.
func TestOlderThanTheNotice(t *testing.T) {
	t.Parallel()
	w := newWorld()
	run(t, w, nil, func(t *testing.T, q *arrivals.Queue) {
		began := time.Now()
		w.place("1", func(o *intake.Order) { o.UpdatedAt = began.Add(-time.Second) })
		q.Take(webhook.Notice{Order: "1", UpdatedAt: began})
		q.Take(webhook.Notice{Order: "2"}) // The shop does not show it.
		pass(29 * time.Second)
		synctest.Wait()
		require.Equal(t, 2, q.Len())
		require.Len(t, w.seen().reads, 5, "after 0, 1, 3, 7, 15 seconds")
		pass(time.Second)
		synctest.Wait()
		require.Zero(t, q.Len())
		require.Equal(t, map[arrivals.Loss]int{arrivals.LostStale: 2}, w.seen().lost)
		require.Empty(t, w.names())

		w.place("1", func(o *intake.Order) { o.UpdatedAt = began })
		q.Take(webhook.Notice{Order: "1", UpdatedAt: began})
		synctest.Wait()
		require.Equal(t, []string{"#1"}, w.names())
	})
}

// A queue has room for so many orders; what it has no room for is counted.
func TestFull(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.deskAway = errAway
	run(t, w, func(o *arrivals.Options) { o.Max = 3 }, func(t *testing.T, q *arrivals.Queue) {
		for _, n := range []string{"1", "2", "3", "3", "1"} {
			require.Equal(t, webhook.Queued, q.Take(notice(n, "GIFT")))
		}
		require.Equal(t, webhook.Full, q.Take(notice("4", "GIFT")))
		require.Equal(t, map[arrivals.Loss]int{arrivals.LostFull: 1}, w.seen().lost)
		require.Equal(t, 3, q.Len())
	})
}

// While the intake is paused, nothing is read or started. What was announced is left to the poll.
func TestPaused(t *testing.T) {
	t.Parallel()
	w := newWorld()
	run(t, w, nil, func(t *testing.T, q *arrivals.Queue) {
		w.paused = true
		for _, n := range numbers(3) {
			w.place(n)
			q.Take(notice(n, "GIFT"))
		}
		synctest.Wait()
		require.Empty(t, w.seen().reads)
		require.Equal(t, map[arrivals.Loss]int{arrivals.LostPaused: 3}, w.seen().lost)
		w.set(func() { w.paused = false })
		pass(10 * time.Second)
		q.Take(notice("2", "GIFT"))
		synctest.Wait()
		require.Equal(t, []string{"#2"}, w.names())

		w.set(func() { w.paused = true })
		pass(10 * time.Second)
		q.Take(notice("3", "GIFT"))
		synctest.Wait()
		require.Equal(t, []string{"#2"}, w.names(), "a pause reaches the queue within ten seconds")
	})
}

// As many orders are read at once as fit into one request, at most 250.
func TestBatches(t *testing.T) {
	t.Parallel()
	for most, want := range map[int]int{1: 1, 34: 34, 1000: 250, 0: 1} {
		w := newWorld()
		w.atOnce = most
		run(t, w, nil, func(t *testing.T, q *arrivals.Queue) {
			w.hold(t, func() {
				for _, n := range numbers(600) {
					w.place(n)
					q.Take(notice(n, "GIFT"))
				}
			})
			requireStarted(t, w, 600)
			for _, read := range w.seen().reads[:2] {
				require.Len(t, read, want)
			}
			require.Equal(t, "1", w.seen().reads[0][0], "the oldest first")
		})
	}
}

// A burst is looked up in the search, which is cheap. What the search does not show as new as its notice is read.
func TestBurstsAreLookedUp(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(w *world)
		reads  int
	}{
		"all are shown":        {func(*world) {}, 0},
		"some are not shown":   {func(w *world) { w.unlisted = map[string]bool{"7": true, "300": true} }, 2},
		"all are shown as old": {func(w *world) { w.searchLags = time.Minute }, 600},
		"the search is away":   {func(w *world) { w.searchAway = errAway }, 600},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.atOnce = 34
			tt.change(w)
			run(t, w, nil, func(t *testing.T, q *arrivals.Queue) {
				w.hold(t, func() {
					for _, n := range numbers(600) {
						o := w.place(n)
						told := notice(n, "GIFT")
						told.UpdatedAt = o.UpdatedAt
						q.Take(told)
					}
				})
				requireStarted(t, w, 600)
				saw := w.seen()
				require.Len(t, saw.finds, 3)
				require.Len(t, saw.finds[0], 250)
				require.Equal(t, "1", saw.finds[0][0], "the oldest first")
				read := 0
				for _, numbers := range saw.reads {
					require.LessOrEqual(t, len(numbers), 34)
					read += len(numbers)
				}
				require.Equal(t, tt.reads, read)
				require.Empty(t, saw.lost)
			})
		})
	}
}

// What one request reads is read: the search lags behind.
func TestFewAreRead(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.atOnce = 34
	run(t, w, nil, func(t *testing.T, q *arrivals.Queue) {
		w.hold(t, func() {
			for _, n := range numbers(34) {
				told := notice(n, "GIFT")
				told.UpdatedAt = w.place(n).UpdatedAt
				q.Take(told)
			}
		})
		requireStarted(t, w, 34)
		require.Empty(t, w.seen().finds)
	})
}

// Orders are started concurrently, within a bound.
func TestStartsAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.slow = time.Second
	run(t, w, nil, func(t *testing.T, q *arrivals.Queue) {
		for _, n := range numbers(60) {
			w.place(n)
			q.Take(notice(n, "GIFT"))
		}
		pass(11 * time.Second)
		synctest.Wait()
		requireStarted(t, w, 60)
		require.Equal(t, 6, w.seen().most)
	})
}

// A shop that is throttled or away is asked again after growing pauses, and what waits is not lost for minutes.
func TestShopIsAway(t *testing.T) {
	t.Parallel()
	for reason, err := range map[arrivals.Loss]error{arrivals.LostThrottled: throttled(), arrivals.LostShop: errAway} {
		w := newWorld()
		w.shopAway = err
		run(t, w, nil, func(t *testing.T, q *arrivals.Queue) {
			w.place("1")
			q.Take(notice("1", "GIFT"))
			pass(70 * time.Second)
			synctest.Wait()
			require.Len(t, w.seen().reads, 7, "after 0, 1, 3, 7, 15, 31, 61 seconds")
			require.Len(t, w.seen().warns, 1)
			w.set(func() { w.shopAway = nil })
			pass(30 * time.Second)
			require.Equal(t, []string{"#1"}, w.names())

			w.set(func() { w.shopAway = err })
			w.place("2")
			q.Take(notice("2", "GIFT"))
			pass(6 * time.Minute)
			synctest.Wait()
			require.Zero(t, q.Len())
			require.Equal(t, map[arrivals.Loss]int{reason: 1}, w.seen().lost)
		})
	}
}

// Starts that fail are tried again. Orders that cannot be started for minutes are left to the poll.
func TestTemporalIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.startAway = errAway
	run(t, w, nil, func(t *testing.T, q *arrivals.Queue) {
		w.place("1")
		q.Take(notice("1", "GIFT"))
		pass(5 * time.Second)
		w.set(func() { w.startAway = nil })
		pass(5 * time.Second)
		require.Equal(t, []string{"#1"}, w.names())

		w.set(func() { w.startAway = errAway })
		w.place("2")
		q.Take(notice("2", "GIFT"))
		w.place("3")
		w.set(func() { w.deskAway = errAway })
		pass(2 * time.Minute)
		q.Take(notice("3", "GIFT"))
		pass(4 * time.Minute)
		require.Equal(t, map[arrivals.Loss]int{arrivals.LostTemporal: 1}, w.seen().lost)
		w.set(func() { w.startAway, w.deskAway = nil, nil })
		pass(30 * time.Second)
		require.Equal(t, []string{"#1", "#3"}, w.names())
	})
}

// An order that cannot be read does not keep the others from being started.
func TestUnreadableOrders(t *testing.T) {
	t.Parallel()
	w := newWorld()
	run(t, w, nil, func(t *testing.T, q *arrivals.Queue) {
		w.unreadable["1"] = &rest.TooLargeError{}
		w.unreadable["2"] = errAway
		w.place("3", func(o *intake.Order) { o.Order.Lines[0].Recipient.Message = strings.Repeat("x", intake.MaxBytes) })
		w.place("4")
		for _, n := range numbers(4) {
			q.Take(notice(n, "GIFT"))
		}
		synctest.Wait()
		require.Equal(t, []string{"#4"}, w.names())
		require.Equal(t, map[arrivals.Loss]int{arrivals.LostTooLarge: 2}, w.seen().lost)
		require.Equal(t, 1, q.Len())
		w.place("2")
		w.set(func() { delete(w.unreadable, "2") })
		pass(time.Second)
		synctest.Wait()
		require.Equal(t, []string{"#2", "#4"}, w.names())
	})
}

// A drain finishes what waits, whether the queue still runs or has ended, and says how much it could not finish.
func TestDrain(t *testing.T) {
	t.Parallel()
	for name, running := range map[string]bool{"running": true, "ended": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				w.slow = time.Second
				q := arrivals.New(w.options())
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if running {
					go q.Run(ctx)
				}
				for _, n := range numbers(100) {
					w.place(n)
					q.Take(notice(n, "GIFT"))
				}
				within, end := context.WithTimeout(t.Context(), 25*time.Second)
				defer end()
				require.Zero(t, q.Drain(within))
				requireStarted(t, w, 100)

				w.set(func() { w.shopAway = errAway })
				for _, n := range numbers(107)[100:] {
					q.Take(notice(n, "GIFT"))
				}
				began := time.Now()
				within, end = context.WithTimeout(t.Context(), 25*time.Second)
				defer end()
				require.Equal(t, 7, q.Drain(within))
				require.LessOrEqual(t, time.Since(began), 25*time.Second)
				require.Equal(t, map[arrivals.Loss]int{arrivals.LostStopped: 7}, w.seen().lost)
			})
		})
	}
}

// A drain asks a Temporal that does not answer once, and leaves the orders to the poll: a stop does not wait in vain.
func TestDrainGivesUpOnTemporal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.deskAway = errAway
		q := arrivals.New(w.options())
		ctx, cancel := context.WithCancel(t.Context())
		go q.Run(ctx)
		for _, n := range numbers(7) {
			w.place(n)
			q.Take(notice(n, "GIFT"))
		}
		pass(time.Minute)
		cancel()
		asked, began := w.seen().asked, time.Now()
		require.Equal(t, 7, q.Drain(t.Context()))
		require.LessOrEqual(t, w.seen().asked, asked+1)
		require.Less(t, time.Since(began), time.Second)
		require.Equal(t, map[arrivals.Loss]int{arrivals.LostStopped: 7}, w.seen().lost)
	})
}

// The queue does not wait for anything but notices while it has nothing to do.
func TestIdle(t *testing.T) {
	t.Parallel()
	w := newWorld()
	run(t, w, nil, func(t *testing.T, q *arrivals.Queue) {
		w.place("1")
		q.Take(notice("1", "GIFT"))
		pass(time.Hour)
		synctest.Wait()
		require.Equal(t, 1, w.seen().asked)
		require.Len(t, w.seen().reads, 1)
		require.ElementsMatch(t, []string{"orders/create", "orders/paid", "orders/updated", "orders/edited"}, q.Topics())
	})
}
