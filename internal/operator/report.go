package operator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/sync/errgroup"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

const (
	// reportLag is how far a report stays behind the present, because visibility lags: what closes later is the next
	// report's.
	reportLag = 10 * time.Second
	// reportParallel bounds the requests to Temporal at a time.
	reportParallel = 8
	// retryingAfter is how long an order may run before the digest mentions it, and maxRetrying how many such orders are
	// looked into.
	retryingAfter = time.Hour
	maxRetrying   = 1000
	// maxFailedPolls bounds the failed polls that are shown.
	maxFailedPolls = 20
)

// Report says how orders and polls stand, and what has changed since the last digest. It implements
// activities.Executions.
func (o *Operator) Report(ctx context.Context, in activities.ReportInput) (digest.Report, error) {
	now := time.Now().UTC()
	until := now.Add(-reportLag).Truncate(time.Second)
	if until.Before(in.Since) {
		until = in.Since
	}
	r := reporter{Operator: o, in: in, now: now, Report: digest.Report{
		Date:      now,
		TimeZone:  o.cfg.Digest.TimeZone,
		Shop:      o.cfg.Shopify.Shop,
		Namespace: o.namespace,
		Window:    digest.Window{From: in.Since, To: until},
	}}
	for _, add := range []func(context.Context) error{r.addFailed, r.addRetrying, r.addPolls, r.addLeft, r.addIssued} {
		if err := add(ctx); err != nil {
			return digest.Report{}, err
		}
	}
	return r.Report, nil
}

// reporter makes a report.
type reporter struct {
	*Operator
	digest.Report
	in  activities.ReportInput
	now time.Time
	mu  sync.Mutex
}

// inWindow restricts a query to what closed in the window.
func (r *reporter) inWindow() string {
	return " AND CloseTime >= " + quoteTime(r.Window.From) + " AND CloseTime < " + quoteTime(r.Window.To)
}

// failures are the failed runs of one order. They stay in visibility after a reset that succeeded.
type failures struct {
	first time.Time
	last  *workflowpb.WorkflowExecutionInfo
}

// addFailed judges each order that has ever failed by its newest run.
func (r *reporter) addFailed(ctx context.Context) error {
	keep, err := r.Retention(ctx)
	if err != nil {
		return err
	}
	byOrder := map[string]*failures{}
	err = r.scan(ctx, "WorkflowType = "+quote(workflows.GiftCardOrderType)+" AND ExecutionStatus IN ('Failed','TimedOut','Terminated','Canceled')",
		func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
			f := byOrder[info.GetExecution().GetWorkflowId()]
			if f == nil {
				f = &failures{first: info.GetCloseTime().AsTime(), last: info}
				byOrder[info.GetExecution().GetWorkflowId()] = f
			}
			if t := info.GetCloseTime().AsTime(); t.Before(f.first) {
				f.first = t
			} else if t.After(f.last.GetCloseTime().AsTime()) {
				f.last = info
			}
			return true, nil
		})
	if err != nil {
		return err
	}
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(reportParallel)
	for _, f := range byOrder {
		all.Go(func() error { return r.judge(ctx, f, keep) })
	}
	if err := all.Wait(); err != nil {
		return err
	}
	slices.SortFunc(r.FailedOrders, func(a, b digest.FailedOrder) int {
		return cmp.Or(b.FailedAt.Compare(a.FailedAt), cmp.Compare(a.OrderID, b.OrderID))
	})
	slices.SortFunc(r.Recovered, func(a, b digest.RecoveredOrder) int { return cmp.Compare(a.OrderID, b.OrderID) })
	r.FailedTotal, r.RecoveredTotal = len(r.FailedOrders), len(r.Recovered)
	return nil
}

