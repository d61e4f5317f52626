package orders

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

const (
	// watchInterval is how often a watched list is read again: a list reads much of what Temporal has stored.
	watchInterval = 5 * time.Second
	// clearScreen moves to the top left corner and clears a terminal.
	clearScreen = "\x1b[H\x1b[2J"
	// otherLines are the lines of a watched list that are not orders: when it was read, its header, what is left out, and
	// the one of the cursor.
	otherLines = 4
)

// watch reads orders at once and at each tick, and draws them on a cleared terminal, until ctx ends. If orders cannot be
// read at first, it returns why; later, it shows why and goes on.
func watch(
	ctx context.Context, w io.Writer, ticks <-chan time.Time,
	read func(context.Context) ([]executions.Order, error), draw func([]executions.Order) error,
) error {
	for first := true; ; first = false {
		list, err := read(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && first:
			return err
		}
		if _, err := io.WriteString(w, clearScreen); err != nil {
			return err
		}
		if err != nil {
			_, err = fmt.Fprintf(w, "the orders cannot be read; trying again: %s\n", printable.Line(err.Error(), 0))
		} else {
			err = draw(list)
		}
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticks:
		}
	}
}

// drawOrders prints as many orders as a terminal of this size shows.
func drawOrders(w io.Writer, list []executions.Order, now time.Time, width, height int) error {
	top := printable.Line(fmt.Sprintf("orders: %d at %s; Ctrl-C ends", len(list), now.Format(time.TimeOnly)), width)
	if _, err := fmt.Fprintln(w, top); err != nil {
		return err
	}
	shown := list[:min(len(list), max(height-otherLines, 1))]
	if len(shown) > 0 {
		if err := printOrders(w, shown, now, width); err != nil {
			return err
		}
	}
	if more := len(list) - len(shown); more > 0 {
		_, err := fmt.Fprintf(w, "and %d more\n", more)
		return err
	}
	return nil
}

// watchList watches the orders that the flags select, on the terminal that w is.
func watchList(
	ctx context.Context, w io.Writer, l listFlags, list func(context.Context, listFlags) ([]executions.Order, error),
) error {
	ticks := time.NewTicker(watchInterval)
	defer ticks.Stop()
	return watch(ctx, w, ticks.C,
		func(ctx context.Context) ([]executions.Order, error) { return list(ctx, l) },
		func(found []executions.Order) error {
			width, height := cli.Size(w) // It may have changed.
			return drawOrders(w, found, session.Now(), width, height)
		})
}
