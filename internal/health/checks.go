package health

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/health/cards"
	"github.com/giftbridge/giftbridge/internal/health/survey"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/issuer/accounts"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/settings"
)

const (
	// runSchedules is what to do about missing schedules and search attributes, and listFailed about failed orders.
	runSchedules = "run: " + buildinfo.Program + " schedules"
	listFailed   = "run: " + buildinfo.Program + " orders list --failed"
	// resume is what to do about a pause that has lasted long enough.
	resume = "run: " + buildinfo.Program + " resume"
)

// facts is the input of the checks.
type facts struct {
	Status
	now                         time.Time
	namespace                   string
	interval, settle            time.Duration
	maxOrderAge, retention      time.Duration
	missingAttributes, unpolled []string
	stuck                       stuckWorkflows
	failed                      []failedOrder
	digestWanted, linksWanted   bool
	// byChance reports that the shop sells to companies and that MATCH_BY was not set.
	byChance bool
	// laterOnly reports that all cards are made later by their issuers.
	laterOnly bool
}

// failedOrder is an order whose newest run failed.
type failedOrder struct {
	name string
	at   time.Time
}

func (f facts) checks() []check.Check {
	all := []check.Check{
		f.namespaceCheck(), f.workersCheck(), f.tasksCheck(), f.scheduleCheck(), f.watermarkCheck(), f.pollCheck(),
		f.missedCheck(), f.sweepCheck(), f.webhooksCheck(), f.productsCheck(), f.digestCheck(), f.identityCheck(),
		f.changesCheck(), f.ordersCheck(),
	}
	if f.Making.Cards+len(f.Making.Suspicious) > 0 {
		all = append(all, cards.Making(f.Making, f.now))
	}
	if f.Redeeming.Cards > 0 {
		all = append(all, f.Redeeming.Check(f.now))
	}
	if f.Messages != nil {
		all = append(all, f.Messages.Check())
	}
	if f.Relay != nil {
		all = append(all, f.Relay.Check(f.now))
	}
	if f.input != nil && f.input.Webhooks {
		all = append(all, f.announcedCheck())
	}
	return all
}

func (f facts) namespaceCheck() check.Check {
	c := check.Check{Name: "namespace", Status: check.Fail}
	switch {
	case f.retention <= f.maxOrderAge:
		c.Found = fmt.Sprintf("it deletes the records of orders after %s, which is not longer than MAX_ORDER_AGE (%s): "+
			"an order can be issued twice", printable.Duration(f.retention), printable.Duration(f.maxOrderAge))
		c.Fix = "run: " + installation.RaiseRetention(f.namespace, f.maxOrderAge)
	case len(f.missingAttributes) > 0:
		c.Found = "it lacks search attributes, and no order can start without them: " + strings.Join(f.missingAttributes, ", ")
		c.Fix = runSchedules
	case installation.RetentionIsTight(f.retention, f.maxOrderAge):
		c.Status = check.Warn
		c.Found = fmt.Sprintf("it keeps the records of orders for %s, only slightly longer than MAX_ORDER_AGE (%s): an order that a "+
			"long poll starts late can be issued twice", printable.Duration(f.retention), printable.Duration(f.maxOrderAge))
		c.Fix = "run: " + installation.RaiseRetention(f.namespace, f.maxOrderAge)
	default:
		c.Status = check.OK
		c.Found = fmt.Sprintf("it keeps the records of orders for %s; orders are picked up for %s", printable.Duration(f.retention),
			printable.Duration(f.maxOrderAge))
	}
	return c
}

func (f facts) workersCheck() check.Check {
	if len(f.unpolled) > 0 {
		return check.Check{
			Name: "workers", Status: check.Fail,
			Found: "no worker is polling " + strings.Join(f.unpolled, ", "),
			Fix:   "start workers and check their logs; with WORKER_DEPLOYMENT, make their version current",
		}
	}
	return check.Check{Name: "workers", Status: check.OK, Found: "every queue is polled"}
}

