package changed

import (
	"context"
	"errors"
	"fmt"
	"slices"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/promises"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

// Changed acts on the changed orders of one installation.
type Changed struct {
	*recovery.Recovery
	promises *promises.Promises
}

// New returns a Changed for the orders of an installation.
func New(r *recovery.Recovery) *Changed { return &Changed{r, promises.New(r)} }

// Rules returns the rules for changed orders, which are pinned in the input of the sweep's schedule. They are nil if that
// says that nobody looks for changed orders.
func (o *Changed) Rules(ctx context.Context) (*intake.ChangeRules, error) {
	d, err := o.Client.ScheduleClient().GetHandle(ctx, workflows.SweepScheduleID).Describe(ctx)
	if executions.IsNotFound(err) {
		return nil, fmt.Errorf("schedule %s does not exist; run: %s schedules", workflows.SweepScheduleID, buildinfo.Program)
	}
	if err != nil {
		return nil, fmt.Errorf("describe schedule %s: %w", workflows.SweepScheduleID, err)
	}
	var in workflows.SweepOrdersInput
	input, _ := settings.InputOf(d.Schedule)
	if input == nil {
		return nil, fmt.Errorf("schedule %s has no input from %s", workflows.SweepScheduleID, buildinfo.Program)
	}
	if err := o.Converter.FromPayload(input, &in); err != nil {
		return nil, fmt.Errorf("read the input of schedule %s: %w", workflows.SweepScheduleID, err)
	}
	if in.CancelledOrders == "" || in.Poll.Identity == nil {
		return nil, nil
	}
	return &intake.ChangeRules{
		Shop: in.Poll.Identity.Shop, SKUs: in.Poll.SKUs, Cancel: in.CancelledOrders == workflows.CancelCancelled,
	}, nil
}

// Issued implements intake.ChangedOrders. It asks visibility, which lags: orders that were started in the last few seconds
// may be missing.
func (o *Changed) Issued(ctx context.Context, shop string, numbers []string) (map[string]int, error) {
	out := map[string]int{}
	for some := range slices.Chunk(numbers, recovery.KnownAtOnce) {
		ids := make([]string, len(some))
		for i, number := range some {
			ids[i] = workflows.GiftCardOrderID(shop, number)
		}
		query := "WorkflowType = " + executions.Quote(workflows.GiftCardOrderType) +
			" AND WorkflowId IN (" + executions.QuoteAll(ids) + ")"
		err := o.Scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
			// An order whose memo cannot be read may have any number of cards: comparing it in vain does no harm.
			cards := giftcard.MaxUnits
			if m, err := o.OrderMemo(info); err == nil && m.Cards > 0 {
				cards = m.Cards
			}
			order := o.Order(info)
			out[order.ID] = max(out[order.ID], cards)
			return true, nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// StartChanges implements intake.ChangedOrders.
func (o *Changed) StartChanges(ctx context.Context, changes []intake.Change, cancel bool) (int, error) {
	if len(changes) == 0 {
		return 0, nil
	}
	ids := make([]string, len(changes))
	for i, c := range changes {
		ids[i] = workflows.ChangedOrderID(c.Shop, c.Order, c.Hash())
	}
	known, err := o.Known(ctx, ids) // A refused start would cost as much as one that succeeds.
	if err != nil {
		return 0, err
	}
	var failed []error
	started := 0
	for i, c := range changes {
		if known[ids[i]] {
			continue
		}
		did, err := o.StartOnce(ctx, ids[i], workflows.ListingOfChanged(c.Shop, c.Order, c.Name), workflows.ChangedOrderType,
			workflows.ChangedOrderInput{
				Shop: c.Shop, OrderID: c.Order, OrderName: c.Name, UpdatedAt: c.UpdatedAt, Cancel: cancel,
			})
		if err != nil {
			failed = append(failed, fmt.Errorf("start the change of order %s: %w", c.Name, err))
		}
		if did {
			started++
		}
	}
	return started, errors.Join(failed...)
}

// CardsOf implements activities.ChangedOrders. An order whose cards are being issued has to wait, and so does a change
// while an earlier one of the same order is acted on.
func (o *Changed) CardsOf(
	ctx context.Context, shop, number string, by activities.WorkflowRun,
) (out activities.KnownCards, err error) {
	if out.Waits, err = o.earlier(ctx, shop, number, by); err != nil || out.Waits != "" {
		return out, err
	}
	id := workflows.GiftCardOrderID(shop, number)
	d, err := o.Client.DescribeWorkflowExecution(ctx, id, "")
	if executions.IsNotFound(err) {
		return out, nil // Its records have expired, and nobody knows its cards.
	}
	if err != nil {
		return out, fmt.Errorf("describe %s: %w", id, err)
	}
	newest := d.GetWorkflowExecutionInfo()
	cards, err := o.existing(ctx, id, newest, &out)
	if err != nil || out.Waits != "" {
		return activities.KnownCards{Waits: out.Waits}, err
	}
	for _, card := range cards {
		gone, err := o.cancelled(ctx, shop, number, card)
		if err != nil {
			return out, err
		}
		if !gone {
			out.Cards = append(out.Cards, card)
		}
	}
	return out, nil
}

// existing returns the cards of an order that exist, whoever makes them, and adds to out what is in doubt. An order that is
// running waits, unless all its cards exist: one whose cards are made later may wait weeks for their day of delivery.
func (o *Changed) existing(
	ctx context.Context, id string, newest *workflowpb.WorkflowExecutionInfo, out *activities.KnownCards,
) ([]activities.ExistingCard, error) {
	run, runs := newest.GetExecution().GetRunId(), []string{newest.GetExecution().GetRunId()}
	running := executions.StateOf(newest.GetStatus()) == executions.Running
	if !running {
		others, err := o.OtherRuns(ctx, id, run)
		if err != nil {
			return nil, err
		}
		runs = append(runs, others...)
	}
	later, laterInDoubt, waits, err := o.promises.Existing(ctx, id, runs)
	if err != nil {
		return nil, err
	}
	if out.Waits = waits; waits != "" {
		return nil, nil
	}
	if running {
		if all, err := o.allLater(ctx, id, run, len(later)); err != nil || !all {
			out.Waits = "its cards are being issued"
			return nil, err
		}
		return later, nil
	}
	cards, inDoubt, err := o.ExistingCards(ctx, id, run)
	out.InDoubt = append(inDoubt, laterInDoubt...)
	slices.Sort(out.InDoubt)
	return append(cards, later...), err
}

// allLater reports whether a run of an order has exactly so many cards as are known to exist.
func (o *Changed) allLater(ctx context.Context, id, run string, known int) (bool, error) {
	if known == 0 {
		return false, nil
	}
	in, err := o.OrderInput(ctx, id, run)
	return err == nil && in.Order.Units() == known, err
}

// cancelled reports whether a card was cancelled through giftbridge. Two cards of an order that was read anew in between can
// have the same number.
func (o *Changed) cancelled(ctx context.Context, shop, number string, card activities.ExistingCard) (bool, error) {
	id := workflows.CancelCardID(shop, number, card.Unit)
	d, err := o.Client.DescribeWorkflowExecution(ctx, id, "")
	if executions.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("describe %s: %w", id, err)
	}
	newest := d.GetWorkflowExecutionInfo()
	if executions.StateOf(newest.GetStatus()) != executions.Completed {
		return false, nil
	}
	var in workflows.CancelCardInput
	err = o.input(ctx, newest, &in)
	if card.Issuer != "" {
		return err == nil && in.Later != nil && in.Later.Key == card.AuditNumber, err
	}
	return err == nil && in.EGCCode == card.EGCCode, err
}

// earlier returns why a change waits for another one of the same order, which started before it; empty if it need not.
func (o *Changed) earlier(ctx context.Context, shop, number string, by activities.WorkflowRun) (string, error) {
	runs, err := o.runs(ctx, shop, number, " AND ExecutionStatus = 'Running'")
	if err != nil {
		return "", err
	}
	self := slices.IndexFunc(runs, func(r *workflowpb.WorkflowExecutionInfo) bool {
		return r.GetExecution().GetRunId() == by.RunID
	})
	for i, r := range runs {
		if i == self {
			continue
		}
		// A run that visibility does not show yet is the newest.
		if self < 0 || before(r, runs[self]) {
			return "another change of the order is being acted on", nil
		}
	}
	return "", nil
}

func before(a, b *workflowpb.WorkflowExecutionInfo) bool {
	if c := a.GetStartTime().AsTime().Compare(b.GetStartTime().AsTime()); c != 0 {
		return c < 0
	}
	return a.GetExecution().GetRunId() < b.GetExecution().GetRunId()
}

// runs returns the runs of all changes of an order that satisfy a condition.
func (o *Changed) runs(ctx context.Context, shop, number, condition string) ([]*workflowpb.WorkflowExecutionInfo, error) {
	query := "WorkflowType = " + executions.Quote(workflows.ChangedOrderType) + " AND WorkflowId STARTS_WITH " +
		executions.Quote(workflows.ChangedOrderIDs(shop, number)) + condition
	var out []*workflowpb.WorkflowExecutionInfo
	err := o.Scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		out = append(out, info)
		return true, nil
	})
	return out, err
}

