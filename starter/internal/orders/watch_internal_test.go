package orders

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/executions"
)

// A watched list is drawn anew at each tick, survives an answer that does not come, and ends well with Ctrl-C.
func TestWatch(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	ticks := make(chan time.Time, 3)
	for range cap(ticks) {
		ticks <- time.Time{}
	}
	reads := 0
	var out bytes.Buffer
	err := watch(ctx, &out, ticks, func(context.Context) ([]executions.Order, error) {
		reads++
		switch reads {
		case 2:
			return nil, errors.New("no\x1b[2J answer")
		case 4:
			interrupt()
			return nil, context.Canceled
		}
		return make([]executions.Order, reads), nil
	}, func(list []executions.Order) error {
		fmt.Fprintln(&out, "orders:", len(list))
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, []string{
		"", "orders: 1\n", "the orders cannot be read; trying again: no [2J answer\n", "orders: 3\n",
	}, strings.Split(out.String(), clearScreen))

	// What is wrong from the start is not repeated permanently.
	wrong := errors.New("no such address")
	out.Reset()
	require.ErrorIs(t, watch(t.Context(), &out, nil, func(context.Context) ([]executions.Order, error) { return nil, wrong }, nil), wrong)
	require.Empty(t, out.String())
}

// A drawn list has no more lines than its terminal, and none is broken.
func TestDrawOrders(t *testing.T) {
	t.Parallel()
	now, list := listed(t)
	for range 5 {
		list = append(list, list...)
	}
	for _, size := range [][2]int{{80, 24}, {140, 50}, {40, 5}, {10, 1}, {80, 500}} {
		var out bytes.Buffer
		require.NoError(t, drawOrders(&out, list, now, size[0], size[1]))
		lines := strings.Split(out.String(), "\n")
		require.LessOrEqual(t, len(lines), max(size[1], 5))
		for _, line := range lines {
			require.LessOrEqual(t, len([]rune(line)), max(size[0], 11), line)
		}
		require.Equal(t, size[1] < len(list), strings.Contains(out.String(), "\nand "), size)
	}
	var out bytes.Buffer
	require.NoError(t, drawOrders(&out, nil, now, 80, 24))
	require.Equal(t, "orders: 0 at 12:00:00; Ctrl-C ends\n", out.String())
}