func (r *reporter) judge(ctx context.Context, f *failures, keep time.Duration) error {
	newest, err := r.newest(ctx, f.last)
	if err != nil {
		return err
	}
	began := newest.GetStartTime().AsTime()
	// An order may also have come, and failed for the first time, while the others were run again.
	again := !r.in.RerunSince.IsZero() && !began.Before(r.in.RerunSince) && !began.Before(f.first)
	rerun := digest.NotTried
	failed := newest
	switch state := stateOf(newest.GetStatus()); {
	case state == Failed && again:
		rerun = digest.FailedAgain
	case state == Failed, state == Canceled:
	case state == Running && again:
		rerun, failed = digest.StillRunning, f.last
	case state == Completed && r.contains(newest.GetCloseTime().AsTime()):
		return r.addRecovered(ctx, f, newest)
	default:
		return nil
	}
	run, err := r.readFailedRun(ctx, failed.GetExecution().GetWorkflowId(), failed.GetExecution().GetRunId())
	if err != nil {
		return err
	}
	order := r.order(failed)
	row := digest.FailedOrder{
		Name: order.Name, OrderID: order.ID,
		Kind: giftcard.Kind(run.failure.Kind), Message: run.failure.Message, Attempts: run.attempts,
		FailedAt: f.first, New: r.isNew(f.first), Age: r.now.Sub(f.first),
		ExpiresAt: failed.GetCloseTime().AsTime().Add(keep),
		Link:      order.Link, Rerun: rerun,
	}
	if run.units != nil {
		for _, u := range run.units.Failed {
			row.AuditNumbers = append(row.AuditNumbers, u.AuditNumber)
		}
	}
	switch {
	case rerun == digest.StillRunning:
	case row.Kind == giftcard.OutcomeUnknown && run.units != nil:
		row.Command = resolveCommand(order, run.units.Failed)
	case run.resetPoint != 0:
		row.Command = r.resetCommand(order, run.resetPoint)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.FailedOrders = append(r.FailedOrders, row)
	if row.New {
		r.FailedNew++
	}
	return nil
}

// isNew tells whether the last digest has not named an order that failed first at that time. It named all that were
// failed when it was made, which was somewhat after the end of its window.
func (r *reporter) isNew(failed time.Time) bool { return !failed.Before(r.Window.From.Add(reportLag)) }

func (r *reporter) contains(t time.Time) bool {
	return !t.Before(r.Window.From) && t.Before(r.Window.To)
}

func (r *reporter) addRecovered(ctx context.Context, f *failures, newest *workflowpb.WorkflowExecutionInfo) error {
	run, err := r.readFailedRun(ctx, f.last.GetExecution().GetWorkflowId(), f.last.GetExecution().GetRunId())
	if err != nil {
		return err
	}
	order := r.order(newest)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Recovered = append(r.Recovered, digest.RecoveredOrder{
		Name: order.Name, OrderID: order.ID, Kind: giftcard.Kind(run.failure.Kind), Link: order.Link,
	})
	return nil
}

// resetCommand is what runs a failed order again from a shell.
func (o *Operator) resetCommand(order Order, eventID int64) string {
	return fmt.Sprintf("temporal workflow reset --namespace %s --workflow-id %s --run-id %s --event-id %d --reason 'run again'",
		shellQuote(o.namespace), shellQuote(order.WorkflowID), order.RunID, eventID)
}

// resolveCommand asks, in a shell, what was found out about the cards of an order that are in doubt. It answers nothing
// beforehand.
func resolveCommand(order Order, failed []workflows.UnitFailure) string {
	var units strings.Builder
	for _, u := range failed {
		if u.Kind == giftcard.OutcomeUnknown {
			fmt.Fprintf(&units, " --unit %d", u.Unit)
		}
	}
	return fmt.Sprintf("starter orders resolve %s%s", shellQuote(order.ID), units.String())
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// addRetrying finds the orders that have been running for long because something keeps failing. Orders that only wait
// for their turn in a rate-limited queue are not among them.
func (r *reporter) addRetrying(ctx context.Context) error {
	looked := 0
	query := "WorkflowType = " + quote(workflows.GiftCardOrderType) +
		" AND ExecutionStatus = 'Running' AND StartTime < " + quoteTime(r.now.Add(-retryingAfter))
	err := r.scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		looked++
		id := info.GetExecution().GetWorkflowId()
		d, err := r.client.DescribeWorkflowExecution(ctx, id, info.GetExecution().GetRunId())
		if isNotFound(err) {
			return true, nil
		}
		if err != nil {
			return false, fmt.Errorf("describe %s: %w", id, err)
		}
		for _, p := range d.GetPendingActivities() {
			if p.GetLastFailure() == nil {
				continue
			}
			order := r.order(info)
			last := failureOf(r.failures.FailureToError(p.GetLastFailure()))
			r.Retrying = append(r.Retrying, digest.RetryingOrder{
				Name: order.Name, OrderID: order.ID, Activity: p.GetActivityType().GetName(), Attempt: int(p.GetAttempt()),
				Since: order.StartedAt, Kind: giftcard.Kind(last.Kind), Message: last.Message, Link: order.Link,
			})
			break
		}
		return looked < maxRetrying, nil
	})
	r.RetryingTotal = len(r.Retrying)
	return err
}

