package reporting

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/changed"
	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/workflows"
)

// Reporting creates the reports on one installation.
type Reporting struct {
	*changed.Changed
	shop, timeZone string
	// relayTo are the endpoints to which events go on, and relayed their topics.
	relayTo, relayed []string
}

// New returns a Reporting for the installation of a shop. Its reports use the given time zone.
func New(c *changed.Changed, shop, timeZone string) *Reporting {
	return &Reporting{Changed: c, shop: shop, timeZone: timeZone}
}

const (
	// reportLag is how far a report's window ends before the present, because visibility lags. Runs that close later
	// belong to the next report.
	reportLag = 10 * time.Second
	// reportParallel bounds the number of concurrent requests to Temporal.
	reportParallel = 8
	// retryingAfter is how long an order may run before the digest mentions it, and maxRetrying is how many such orders
	// are examined.
	retryingAfter = time.Hour
	maxRetrying   = 1000
	// maxFailedPolls bounds the number of failed polls that are shown.
	maxFailedPolls = 20
)

// Report describes the state of orders and polls, and what has changed since the last digest. It implements
// activities.Executions.
func (o *Reporting) Report(ctx context.Context, in activities.ReportInput) (digest.Report, error) {
	now := time.Now().UTC()
	until := now.Add(-reportLag).Truncate(time.Second)
	if until.Before(in.Since) {
		until = in.Since
	}
	r := reporter{Reporting: o, in: in, now: now, Report: digest.Report{
		Date:      now,
		TimeZone:  o.timeZone,
		Shop:      o.shop,
		Namespace: o.Namespace(),
		Window:    digest.Window{From: in.Since, To: until},
		Reruns:    !in.RerunSince.IsZero(),
	}}
	for _, add := range []func(context.Context) error{
		r.addFailed, r.addRetrying, r.addPolls, r.addPause, r.addLeft, r.addChanged, r.addDisputed, r.addWatch, r.addLater, r.addMaking,
		r.addRedeeming, r.addUnsent, r.addRelaying, r.addIssued,
	} {
		if err := add(ctx); err != nil {
			return digest.Report{}, err
		}
	}
	return r.Report, nil
}

// reporter creates one report.
type reporter struct {
	*Reporting
	digest.Report
	in  activities.ReportInput
	now time.Time
	mu  sync.Mutex
}

// inWindow returns a query condition for runs that closed in the report's window.
func (r *reporter) inWindow() string {
	return " AND CloseTime >= " + executions.QuoteTime(r.Window.From) + " AND CloseTime < " + executions.QuoteTime(r.Window.To)
}

// addRetrying adds the orders that have been running for a long time because an activity keeps failing. It does not add
// orders that only wait for their turn in a rate-limited queue.
func (r *reporter) addRetrying(ctx context.Context) error {
	looked := 0
	query := "WorkflowType = " + executions.Quote(workflows.GiftCardOrderType) +
		" AND ExecutionStatus = 'Running' AND StartTime < " + executions.QuoteTime(r.now.Add(-retryingAfter))
	err := r.Scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		looked++
		id := info.GetExecution().GetWorkflowId()
		d, err := r.Client.DescribeWorkflowExecution(ctx, id, info.GetExecution().GetRunId())
		if executions.IsNotFound(err) {
			return true, nil
		}
		if err != nil {
			return false, fmt.Errorf("describe %s: %w", id, err)
		}
		for _, p := range d.GetPendingActivities() {
			if p.GetLastFailure() == nil {
				continue
			}
			memo, err := r.OrderMemo(info)
			if err != nil {
				return false, err
			}
			order := r.Order(info)
			last := executions.FailureOf(r.Failures.FailureToError(p.GetLastFailure()))
			r.Retrying = append(r.Retrying, digest.RetryingOrder{
				Name: order.Name, OrderID: order.ID, Activity: p.GetActivityType().GetName(), Attempt: int(p.GetAttempt()),
				Since: order.StartedAt, Kind: giftcard.Kind(last.Kind), Message: last.Message, Worth: worth(memo),
				ShopLink: r.shopLink(order), Link: order.Link,
			})
			break
		}
		return looked < maxRetrying, nil
	})
	r.RetryingTotal = len(r.Retrying)
	return err
}

