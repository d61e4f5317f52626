package rerun

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/workflows"
)

// waitInterval is how often retry --wait looks at the orders.
const waitInterval = 2 * time.Second

// What becomes of an order that runs again.
const (
	becameIssued  = "issued"
	becameFailed  = "failed again"
	becameRunning = "still running"
)

// outcome is what became of one order.
type outcome struct {
	Name    string              `json:"name"`
	ID      string              `json:"id"`
	Outcome string              `json:"outcome"`
	Failure *executions.Failure `json:"failure,omitempty"`
}

func outcomeOf(o executions.Order) outcome {
	out := outcome{Name: o.Name, ID: o.ID, Failure: o.Failure}
	switch o.State {
	case executions.Completed:
		out.Outcome = becameIssued
	case executions.Failed, executions.Canceled:
		out.Outcome = becameFailed
	case executions.Running:
		out.Outcome = becameRunning
	default: // A person has settled it meanwhile.
		out.Outcome = string(o.State)
	}
	return out
}

// waiting waits for orders that run again.
type waiting struct {
	flags    *cli.Flags
	out, err io.Writer
	timeout  time.Duration
	look     func(ctx context.Context, workflowID string) (executions.Order, error)
	ticks    <-chan time.Time
}

// run prints the rerun and what becomes of its orders. It fails if one of them fails again or runs on.
func (w *waiting) run(ctx context.Context, p plan, r workflows.RerunOrdersResult) error {
	begun := w.out
	if w.flags.JSON {
		begun = io.Discard // All of it is one document.
	}
	if err := printRerun(begun, &cli.Flags{}, r, p.names()); err != nil {
		return err
	}
	outcomes := []outcome{}
	bounded, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	running, err := w.follow(bounded, slices.Concat(p.RunAgain, p.LeftAlone), func(o outcome) {
		outcomes = append(outcomes, o)
		w.tell(o)
	})
	if ctx.Err() != nil || (err != nil && bounded.Err() == nil) {
		_, _ = fmt.Fprintln(w.err, "no longer waiting; the orders go on running: "+buildinfo.Program+" orders list shows them")
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return err
	}
	for _, o := range running {
		last := outcome{Name: o.Name, ID: o.ID, Outcome: becameRunning}
		outcomes = append(outcomes, last)
		w.tell(last)
	}
	return w.conclude(outcomes, r)
}

// follow tells what becomes of each order, as it ends. It returns the orders that were running when ctx ended. An order
// whose newest run is the one that it had before was left alone.
func (w *waiting) follow(ctx context.Context, list []executions.Order, tell func(outcome)) ([]executions.Order, error) {
	for {
		var running []executions.Order
		for i, o := range list {
			now, err := w.look(ctx, o.WorkflowID)
			switch {
			case err != nil:
				return append(running, list[i:]...), err
			case now.RunID == o.RunID:
			case now.State == executions.Running:
				running = append(running, o)
			default:
				tell(outcomeOf(now))
			}
		}
		if list = running; len(list) == 0 {
			return nil, nil
		}
		select {
		case <-ctx.Done():
			return list, ctx.Err()
		case <-w.ticks:
		}
	}
}

// tell prints a line about an order.
func (w *waiting) tell(o outcome) {
	if w.flags.JSON {
		return
	}
	line := "order " + o.Name + ": " + o.Outcome
	if o.Failure != nil {
		line += ", " + o.Failure.Kind + ": " + o.Failure.Message
	}
	_, _ = fmt.Fprintln(w.out, printable.Line(line, cli.Width(w.out)))
}

// conclude prints a tally, and returns an error unless all cards are issued.
func (w *waiting) conclude(outcomes []outcome, r workflows.RerunOrdersResult) error {
	if w.flags.JSON {
		if err := cli.JSON(w.out, struct {
			workflows.RerunOrdersResult
			Outcomes []outcome `json:"outcomes"`
		}{r, outcomes}); err != nil {
			return err
		}
	}
	count := map[string]int{}
	var kinds []string
	for _, o := range outcomes {
		if count[o.Outcome]++; count[o.Outcome] == 1 {
			kinds = append(kinds, o.Outcome)
		}
	}
	slices.Sort(kinds)
	tally := make([]string, len(kinds))
	for i, kind := range kinds {
		tally[i] = fmt.Sprintf("%d %s", count[kind], kind)
	}
	if !w.flags.JSON && len(tally) > 0 {
		if _, err := fmt.Fprintln(w.out, strings.Join(tally, ", ")); err != nil {
			return err
		}
	}
	switch {
	case count[becameFailed] > 0:
		return fmt.Errorf("%s failed again", orderCount(count[becameFailed]))
	case count[becameRunning] > 0:
		return fmt.Errorf("%s still running after %s", orderCount(count[becameRunning]), printable.Duration(w.timeout))
	}
	return nil
}