func (f facts) tasksCheck() check.Check {
	switch {
	case f.stuck.unknown:
		return check.Check{
			Name: "workflow tasks", Status: check.Warn,
			Found: "this Temporal server does not report tasks that fail repeatedly",
			Fix:   "look for errors in the workers' logs",
		}
	case f.stuck.count > 0:
		return check.Check{
			Name: "workflow tasks", Status: check.Fail,
			Found: fmt.Sprintf("they fail repeatedly in %d running orders or polls, such as %s", f.stuck.count, f.stuck.example),
			Fix:   "read the failed task there; usually a release has to be rolled back",
		}
	}
	return check.Check{Name: "workflow tasks", Status: check.OK, Found: "none fails repeatedly"}
}

// paused returns the note of a pause, and says whether it has lasted longer than it was meant to.
func (f facts) paused(note string) string {
	if late := installation.Overdue(note, f.now); late > 0 {
		return "OVERDUE for " + printable.Duration(late) + ": " + note
	}
	return note
}

func (f facts) scheduleCheck() check.Check {
	c := check.Check{Name: "schedule", Status: check.Fail}
	switch s := f.Schedule; {
	case !s.Exists:
		c.Found, c.Fix = "the poll's schedule does not exist: no order is taken in", runSchedules
	case s.Paused:
		c.Found, c.Fix = "PAUSED, no order is taken in: "+f.paused(s.Note), resume
	default:
		c.Status, c.Found = check.OK, "polls every "+printable.Duration(f.interval)
	}
	return c
}

// identityCheck warns of an installation whose identity is not recorded, or rests on a default that nobody confirmed.
func (f facts) identityCheck() check.Check {
	switch {
	case f.input == nil:
		return check.Check{Name: "identity", Status: check.OK, Found: "recorded with the poll's schedule"}
	case f.input.Identity == nil:
		return check.Check{
			Name: "identity", Status: check.Warn,
			Found: "not recorded yet: under another SHOPIFY_SHOP or AUDIT_PREFIX, orders would be issued again",
			Fix:   runSchedules,
		}
	case !f.input.Identity.IssuerDedupesStated && !f.laterOnly:
		return check.Check{
			Name: "identity", Status: check.Warn,
			Found: fmt.Sprintf("ISSUER_DEDUPES was never set: whether the issuer refuses a used audit number is assumed to be %t",
				f.input.Identity.IssuerDedupes),
			Fix: "set ISSUER_DEDUPES (see docs/configuration.md) and " + runSchedules,
		}
	case f.byChance && (len(f.input.MatchBy) == 0 || slices.Contains(f.input.MatchBy, accounts.ByName)):
		return check.Check{
			Name: "identity", Status: check.Warn,
			Found: "merchants are also matched by the customer's name, which buyers choose themselves: a buyer who uses a " +
				"merchant's name places orders on that merchant's account",
			Fix: "set MATCH_BY=external_id,company if all buyers belong to companies, and " + runSchedules,
		}
	}
	return check.Check{Name: "identity", Status: check.OK, Found: "recorded: orders belong to " + f.input.Identity.Shop}
}

// sweepCheck reports missing sweeps, and orders that polls have missed.
func (f facts) sweepCheck() check.Check {
	c := check.Check{Name: "sweep", Status: check.Fail}
	every := time.Duration(f.SweepSchedule.Interval * float64(time.Second))
	since := f.SweptAt
	if since.IsZero() {
		since = f.SweepSchedule.CreatedAt
	}
	switch s := f.SweepSchedule; {
	case !s.Exists && (f.input == nil || f.input.Identity == nil):
		c.Status, c.Fix = check.Warn, runSchedules
		c.Found = "its schedule does not exist: orders that polls miss are not found"
	case !s.Exists:
		c.Found, c.Fix = "its schedule does not exist: orders that polls miss are not found", runSchedules
	case s.Paused:
		c.Found = "PAUSED, orders that polls miss are not found: " + f.paused(s.Note)
		c.Fix = resume
	case f.FailedSweep != nil:
		c.Found = "the last sweep FAILED: " + f.FailedSweep.Failure.Kind + ": " + f.FailedSweep.Failure.Message
		c.Fix = "see " + f.FailedSweep.Link
	case f.now.Sub(since) > settings.StaleIntervals*every+sweepTakes:
		c.Found = "no sweep has completed for " + printable.Duration(f.now.Sub(since))
		c.Fix = "see the other checks; the Web UI shows a sweep that is still running"
	case f.LastSweep != nil && f.LastSweep.Found > 0:
		c.Status = check.Warn
		c.Found = fmt.Sprintf("the last sweep found and took in %s that no poll had taken in: %s", ordersOf(f.LastSweep.Found),
			strings.Join(f.LastSweep.Names[:min(len(f.LastSweep.Names), maxNamed)], ", "))
		c.Fix = "see the runbook, docs/operations.md: A sweep has found orders"
	case f.LastSweep != nil:
		c.Status, c.Found = check.OK, "the last sweep found no missed order among "+ordersOf(f.LastSweep.Seen)
	default:
		c.Status, c.Found = check.OK, "next at "+s.NextAt.Format(time.RFC3339)
	}
	return c
}