// addPolls adds the failed polls, the watermark, and the orders that polls left out and that people must know about.
func (r *reporter) addPolls(ctx context.Context) error {
	last, err := r.LastRun(ctx, workflows.PollScheduleID, executions.Statuses[executions.Completed])
	if err != nil {
		return err
	}
	if last != nil {
		result, err := r.PollResult(ctx, last)
		if err != nil {
			return err
		}
		age := r.now.Sub(result.Watermark)
		r.Watermark = digest.Watermark{At: result.Watermark, Age: age, Stale: r.Stale(age)}
		if m := result.Missed; m != nil {
			r.Missed = digest.Window{From: m.From, To: m.Until}
		}
	}
	if r.Polling, err = r.polling(ctx); err != nil {
		return err
	}
	polls := "WorkflowType = " + executions.Quote(workflows.PollOrdersType) + r.inWindow() + " AND ExecutionStatus IN "
	err = r.Scan(ctx, polls+executions.Statuses[executions.Failed], func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		r.FailedPollsTotal++
		if len(r.FailedPolls) >= maxFailedPolls {
			return true, nil
		}
		run, err := r.ReadFailedRun(ctx, info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId())
		if err != nil {
			return false, err
		}
		r.FailedPolls = append(r.FailedPolls, digest.FailedPoll{
			At: info.GetCloseTime().AsTime(), Kind: giftcard.Kind(run.Failure.Kind), Message: run.Failure.Message,
			Link: r.Link(info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId()),
		})
		return true, nil
	})
	if err != nil {
		return err
	}
	err = r.Scan(ctx, polls+executions.Statuses[executions.Completed], func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		result, err := r.PollResult(ctx, info)
		if err != nil {
			return false, err
		}
		r.Mixed = append(r.Mixed, result.Mixed...)
		r.Native = append(r.Native, result.Native...)
		return true, nil
	})
	// Polls overlap, and see an order again whenever it changes.
	for _, names := range []*[]string{&r.Mixed, &r.Native} {
		slices.Sort(*names)
		*names = slices.Compact(*names)
	}
	return err
}

// polling returns the scheduled poll that is running and keeps failing, or nil if there is none.
func (r *reporter) polling(ctx context.Context) (*digest.RetriedPoll, error) {
	running, err := r.LastRun(ctx, workflows.PollScheduleID, executions.Statuses[executions.Running])
	if err != nil || running == nil {
		return nil, err
	}
	id := running.GetExecution().GetWorkflowId()
	d, err := r.Client.DescribeWorkflowExecution(ctx, id, running.GetExecution().GetRunId())
	if executions.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", id, err)
	}
	for _, p := range d.GetPendingActivities() {
		if p.GetLastFailure() == nil {
			continue
		}
		last := executions.FailureOf(r.Failures.FailureToError(p.GetLastFailure()))
		return &digest.RetriedPoll{
			Since: running.GetStartTime().AsTime(), Attempt: int(p.GetAttempt()), Kind: giftcard.Kind(last.Kind),
			Message: last.Message,
		}, nil
	}
	return nil, nil
}

// addIssued totals the issued orders and cards from the memos, without reading histories. An order counts once, when it
// first had all its cards, however often it is rerun.
func (r *reporter) addIssued(ctx context.Context) error {
	completed := "WorkflowType = " + executions.Quote(workflows.GiftCardOrderType) + " AND ExecutionStatus = 'Completed'"
	orders := map[string]*workflowpb.WorkflowExecutionInfo{}
	err := r.Scan(ctx, completed+r.inWindow(), func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		orders[info.GetExecution().GetWorkflowId()] = info
		return true, nil
	})
	if err != nil {
		return err
	}
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(orders)), recovery.KnownAtOnce) {
		query := completed + " AND CloseTime < " + executions.QuoteTime(r.Window.From) + " AND WorkflowId IN (" + executions.QuoteAll(ids) + ")"
		err := r.Scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
			delete(orders, info.GetExecution().GetWorkflowId())
			return true, nil
		})
		if err != nil {
			return err
		}
	}
	sums, cards := map[string]giftcard.Money{}, map[string]int{}
	for _, info := range orders {
		r.Issued.Orders++
		memo, err := r.OrderMemo(info)
		if err != nil {
			return err
		}
		r.Issued.Cards += memo.Cards
		value, err := giftcard.ParseMoney(memo.Amount, memo.Currency)
		if err != nil {
			continue
		}
		sum, err := sums[value.Currency].Add(value, 1)
		if err != nil {
			return err
		}
		sums[value.Currency] = sum
		cards[value.Currency] += memo.Cards
	}
	for currency, sum := range sums {
		r.Issued.Currencies = append(r.Issued.Currencies, digest.CurrencyTotal{
			Currency: currency, Cards: cards[currency], Amount: sum.Amount(),
		})
	}
	slices.SortFunc(r.Issued.Currencies, func(a, b digest.CurrencyTotal) int { return cmp.Compare(a.Currency, b.Currency) })
	return nil
}