// input reads the input of a run.
func (o *Changed) input(ctx context.Context, info *workflowpb.WorkflowExecutionInfo, in any) error {
	id := info.GetExecution().GetWorkflowId()
	events := o.Client.GetWorkflowHistory(ctx, id, info.GetExecution().GetRunId(), false,
		enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	var first *historypb.HistoryEvent
	first, err := events.Next()
	if err != nil {
		return fmt.Errorf("read the history of %s: %w", id, err)
	}
	if err := o.Converter.FromPayloads(first.GetWorkflowExecutionStartedEventAttributes().GetInput(), in); err != nil {
		return fmt.Errorf("read the input of %s: %w", id, err)
	}
	return nil
}

// start starts another run of a change.
func (o *Changed) start(ctx context.Context, id string, in workflows.ChangedOrderInput) (client.WorkflowRun, error) {
	listing := workflows.ListingOfChanged(in.Shop, in.OrderID, in.OrderName)
	run, err := o.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       id,
		TaskQueue:                                workflows.TaskQueue,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		TypedSearchAttributes:                    listing.Attributes,
		StaticSummary:                            listing.Summary,
		StaticDetails:                            listing.Details,
	}, workflows.ChangedOrderType, in)
	if executions.IsAlreadyStarted(err) {
		return nil, fmt.Errorf("a change of order %s is being acted on: %s", in.OrderName, o.Link(id, ""))
	}
	if err != nil {
		return nil, fmt.Errorf("start the change of order %s: %w", in.OrderName, err)
	}
	return run, nil
}