// sweepTakes is the time that a sweep of a large shop may take.
const sweepTakes = 6 * time.Hour

// tolerance returns the age from which the watermark is stale.
func (f facts) tolerance() time.Duration { return settings.StaleAfter(f.interval, f.settle) }

// clockSkew is the tolerated difference between the clock of this process and Temporal's.
const clockSkew = time.Minute

func (f facts) watermarkCheck() check.Check {
	c := check.Check{Name: "watermark", Status: check.Fail}
	age := f.now.Sub(f.Watermark)
	switch {
	case f.WatermarkUnreadable != "":
		c.Found = "the result of the last poll cannot be read: " + f.WatermarkUnreadable
		c.Fix = "PAYLOAD_KEYS must contain the key that it was encrypted with, here and in the workers"
	case f.Watermark.IsZero() && !f.Schedule.Exists:
		c.Status, c.Found = check.Warn, "none yet: no poll has completed"
	case f.Watermark.IsZero() && f.now.Sub(f.Schedule.CreatedAt) > f.tolerance():
		c.Found = "none: no poll has completed since the schedule was created at " + f.Schedule.CreatedAt.Format(time.RFC3339)
		c.Fix = "see the runbook, docs/operations.md: The watermark is stale"
	case f.Watermark.IsZero():
		c.Status, c.Found = check.Warn, "none yet: no poll has completed"
	case age < -clockSkew:
		c.Found = fmt.Sprintf("it is %s in the future: a clock is or was wrong", printable.Duration(-age))
		c.Fix = "correct the clocks of Temporal's hosts and of this host; the next poll reads all orders again"
	case age > f.tolerance():
		c.Found = fmt.Sprintf("STALE, orders have been seen only up to %s ago: recent polls are missing", printable.Duration(age))
		c.Fix = "see the other checks; the Web UI shows a poll that is still running"
	default:
		c.Status, c.Found = check.OK, fmt.Sprintf("orders have been seen up to %s ago", printable.Duration(max(age, 0)))
	}
	return c
}

func (f facts) pollCheck() check.Check {
	if f.FailedPoll != nil {
		return check.Check{
			Name: "last poll", Status: check.Fail,
			Found: "FAILED: " + f.FailedPoll.Failure.Kind + ": " + f.FailedPoll.Failure.Message,
			Fix:   "see " + f.FailedPoll.Link,
		}
	}
	return check.Check{Name: "last poll", Status: check.OK, Found: "did not fail"}
}

func (f facts) missedCheck() check.Check {
	if left := f.unread(); left.any() && (f.LastPoll == nil || f.LastPoll.Missed == nil) {
		return check.Check{
			Name: "missed orders", Status: check.Warn,
			Found: "GIFT_CARD_SKUS or CREATED_AT_MIN was widened at " + f.input.WidenedAt.Format(time.RFC3339) +
				", and no poll by hand since then has read the orders updated from " + left.since.Format(time.RFC3339) + " until then",
			Fix: "run: " + installation.PollEarlier(f.maxOrderAge),
		}
	}
	if f.LastPoll == nil || f.LastPoll.Missed == nil {
		return check.Check{Name: "missed orders", Status: check.OK, Found: "none"}
	}
	m := f.LastPoll.Missed
	return check.Check{
		Name: "missed orders", Status: check.Fail,
		Found: fmt.Sprintf("no poll has read the orders created from %s until %s, which are older than MAX_ORDER_AGE",
			m.From.Format(time.RFC3339), m.Until.Format(time.RFC3339)),
		Fix: "look for them in Shopify and settle them by hand, or raise MAX_ORDER_AGE and poll that window: " +
			buildinfo.Program + " poll --since --until; this is reported for two days",
	}
}

