package health

import (
	"slices"
	"testing"
	"time"

	"github.com/giftbridge/giftbridge/internal/check"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/intake/skus"
	"github.com/giftbridge/giftbridge/workflows"
)

var Noon = time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)

// healthy is what is found where nothing is wrong.
func healthy() facts {
	return facts{
		Status: Status{
			Schedule:       installation.ScheduleStatus{Exists: true, CreatedAt: Noon.AddDate(0, -1, 0), NextAt: Noon.Add(time.Minute)},
			DigestSchedule: installation.ScheduleStatus{Exists: true, NextAt: Noon.Add(6 * time.Hour)},
			Watermark:      Noon.Add(-3 * time.Minute),
			LastPoll:       &workflows.PollOrdersResult{},
			SweepSchedule:  installation.ScheduleStatus{Exists: true, Interval: 3600, CreatedAt: Noon.Add(-24 * time.Hour)},
			SweptAt:        Noon.Add(-time.Hour),
			WatchSchedule:  installation.ScheduleStatus{Exists: true, Interval: 3600, CreatedAt: Noon.Add(-24 * time.Hour)},
			LastWatch:      &workflows.WatchShopResult{LookedAt: Noon.Add(-time.Hour)},
		},
		now: Noon, namespace: "gift cards", interval: 5 * time.Minute, settle: time.Minute,
		maxOrderAge: 14 * 24 * time.Hour, retention: 30 * 24 * time.Hour, digestWanted: true,
	}
}