// addPolls tells of polls that failed, of the watermark, and of the orders that polls left out and people must know of.
func (r *reporter) addPolls(ctx context.Context) error {
	last, err := r.lastRun(ctx, workflows.PollScheduleID, statuses[Completed])
	if err != nil {
		return err
	}
	if last != nil {
		result, err := r.pollResult(ctx, last)
		if err != nil {
			return err
		}
		age := r.now.Sub(result.Watermark)
		r.Watermark = digest.Watermark{At: result.Watermark, Age: age, Stale: r.stale(age)}
		if m := result.Missed; m != nil {
			r.Missed = digest.Window{From: m.From, To: m.Until}
		}
	}
	polls := "WorkflowType = " + quote(workflows.PollOrdersType) + r.inWindow() + " AND ExecutionStatus IN "
	err = r.scan(ctx, polls+statuses[Failed], func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		r.FailedPollsTotal++
		if len(r.FailedPolls) >= maxFailedPolls {
			return true, nil
		}
		run, err := r.readFailedRun(ctx, info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId())
		if err != nil {
			return false, err
		}
		r.FailedPolls = append(r.FailedPolls, digest.FailedPoll{
			At: info.GetCloseTime().AsTime(), Kind: giftcard.Kind(run.failure.Kind), Message: run.failure.Message,
			Link: r.Link(info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId()),
		})
		return true, nil
	})
	if err != nil {
		return err
	}
	err = r.scan(ctx, polls+statuses[Completed], func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		result, err := r.pollResult(ctx, info)
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

// addLeft tells of the orders that were left to people in the window and are so still. The names that polls give are those
// of orders that have no workflow of their own: workers of earlier releases gave them none.
func (r *reporter) addLeft(ctx context.Context) error {
	ofType := "WorkflowType = " + quote(workflows.LeftOrderType)
	named := map[string]bool{}
	err := r.scan(ctx, ofType+" AND StartTime >= "+quoteTime(r.Window.From)+" AND StartTime < "+quoteTime(r.Window.To),
		func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
			newest, err := r.newest(ctx, info)
			if err != nil {
				return false, err
			}
			order := r.order(newest)
			named[order.Name] = true
			if order.State != Left {
				return true, nil // It was released.
			}
			left, err := r.leftOrder(info)
			r.Left = append(r.Left, left)
			return true, err
		})
	if err != nil {
		return err
	}
	slices.SortFunc(r.Left, func(a, b digest.LeftOrder) int { return cmp.Compare(a.OrderID, b.OrderID) })
	for _, names := range []*[]string{&r.Mixed, &r.Native} {
		for _, name := range *names {
			if !named[name] {
				id, err := r.FindOrder(ctx, name)
				if _, unknown := errors.AsType[*NotFoundError](err); err != nil && !unknown {
					return err
				}
				named[name] = id != ""
			}
		}
		*names = slices.DeleteFunc(*names, func(name string) bool { return named[name] })
	}
	for _, o := range r.Left {
		switch o.Reason {
		case giftcard.NativeGiftCard:
			r.NativeTotal++
		case giftcard.MixedOrder:
			r.MixedTotal++
		default:
		}
	}
	r.MixedTotal += len(r.Mixed)
	r.NativeTotal += len(r.Native)
	before, err := r.client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: r.namespace, Query: ofType + " AND StartTime < " + quoteTime(r.Window.From),
	})
	if err != nil {
		return fmt.Errorf("count orders that are left to people: %w", err)
	}
	r.LeftBefore = int(before.GetCount())
	return nil
}

// leftOrder reads an order that is left to people from the memo of its run.
func (o *Operator) leftOrder(info *workflowpb.WorkflowExecutionInfo) (digest.LeftOrder, error) {
	order := o.order(info)
	out := digest.LeftOrder{Name: order.Name, OrderID: order.ID, Link: ShopLink(order.Shop, order.ID)}
	payload, ok := info.GetMemo().GetFields()[workflows.OrderMemoKey]
	if !ok {
		return out, nil
	}
	var memo workflows.OrderMemo
	if err := o.converter.FromPayload(payload, &memo); err != nil {
		return out, fmt.Errorf("read the memo of %s: %w", order.WorkflowID, err)
	}
	out.Reason, out.Cards, out.Amount, out.Currency = memo.Reason, memo.Cards, memo.Amount, memo.Currency
	return out, nil
}

// addIssued adds up what went well, from the memos: no history is opened. An order counts once, when it had all its cards
// first, however often it is run again.
func (r *reporter) addIssued(ctx context.Context) error {
	completed := "WorkflowType = " + quote(workflows.GiftCardOrderType) + " AND ExecutionStatus = 'Completed'"
	orders := map[string]*workflowpb.WorkflowExecutionInfo{}
	err := r.scan(ctx, completed+r.inWindow(), func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		orders[info.GetExecution().GetWorkflowId()] = info
		return true, nil
	})
	if err != nil {
		return err
	}
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(orders)), knownAtOnce) {
		query := completed + " AND CloseTime < " + quoteTime(r.Window.From) + " AND WorkflowId IN (" + quoteAll(ids) + ")"
		err := r.scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
			delete(orders, info.GetExecution().GetWorkflowId())
			return true, nil
		})
		if err != nil {
			return err
		}
	}
	sums, cards := map[string]giftcard.Money{}, map[string]int{}
	for id, info := range orders {
		r.Issued.Orders++
		payload, ok := info.GetMemo().GetFields()[workflows.OrderMemoKey]
		if !ok {
			continue
		}
		var memo workflows.OrderMemo
		if err := r.converter.FromPayload(payload, &memo); err != nil {
			return fmt.Errorf("read the memo of %s: %w", id, err)
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