func (f facts) digestCheck() check.Check {
	c := check.Check{Name: "digest", Status: check.Fail}
	switch s := f.DigestSchedule; {
	case !s.Exists && f.digestWanted:
		c.Found, c.Fix = "its schedule does not exist: failed orders are not reported", runSchedules
	case !s.Exists:
		c.Status, c.Found = check.OK, "off: SMTP_HOST is not set"
	case s.Paused:
		c.Found = "PAUSED, failed orders are not reported: " + s.Note
		c.Fix = "run: temporal schedule toggle --unpause --schedule-id daily-digest"
	case f.FailedDigest != nil:
		c.Found = "the last digest was not sent: " + f.FailedDigest.Failure.Kind + ": " + f.FailedDigest.Failure.Message
		c.Fix = "see " + f.FailedDigest.Link
	case f.RefusedDigest != "":
		c.Status, c.Found = check.Warn, "the last digest did not reach all recipients: "+f.RefusedDigest
		c.Fix = "correct DIGEST_TO, or ask the operator of the mail server"
	case f.linksWanted && f.DigestWithoutLinks:
		c.Status, c.Found = check.Warn, "the last digest had no links: ACTION_KEYS or RECEIVER_URL is not set where it was sent"
		c.Fix = "give all workers the same ACTION_KEYS and RECEIVER_URL as here; " + buildinfo.Program + " doctor checks the receiver's"
	default:
		c.Status, c.Found = check.OK, "next at "+s.NextAt.Format(time.RFC3339)
	}
	return c
}

// maxNamed is the maximum number of orders that a check names.
const maxNamed = 5

func (f facts) ordersCheck() check.Check {
	orders := slices.SortedFunc(slices.Values(f.failed), func(a, b failedOrder) int { return a.at.Compare(b.at) })
	var expiring []string
	for _, o := range orders {
		if survey.Expires(o.at, f.retention, f.now) {
			expiring = append(expiring, o.name)
		}
	}
	c := check.Check{Name: "failed orders", Status: check.OK, Found: "none"}
	switch {
	case len(expiring) > 0:
		c.Status = check.Fail
		c.Found = fmt.Sprintf("the histories of %d expire, the first at %s; then they cannot be run again: %s", len(expiring),
			orders[0].at.Add(f.retention).Format(time.RFC3339), strings.Join(expiring[:min(len(expiring), maxNamed)], ", "))
		if more := len(expiring) - maxNamed; more > 0 {
			c.Found += fmt.Sprintf(" and %d more", more)
		}
		c.Fix = "fix the cause and run them again, or settle them by hand; " + listFailed
	case len(orders) > 0:
		c.Status = check.Warn
		c.Found = fmt.Sprintf("%d; the digest reports them", len(orders))
		c.Fix = listFailed
	}
	return c
}

// changesCheck reports orders that were cancelled or refunded after their cards were issued, and whose cards could not be
// cancelled, or compared with what is owed.
func (f facts) changesCheck() check.Check {
	if f.FailedChanges == 0 {
		return check.Check{Name: "changed orders", Status: check.OK, Found: "none whose cancellation or refund could not be acted on"}
	}
	return check.Check{
		Name: "changed orders", Status: check.Warn,
		Found: fmt.Sprintf("the cards of %s that were cancelled or refunded could not be compared or cancelled; the digest names them",
			ordersOf(f.FailedChanges)),
		Fix: "fix the cause, then run: " + buildinfo.Program + " orders recheck",
	}
}

// ordersOf counts orders: "1 order", "2 orders".
func ordersOf(n int) string {
	if n == 1 {
		return "1 order"
	}
	return fmt.Sprintf("%d orders", n)
}
