// Package relaygaps finds the times in which events of the shop may have been lost before the relay could keep them, so that its ERP may
// lack them. Nothing is recorded for that: the hourly looks at the shop say it.
//
// Two things lose events. The shop does not announce them, because its subscriptions were deleted or changed; the next look finds that,
// and makes them again. Or Temporal was away for longer than the shop tries to deliver: then no look has begun in all of that time.
package relaygaps

import (
	"context"
	"slices"
	"strings"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/workflows"
)

// Tries is how long the shop tries to deliver a webhook: 8 retries in 4 hours
// (https://shopify.dev/docs/apps/build/webhooks/verify-deliveries).
const Tries = 4 * time.Hour

// Cause says how events may have been lost. Causes are stable: they are in the output of commands.
type Cause string

const (
	// Unsubscribed: subscriptions to the shop's webhooks were missing, or had been changed.
	Unsubscribed Cause = "unsubscribed"
	// Unwatched: nobody has looked at the shop for longer than [Tries]. Temporal was away, or the schedule watch-shop was paused; in
	// the second case, nothing need be lost.
	Unwatched Cause = "unwatched"
)

// Gap is a time for which the ERP may lack events.
type Gap struct {
	From time.Time `json:"from"`
	// Until is zero as long as the gap is open.
	Until time.Time `json:"until,omitzero"`
	// Topics are the topics of the events, in the order in which they are configured.
	Topics []string `json:"topics"`
	Cause  Cause    `json:"cause"`
}

// Runs reads runs of workflows and their results. [executions.Reader] implements it.
type Runs interface {
	Scan(ctx context.Context, query string, visit func(*workflowpb.WorkflowExecutionInfo) (bool, error)) error
	Result(ctx context.Context, info *workflowpb.WorkflowExecutionInfo, out any) error
}

const (
	// before is how much earlier than the time that is asked for a look is searched: a gap may have begun earlier.
	before = 48 * time.Hour
	// passedOn is how long a look certainly describes the last repair. WatchShop passes it on for two days.
	passedOn = 47 * time.Hour
	// maxRead is the number of results that are read at most. One covers two days without a repair.
	maxRead = 50
)

// Find returns the gaps since a time, the earlier ones first. Topics are those that go on; it returns none if there are none. It lists the
// looks at the shop since then, and reads few results for each repair, and one for each two days.
func Find(ctx context.Context, runs Runs, topics []string, since time.Time) ([]Gap, error) {
	if len(topics) == 0 {
		return nil, nil
	}
	var looks []*workflowpb.WorkflowExecutionInfo
	query := "TemporalScheduledById = " + executions.Quote(workflows.WatchScheduleID) + " AND StartTime >= " +
		executions.QuoteTime(since.Add(-before))
	err := runs.Scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		looks = append(looks, info)
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(looks, func(a, b *workflowpb.WorkflowExecutionInfo) int { return began(a).Compare(began(b)) })
	gaps := append(unwatched(looks, topics), unsubscribed(ctx, runs, looks, topics)...)
	gaps = slices.DeleteFunc(gaps, func(g Gap) bool { return !g.Until.IsZero() && !g.Until.After(since) })
	return joined(gaps, topics), nil
}

func began(info *workflowpb.WorkflowExecutionInfo) time.Time { return info.GetStartTime().AsTime() }

// ended returns when a run ended; zero for one that runs.
func ended(info *workflowpb.WorkflowExecutionInfo) time.Time {
	if info.GetCloseTime() == nil {
		return time.Time{}
	}
	return info.GetCloseTime().AsTime()
}

// unwatched returns the times between looks in which Temporal cannot be seen to have worked.
func unwatched(looks []*workflowpb.WorkflowExecutionInfo, topics []string) (gaps []Gap) {
	var alive time.Time
	for _, look := range looks {
		if !alive.IsZero() && began(look).Sub(alive) > Tries {
			gaps = append(gaps, Gap{From: alive, Until: began(look), Topics: topics, Cause: Unwatched})
		}
		end := ended(look)
		if end.IsZero() {
			return gaps // It runs, so Temporal works.
		}
		if end.After(alive) {
			alive = end
		}
	}
	return gaps
}