func TestChecks(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	failed := &FailedRun{ClosedAt: Noon, Failure: &executions.Failure{Kind: "Unauthorized", Message: "401"}, Link: "http://ui/run"}
	order := func(age time.Duration) failedOrder { return failedOrder{"#" + age.String(), Noon.Add(-age)} }
	tests := []struct {
		name   string
		change func(*facts)
		check  string // The one check that is not ok; empty if all are.
		level  check.Status
		says   string
		do     string
	}{
		{name: "healthy", change: func(*facts) {}},
		{name: "before the first watch", change: func(f *facts) {
			f.LastWatch, f.WatchSchedule.CreatedAt = nil, Noon.Add(-time.Minute)
		}},
		{
			"no watch", func(f *facts) { f.WatchSchedule.Exists = false }, "gift card skus", check.Warn,
			"the schedule watch-shop does not exist", "giftbridge schedules",
		},
		{
			"paused watch", func(f *facts) { f.WatchSchedule.Paused, f.WatchSchedule.Note = true, "why" }, "gift card skus",
			check.Warn, "PAUSED: why", "toggle --unpause --schedule-id watch-shop",
		},
		{
			"watch that failed", func(f *facts) { f.FailedWatch = failed }, "gift card skus", check.Warn,
			"the last watch FAILED: Unauthorized: 401", "http://ui/run",
		},
		{
			"watch that does not come", func(f *facts) { f.LastWatch.LookedAt = Noon.Add(-4 * time.Hour) }, "gift card skus",
			check.Warn, "has not been looked at for 4 hours", "Web UI",
		},
		{
			"products that could not be read",
			func(f *facts) { f.LastWatch.ProductsFailed = &workflows.WatchFailure{Message: "away"} },
			"gift card skus", check.Warn, "could not be looked at: away", "schedule trigger --schedule-id watch-shop",
		},
		{
			"products without the scope", func(f *facts) { f.LastWatch.Products.Unchecked = "denied" }, "gift card skus",
			check.Warn, "not watched: denied", "read_products",
		},
		{
			"product that was archived", func(f *facts) {
				f.LastWatch.Products.Findings = []skus.Finding{{SKU: "GIFT-25", Flaw: skus.Unsold, Detail: "archived"}, {SKU: "X"}}
			}, "gift card skus", check.Fail, "the product of GIFT-25 is archived: nobody can buy it (and 1 more", "active",
		},
		{name: "webhooks as they should be", change: func(f *facts) {
			f.LastWatch.Webhooks = &workflows.WatchedWebhooks{Found: activities.LookAtSubscriptionsResult{Right: 9, Unused: []string{"u"}}}
		}},
		{
			"webhooks that nobody set up",
			func(f *facts) { f.LastWatch.Webhooks = &workflows.WatchedWebhooks{NotSetUp: true, Left: []string{"l"}} },
			"webhooks", check.Warn, "has no subscriptions", "giftbridge webhooks apply",
		},
		{
			"webhooks that could not be looked at", func(f *facts) {
				f.LastWatch.Webhooks = &workflows.WatchedWebhooks{Failed: &workflows.WatchFailure{Message: "away"}, Left: []string{"l"}}
			}, "webhooks", check.Warn, "away", "watch-shop",
		},
		{
			"webhooks that are refused",
			func(f *facts) { f.LastWatch.Webhooks = &workflows.WatchedWebhooks{Left: []string{"orders/paid: no"}} },
			"webhooks", check.Fail, "orders/paid: no", "giftbridge doctor",
		},
		{
			"webhooks whose gap waits", func(f *facts) {
				f.LastWatch.Webhooks = &workflows.WatchedWebhooks{Held: true, GapFrom: Noon, Repaired: &workflows.RepairedWebhooks{}}
			}, "webhooks", check.Warn, "not polled while the intake is paused", "giftbridge resume",
		},
		{
			"webhooks that were gone", func(f *facts) {
				f.LastWatch.Webhooks = &workflows.WatchedWebhooks{Repaired: &workflows.RepairedWebhooks{At: Noon, Topics: []string{"orders/paid: missing"}}}
			}, "webhooks", check.Warn, "made again at 2026-07-10T12:00:00Z: orders/paid: missing", "runbook",
		},
		{
			"retention as long as orders are picked up", func(f *facts) { f.retention = f.maxOrderAge }, "namespace", check.Fail,
			"deletes the records of orders after 14 days, which is not longer than MAX_ORDER_AGE (14 days)",
			"temporal operator namespace update --namespace 'gift cards' --retention 720h",
		},
		{
			"retention hardly longer than orders are picked up",
			func(f *facts) { f.retention = f.maxOrderAge + 2*time.Hour }, "namespace", check.Warn,
			"only slightly longer than MAX_ORDER_AGE (14 days)", "--retention 720h",
		},
		{
			"retention of a month, and orders that may be older",
			func(f *facts) { f.retention, f.maxOrderAge = 30*day, 800*time.Hour }, "namespace", check.Fail,
			"MAX_ORDER_AGE (33 days 8 hours)", "--retention 984h", // 34 days and a week.
		},
		{
			"rules that take more", func(f *facts) {
				f.input = &workflows.PollOrdersInput{
					WidenedAt: Noon, Identity: &workflows.Identity{Shop: "shop", IssuerDedupesStated: true},
				}
			}, "missed orders", check.Warn, "updated from 2026-06-26T12:00:00Z until then", "giftbridge poll --since 336h",
		},
		{
			"sweep of an earlier release", func(f *facts) { f.SweepSchedule = installation.ScheduleStatus{} },
			"sweep", check.Warn, "its schedule does not exist", "giftbridge schedules",
		},
		{
			"sweep whose schedule was deleted",
			func(f *facts) {
				f.SweepSchedule = installation.ScheduleStatus{}
				f.input = &workflows.PollOrdersInput{Identity: &workflows.Identity{IssuerDedupesStated: true}}
			},
			"sweep", check.Fail, "its schedule does not exist", "giftbridge schedules",
		},
		{
			"sweep paused", func(f *facts) { f.SweepSchedule.Paused = true }, "sweep", check.Fail, "PAUSED", "giftbridge resume",
		},
		{
			"sweep failed", func(f *facts) { f.FailedSweep = failed }, "sweep", check.Fail, "FAILED: Unauthorized: 401", "see http://ui/run",
		},
		{
			"no sweep for long", func(f *facts) { f.SweptAt = Noon.Add(-10 * time.Hour) }, "sweep", check.Fail,
			"no sweep has completed for 10 hours", "a sweep that is still running",
		},
		{
			"no sweep ever", func(f *facts) { f.SweptAt = time.Time{} }, "sweep", check.Fail, "no sweep has completed for 1 day", "",
		},
		{
			"polls have missed orders",
			func(f *facts) {
				f.LastSweep = &workflows.SweepOrdersResult{}
				f.LastSweep.Found, f.LastSweep.Names = 2, []string{"#1", "#2"}
			},
			"sweep", check.Warn, "found and took in 2 orders that no poll had taken in: #1, #2", "runbook",
		},
		{
			"polls have missed an order",
			func(f *facts) {
				f.LastSweep = &workflows.SweepOrdersResult{}
				f.LastSweep.Found, f.LastSweep.Names = 1, []string{"#1"}
			},
			"sweep", check.Warn, "found and took in 1 order that no poll had taken in: #1", "runbook",
		},
		{
			"polls have found orders that no webhook announced",
			func(f *facts) {
				f.input = &workflows.PollOrdersInput{
					Webhooks: true, Identity: &workflows.Identity{Shop: "shop", IssuerDedupesStated: true},
				}
				f.LastPoll = &workflows.PollOrdersResult{Unannounced: &workflows.UnannouncedOrders{Orders: 2, Names: []string{"#1", "#2"}}}
			},
			"announcements", check.Warn, "polls have found 2 orders that no webhook had announced", "runbook",
		},
		{name: "every order was announced", change: func(f *facts) {
			f.input = &workflows.PollOrdersInput{
				Webhooks: true, Identity: &workflows.Identity{Shop: "shop", IssuerDedupesStated: true},
			}
		}},
		{
			"digest that did not reach everybody", func(f *facts) { f.RefusedDigest = "recipient 2 of 3" }, "digest", check.Warn,
			"did not reach all recipients: recipient 2 of 3", "DIGEST_TO",
		},
		{
			"digest without links", func(f *facts) { f.linksWanted, f.DigestWithoutLinks = true, true }, "digest", check.Warn,
			"the last digest had no links", "give all workers the same ACTION_KEYS and RECEIVER_URL",
		},
		{name: "digest without links, as wanted", change: func(f *facts) { f.DigestWithoutLinks = true }},
		{name: "settled", change: func(f *facts) {
			f.input = &workflows.PollOrdersInput{Identity: &workflows.Identity{Shop: "shop", IssuerDedupesStated: true}}
		}},
		{
			"identity of an earlier release", func(f *facts) { f.input = &workflows.PollOrdersInput{} },
			"identity", check.Warn, "not recorded yet: under another SHOPIFY_SHOP or AUDIT_PREFIX", "giftbridge schedules",
		},
		{
			"merchants found by a name that buyers choose",
			func(f *facts) {
				f.byChance, f.input = true, &workflows.PollOrdersInput{Identity: &workflows.Identity{IssuerDedupesStated: true}}
			},
			"identity", check.Warn, "which buyers choose themselves", "MATCH_BY=external_id,company",
		},
		{
			"a promise that nobody has stated",
			func(f *facts) {
				f.input = &workflows.PollOrdersInput{Identity: &workflows.Identity{Shop: "shop", IssuerDedupes: true}}
			},
			"identity", check.Warn, "whether the issuer refuses a used audit number is assumed to be true", "ISSUER_DEDUPES",
		},
		{name: "a promise that nothing depends on", change: func(f *facts) {
			f.laterOnly, f.input = true, &workflows.PollOrdersInput{Identity: &workflows.Identity{Shop: "shop"}}
		}},
		{name: "retention long enough for a poll", change: func(f *facts) { f.retention = f.maxOrderAge + 2*time.Hour + time.Second }},
		{
			"no search attributes", func(f *facts) { f.missingAttributes = []string{"GiftCardSku (KeywordList)"} },
			"namespace", check.Fail, "GiftCardSku (KeywordList)", "giftbridge schedules",
		},
		{
			"no worker polls", func(f *facts) { f.unpolled = []string{"giftbridge-issue activity"} }, "workers", check.Fail,
			"no worker is polling giftbridge-issue activity", "start workers",
		},
		{
			"tasks that fail", func(f *facts) { f.stuck = stuckWorkflows{count: 3, example: "http://ui/x"} },
			"workflow tasks", check.Fail, "in 3 running orders or polls, such as http://ui/x", "rolled back",
		},
		{
			"an older server", func(f *facts) { f.stuck.unknown = true }, "workflow tasks", check.Warn, "does not report", "logs",
		},
		{
			"no schedule", func(f *facts) { f.Schedule = installation.ScheduleStatus{} }, "schedule", check.Fail, "does not exist", "giftbridge schedules",
		},
		{
			"paused", func(f *facts) { f.Schedule.Paused, f.Schedule.Note = true, "holiday" }, "schedule", check.Fail,
			"PAUSED, no order is taken in: holiday", "run: giftbridge resume",
		},
		{
			"paused for too long", func(f *facts) {
				f.Schedule.Paused = true
				f.Schedule.Note = installation.Pause{Reason: "holiday", Until: Noon.Add(-2 * time.Hour)}.Note()
			}, "schedule", check.Fail, "PAUSED, no order is taken in: OVERDUE for 2 hours: holiday (by", "run: giftbridge resume",
		},
		{name: "as far behind as may be", change: func(f *facts) { f.Watermark = Noon.Add(-16 * time.Minute) }},
		{
			"further", func(f *facts) { f.Watermark = Noon.Add(-16*time.Minute - time.Second) }, "watermark", check.Fail,
			"STALE, orders have been seen only up to 16 minutes 1 second ago", "other checks",
		},
		{name: "another clock", change: func(f *facts) { f.Watermark = Noon.Add(time.Minute) }},
		{
			"the future", func(f *facts) { f.Watermark = Noon.Add(time.Hour) }, "watermark", check.Fail, "it is 1 hour in the future",
			"clocks",
		},
		{
			"not yet", func(f *facts) { f.Watermark, f.Schedule.CreatedAt = time.Time{}, Noon.Add(-15*time.Minute) },
			"watermark", check.Warn, "none yet", "",
		},
		{
			"never", func(f *facts) { f.Watermark, f.Schedule.CreatedAt = time.Time{}, Noon.Add(-17*time.Minute) },
			"watermark", check.Fail, "no poll has completed since the schedule was created at 2026-07-10T11:43:00Z", "docs/operations.md",
		},
		{
			"unreadable", func(f *facts) { f.Watermark, f.WatermarkUnreadable = time.Time{}, "no such key" }, "watermark", check.Fail,
			"cannot be read: no such key", "PAYLOAD_KEYS",
		},
		{
			"a poll that failed", func(f *facts) { f.FailedPoll = failed }, "last poll", check.Fail, "FAILED: Unauthorized: 401",
			"http://ui/run",
		},
		{
			"missed orders", func(f *facts) {
				f.LastPoll.Missed = &workflows.MissedOrders{From: Noon.AddDate(0, 0, -20), Until: Noon.AddDate(0, 0, -14)}
			}, "missed orders", check.Fail, "created from 2026-06-20T12:00:00Z until 2026-06-26T12:00:00Z", "--since --until",
		},
		{
			"no digest", func(f *facts) { f.DigestSchedule = installation.ScheduleStatus{} }, "digest", check.Fail, "does not exist",
			"giftbridge schedules",
		},
		{
			name:   "no digest wanted",
			change: func(f *facts) { f.DigestSchedule, f.digestWanted = installation.ScheduleStatus{}, false },
		},
		{
			"digest paused", func(f *facts) { f.DigestSchedule.Paused, f.DigestSchedule.Note = true, "quiet" }, "digest", check.Fail,
			"PAUSED, failed orders are not reported: quiet", "--schedule-id daily-digest",
		},
		{
			"digest not sent", func(f *facts) { f.FailedDigest = failed }, "digest", check.Fail,
			"the last digest was not sent: Unauthorized: 401", "http://ui/run",
		},
		{
			"failed orders", func(f *facts) { f.failed = []failedOrder{order(time.Hour), order(27 * day)} }, "failed orders",
			check.Warn, "2; the digest reports them", "orders list --failed",
		},
		{
			"one that is about to be forgotten", func(f *facts) { f.failed = []failedOrder{order(day), order(27*day + time.Minute)} },
			"failed orders", check.Fail, "the histories of 1 expire, the first at 2026-07-13T11:59:00Z; then they cannot be run again: #648h1m0s",
			"settle them by hand",
		},
		{
			"a tenth of a short retention", func(f *facts) {
				f.retention, f.maxOrderAge = 20*day, 10*day
				f.failed = []failedOrder{order(17*day + time.Hour), order(18*day + time.Minute)}
			}, "failed orders", check.Fail, "the histories of 1 expire", "settle them by hand",
		},
		{
			"many", func(f *facts) {
				for i := range 7 {
					f.failed = append(f.failed, order(29*day+time.Duration(i)*time.Hour))
				}
			}, "failed orders", check.Fail, "the histories of 7 expire, the first at 2026-07-11T06:00:00Z; then they cannot be run again: " +
				"#702h0m0s, #701h0m0s, #700h0m0s, #699h0m0s, #698h0m0s and 2 more", "settle them by hand",
		},
		{
			"changes that failed", func(f *facts) { f.FailedChanges = 2 }, "changed orders", check.Warn,
			"the cards of 2 orders that were cancelled or refunded could not be compared or cancelled", "orders recheck",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := healthy()
			tt.change(&f)
			checks := f.checks()
			const always = 14
			if f.input != nil && f.input.Webhooks {
				require.Len(t, checks, always+1)
			} else {
				require.Len(t, checks, always)
			}
			if tt.check != "" {
				i := slices.IndexFunc(checks, func(c check.Check) bool { return c.Name == tt.check })
				require.NotEqual(t, -1, i, tt.check)
				require.Equal(t, tt.level, checks[i].Status)
				require.Contains(t, checks[i].Found, tt.says)
				require.Contains(t, checks[i].Fix, tt.do)
				checks = slices.Delete(checks, i, i+1)
			}
			for _, c := range checks {
				require.Equal(t, check.OK, c.Status, "%+v", c)
				require.NotEmpty(t, c.Found)
				require.Empty(t, c.Fix)
			}
		})
	}
}

func TestShellWord(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"default": "default", "team.acct-1_x": "team.acct-1_x", "": "''", "gift cards": "'gift cards'", "$(x)": "'$(x)'",
		"it's": `'it'\''s'`,
	} {
		require.Equal(t, want, executions.ShellWord(in))
	}
}
