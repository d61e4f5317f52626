package customers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/looking"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit/leaks"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit/told"
	"github.com/giftbridge/giftbridge/sandbox/internal/lab/report"
	"github.com/giftbridge/giftbridge/sandbox/internal/mischief"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/sandbox/internal/storm"
	"github.com/giftbridge/giftbridge/workflows"
)

const (
	lookEvery = 250 * time.Millisecond
	// quietFor is longer than the pauses in which nothing happens to a message that is due: the scaled ones of its workflow, and the
	// delay before a product that has returned is told of.
	quietFor = 10 * time.Second
)

// Close waits until everybody knows everything, and compares the books. A sweep finds what webhooks have missed; a second one finds
// nothing to tell.
func (c *Customers) Close(ctx context.Context) error {
	if err := c.sweepAll(ctx); err != nil {
		return err
	}
	if err := c.quiet(ctx, quietFor); err != nil {
		return err
	}
	before, err := c.books(ctx)
	if err != nil {
		return err
	}
	if err := c.sweepAll(ctx); err != nil {
		return err
	}
	if err := c.quiet(ctx, time.Second); err != nil {
		return err
	}
	after, err := c.books(ctx)
	if err != nil {
		return err
	}
	c.tally, c.closed = after.Judge(), true
	if n := len(after.Deliveries) - len(before.Deliveries); n > 0 {
		c.tally.Wrong = append(c.tally.Wrong, fmt.Sprintf("%d messages were sent by a second sweep, of orders that had not changed", n))
	}
	c.Say("the customers know everything: %d messages", c.tally.Messages)
	return nil
}

// sweepAll has all orders looked at that changed. If the shop's clock is far ahead, sweeps see changes too late for a run, and a person
// has the orders looked at.
func (c *Customers) sweepAll(ctx context.Context) error {
	if !c.Plan.FarAhead() {
		return c.sweep(ctx)
	}
	shop, err := c.shop(ctx)
	if err != nil {
		return err
	}
	var orders []told.Order
	if err := storm.Send(ctx, http.MethodGet, c.Control.Shop+"orders", nil, &orders); err != nil {
		return err
	}
	looker := looking.Looker{Client: c.Operator.Client, Hurry: plan.Hurry}
	for _, o := range orders {
		if err := looker.Order(ctx, shop, id(o.ID), o.Name, workflows.Look{}); err != nil {
			return err
		}
	}
	return nil
}

// sweep has the schedule of the sweep for messages run now, and waits for the sweep.
func (c *Customers) sweep(ctx context.Context) error {
	schedule := c.Operator.Client.ScheduleClient().GetHandle(ctx, workflows.SweepMessagesScheduleID)
	seen := map[string]bool{}
	d, err := schedule.Describe(ctx)
	if err != nil {
		return fmt.Errorf("describe the sweep for messages: %w", err)
	}
	for _, run := range runs(d) {
		seen[run.run] = true
	}
	err = schedule.Trigger(ctx, client.ScheduleTriggerOptions{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE})
	if err != nil {
		return fmt.Errorf("trigger the sweep for messages: %w", err)
	}
	for {
		wait(ctx, lookEvery)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		d, err := schedule.Describe(ctx)
		if executions.IsBusy(err) {
			continue
		}
		if err != nil {
			return fmt.Errorf("describe the sweep for messages: %w", err)
		}
		for _, run := range runs(d) {
			if seen[run.run] {
				continue
			}
			var out workflows.SweepMessagesResult
			if err := c.Operator.Client.GetWorkflow(ctx, run.workflow, run.run).Get(ctx, &out); err != nil {
				return fmt.Errorf("the sweep for messages: %w", err)
			}
			c.mu.Lock()
			c.swept++
			c.mu.Unlock()
			return nil
		}
	}
}

// started is a run that a schedule has started.
type started struct{ workflow, run string }

func runs(d *client.ScheduleDescription) (out []started) {
	for _, a := range d.Info.RecentActions {
		if r := a.StartWorkflowResult; r != nil {
			out = append(out, started{r.WorkflowID, r.FirstExecutionRunID})
		}
	}
	return out
}

// quiet waits until nothing has happened to any message for a while.
func (c *Customers) quiet(ctx context.Context, lasts time.Duration) error {
	since, before := time.Now(), int64(-1)
	for {
		busy, length, err := c.busy(ctx)
		switch {
		case executions.IsBusy(err):
			length = -1 // Nothing is known this time.
		case err != nil:
			return fmt.Errorf("see whether messages are under way: %w", err)
		}
		if busy > 0 || length != before || length < 0 {
			since, before = time.Now(), length
		}
		if time.Since(since) >= lasts {
			return nil
		}
		wait(ctx, lookEvery)
		if ctx.Err() != nil {
			return fmt.Errorf("%d orders have messages under way: %w", busy, context.Cause(ctx))
		}
	}
}

// Report adds what became of the messages. The logs are of the processes that know whom messages go to.
func (c *Customers) Report(ctx context.Context, r *report.Report, logs ...string) error {
	r.Told = c.tally
	r.MessageSweeps = c.swept
	if !c.closed {
		r.Problem("the customers' messages did not come to an end, and their books were not compared")
	}
	for _, p := range c.tally.Wrong {
		r.Problem("%s", p)
	}
	befallen := map[plan.What]int{}
	if err := storm.Send(ctx, http.MethodGet, c.Control.Messages+filepath.Base(mischief.MessagesPath), nil, &befallen); err != nil {
		return err
	}
	for fate, n := range c.tally.Fates {
		befallen[plan.What(fate)] = n
	}
	r.MessagesBefallen = maps.Clone(befallen)
	for _, what := range c.Plan.ToldTroubles() {
		if n := befallen[what]; n < plan.LeastBefallen {
			r.NotSeen = append(r.NotSeen, what)
			r.Problem("too few customers with %s: it has befallen %d, and %d are needed", what, n, plan.LeastBefallen)
		}
	}
	found, err := leaks.Find(c.Numbers(), logs...)
	if err != nil {
		return errors.Join(errors.New("look for numbers in logs"), err)
	}
	for _, where := range slices.Compact(found) {
		r.Problem("a log holds a customer's number: %s", where)
	}
	return nil
}