// unsubscribed returns the times in which the looks have found subscriptions missing. A result that cannot be read is passed over: the
// one before it describes the same repairs, or the look itself is reported as failed.
func unsubscribed(ctx context.Context, runs Runs, looks []*workflowpb.WorkflowExecutionInfo, topics []string) (gaps []Gap) {
	newest := true
	read := 0
	var bound time.Time // Only looks that began before are of interest; zero means all.
	for _, look := range slices.Backward(looks) {
		if ended(look).IsZero() || !bound.IsZero() && !began(look).Before(bound) {
			continue
		}
		if read++; read > maxRead {
			return gaps
		}
		var result workflows.WatchShopResult
		if runs.Result(ctx, look, &result) != nil || result.Webhooks == nil {
			continue
		}
		w := result.Webhooks
		if lost := among(topics, slices.Concat(w.Left, w.Found.Wrong)); newest && !w.GapFrom.IsZero() && len(w.Left) > 0 && len(lost) > 0 {
			gaps = append(gaps, Gap{From: w.GapFrom.Add(-Tries), Topics: lost, Cause: Unsubscribed})
		}
		newest = false
		bound = result.LookedAt.Add(-passedOn)
		r := w.Repaired
		if r == nil {
			continue
		}
		bound = r.At.Truncate(time.Second)
		if lost := among(topics, r.Topics); len(lost) > 0 && !newlyWanted(ctx, runs, looks, r.At) {
			until := r.Until
			if until.IsZero() {
				until = r.At
			}
			// A webhook whose last try failed after the subscriptions were last seen was first sent up to four hours before.
			gaps = append(gaps, Gap{From: r.Since.Add(-Tries), Until: until, Topics: lost, Cause: Unsubscribed})
		}
	}
	return gaps
}

// newlyWanted reports whether the subscriptions that the look of a time has made had not been wanted before, because the settings have
// other topics since then: the relay was turned on. Then nothing was lost that anybody had asked for.
func newlyWanted(ctx context.Context, runs Runs, looks []*workflowpb.WorkflowExecutionInfo, at time.Time) bool {
	next := slices.IndexFunc(looks, func(look *workflowpb.WorkflowExecutionInfo) bool { return began(look).After(at.Add(time.Second)) })
	if next < 0 {
		next = len(looks)
	}
	if next < 2 {
		return false
	}
	var then, before workflows.WatchShopResult
	if runs.Result(ctx, looks[next-1], &then) != nil || runs.Result(ctx, looks[next-2], &before) != nil ||
		then.Webhooks == nil || before.Webhooks == nil {
		return false
	}
	found, had := then.Webhooks.Found, before.Webhooks.Found
	more := found.Right + len(found.Wrong) - had.Right - len(had.Wrong)
	return more > 0 && more == len(found.Wrong) && !slices.ContainsFunc(found.Wrong, func(wrong string) bool {
		return !strings.HasSuffix(wrong, missing)
	})
}

// missing is the end of a finding about a subscription that does not exist; others differ from what is wanted.
const missing = ": missing"

// among returns the topics that findings of the form "topic: what is wrong" name.
func among(topics, findings []string) (out []string) {
	for _, topic := range topics {
		if slices.ContainsFunc(findings, func(f string) bool {
			name, _, _ := strings.Cut(f, ":")
			return strings.TrimSpace(name) == topic
		}) {
			out = append(out, topic)
		}
	}
	return out
}

// joined returns gaps in order. Those of one cause that overlap are one.
func joined(gaps []Gap, topics []string) (out []Gap) {
	slices.SortFunc(gaps, func(a, b Gap) int {
		return a.From.Compare(b.From)
	})
	for _, g := range gaps {
		i := slices.IndexFunc(out, func(o Gap) bool {
			return o.Cause == g.Cause && (o.Until.IsZero() || !g.From.After(o.Until))
		})
		if i < 0 {
			out = append(out, g)
			continue
		}
		o := &out[i]
		if g.Until.IsZero() || !o.Until.IsZero() && g.Until.After(o.Until) {
			o.Until = g.Until
		}
		both := slices.Concat(o.Topics, g.Topics)
		o.Topics = slices.DeleteFunc(slices.Clone(topics), func(t string) bool { return !slices.Contains(both, t) })
	}
	return out
}
