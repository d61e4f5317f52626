package reporting

import (
	"cmp"
	"context"
	"slices"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"golang.org/x/sync/errgroup"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

// failures summarises the failed runs of one order. The runs stay in visibility after a successful reset.
type failures struct {
	first time.Time
	last  *workflowpb.WorkflowExecutionInfo
}

// addFailed adds the orders that have ever failed, each classified by its newest run.
func (r *reporter) addFailed(ctx context.Context) error {
	keep, err := r.Retention(ctx)
	if err != nil {
		return err
	}
	byOrder := map[string]*failures{}
	err = r.Scan(ctx, "WorkflowType = "+executions.Quote(workflows.GiftCardOrderType)+" AND ExecutionStatus IN ('Failed','TimedOut','Terminated','Canceled')",
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
	newest, err := r.Newest(ctx, f.last)
	if err != nil {
		return err
	}
	if executions.OrderState(newest) == executions.Left {
		return nil // It has not recovered: a person has settled it, or it is left to people, and addLeft lists it.
	}
	began := newest.GetStartTime().AsTime()
	// An order may also have arrived, and failed for the first time, during the rerun of the others.
	again := !r.in.RerunSince.IsZero() && !began.Before(r.in.RerunSince) && !began.Before(f.first)
	rerun := digest.NotTried
	failed := newest
	switch state := executions.StateOf(newest.GetStatus()); {
	case state == executions.Failed && again:
		rerun = digest.FailedAgain
	case state == executions.Failed, state == executions.Canceled:
	case state == executions.Running && again:
		rerun, failed = digest.StillRunning, f.last
	case state == executions.Completed && r.contains(newest.GetCloseTime().AsTime()):
		return r.addRecovered(ctx, f, newest)
	default:
		return nil
	}
	run, err := r.ReadFailedRun(ctx, failed.GetExecution().GetWorkflowId(), failed.GetExecution().GetRunId())
	if err != nil {
		return err
	}
	memo, err := r.OrderMemo(failed)
	if err != nil {
		return err
	}
	order := r.Order(failed)
	row := digest.FailedOrder{
		Name: order.Name, OrderID: order.ID,
		Kind: giftcard.Kind(run.Failure.Kind), Message: run.Failure.Message, Attempts: run.Attempts, Worth: owed(memo, run),
		FailedAt: f.first, New: r.isNew(f.first), Age: r.now.Sub(f.first),
		ExpiresAt: failed.GetCloseTime().AsTime().Add(keep),
		ShopLink:  r.shopLink(order), Link: order.Link, Rerun: rerun,
		Run: digest.Run{WorkflowID: order.WorkflowID, RunID: order.RunID},
	}
	// A re-run of named orders takes these without being forced.
	row.RunsAgain = run.ResetPoint != 0 && (run.Curable() || !slices.Contains(giftcard.Kinds, row.Kind))
	if run.Units != nil {
		for _, u := range run.Units.Failed {
			row.AuditNumbers = append(row.AuditNumbers, u.AuditNumber)
		}
	}
	if row.Kind != giftcard.OutcomeUnknown || run.Units != nil {
		row.Command = digest.Command(row, run.Curable())
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.FailedOrders = append(r.FailedOrders, row)
	if row.New {
		r.FailedNew++
	}
	return nil
}

// isNew reports whether an order that first failed at the given time is missing from the last digest. That digest named
// all orders that were failed when it was made, which was shortly after the end of its window.
func (r *reporter) isNew(failed time.Time) bool { return !failed.Before(r.Window.From.Add(reportLag)) }

func (r *reporter) contains(t time.Time) bool {
	return !t.Before(r.Window.From) && t.Before(r.Window.To)
}

func (r *reporter) addRecovered(ctx context.Context, f *failures, newest *workflowpb.WorkflowExecutionInfo) error {
	run, err := r.ReadFailedRun(ctx, f.last.GetExecution().GetWorkflowId(), f.last.GetExecution().GetRunId())
	if err != nil {
		return err
	}
	memo, err := r.OrderMemo(newest)
	if err != nil {
		return err
	}
	order := r.Order(newest)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Recovered = append(r.Recovered, digest.RecoveredOrder{
		Name: order.Name, OrderID: order.ID, Kind: giftcard.Kind(run.Failure.Kind), Worth: worth(memo),
		ShopLink: r.shopLink(order), Link: order.Link,
	})
	return nil
}
