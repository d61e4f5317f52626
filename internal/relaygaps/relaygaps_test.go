package relaygaps_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/giftbridge/giftbridge/internal/relaygaps"
	"github.com/giftbridge/giftbridge/workflows"
)

var noon = time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)

func at(hours float64) time.Time { return noon.Add(time.Duration(hours * float64(time.Hour))) }

// looks are looks at the shop: their results by the hour after noon at which they began.
type looks struct {
	order   []float64
	results map[float64]*workflows.WatchedWebhooks
	// unreadable and running are looks whose result cannot be read, and that have not ended.
	unreadable, running map[float64]bool
	lists               error
	read                int
}

func (l *looks) Scan(_ context.Context, _ string, visit func(*workflowpb.WorkflowExecutionInfo) (bool, error)) error {
	for i := range l.order {
		hour := l.order[len(l.order)-1-i]
		info := &workflowpb.WorkflowExecutionInfo{
			Execution: &commonpb.WorkflowExecution{RunId: at(hour).Format(time.RFC3339)}, StartTime: timestamppb.New(at(hour)),
		}
		if !l.running[hour] {
			info.CloseTime = timestamppb.New(at(hour).Add(time.Minute))
		}
		if more, err := visit(info); !more || err != nil {
			return err
		}
	}
	return l.lists
}

func (l *looks) Result(_ context.Context, info *workflowpb.WorkflowExecutionInfo, out any) error {
	l.read++
	hour := info.GetStartTime().AsTime().Sub(noon).Hours()
	if l.unreadable[hour] {
		return errors.New("no key")
	}
	*out.(*workflows.WatchShopResult) = workflows.WatchShopResult{LookedAt: at(hour), Webhooks: l.results[hour]}
	return nil
}

// hourly are looks at each hour.
func hourly(from, to int) (out []float64) {
	for h := from; h <= to; h++ {
		out = append(out, float64(h))
	}
	return out
}

var topics = []string{"orders/create", "products/update"}

func find(t *testing.T, l *looks, since time.Time) []relaygaps.Gap {
	t.Helper()
	gaps, err := relaygaps.Find(t.Context(), l, topics, since)
	require.NoError(t, err)
	return gaps
}

func well() *workflows.WatchedWebhooks { return &workflows.WatchedWebhooks{GoodAt: noon} }

func repaired(at, since, until time.Time, wrong ...string) *workflows.WatchedWebhooks {
	return &workflows.WatchedWebhooks{Repaired: &workflows.RepairedWebhooks{At: at, Since: since, Until: until, Topics: wrong}}
}

// fill gives the looks of some hours a result.
func (l *looks) fill(from, to int, w *workflows.WatchedWebhooks) {
	if l.results == nil {
		l.results = map[float64]*workflows.WatchedWebhooks{}
	}
	for _, h := range hourly(from, to) {
		l.results[h] = w
	}
}

func TestNoGap(t *testing.T) {
	t.Parallel()
	l := &looks{order: hourly(-40, 0)}
	l.fill(-40, 0, well())
	require.Empty(t, find(t, l, at(-24)))
	require.Equal(t, 1, l.read, "one look tells of two days")
	gaps, err := relaygaps.Find(t.Context(), l, nil, at(-24))
	require.NoError(t, err)
	require.Empty(t, gaps, "nothing goes on")
	require.Empty(t, find(t, &looks{}, at(-24)), "nobody has looked yet")
	l.lists = errors.New("no list")
	_, err = relaygaps.Find(t.Context(), l, topics, at(-24))
	require.ErrorIs(t, err, l.lists)
}

// Temporal was away for longer than the shop tries.
func TestGapOfAnOutage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		back float64
		gap  bool
	}{"within the shop's tries": {back: -6}, "longer": {back: -5, gap: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &looks{order: append(hourly(-20, -10), c.back, -2, -1, 0), running: map[float64]bool{0: true}}
			gaps := find(t, l, at(-24))
			if !c.gap {
				require.Empty(t, gaps)
				return
			}
			require.Equal(t, []relaygaps.Gap{
				{From: at(-10).Add(time.Minute), Until: at(-5), Topics: topics, Cause: relaygaps.Unwatched},
			}, gaps)
			require.Empty(t, find(t, l, at(-5)), "it was told before")
		})
	}
}

// A look that waits for a worker shows that Temporal works.
func TestNoGapWithoutWorkers(t *testing.T) {
	t.Parallel()
	l := &looks{order: hourly(-20, -10), running: map[float64]bool{-10: true}}
	require.Empty(t, find(t, l, at(-24)))
}

// Subscriptions were gone, and were made again.
func TestGapOfSubscriptions(t *testing.T) {
	t.Parallel()
	l := &looks{order: hourly(-100, 0), unreadable: map[float64]bool{0: true}}
	l.fill(-100, -70, well())
	first := repaired(at(-69), at(-70), at(-69).Add(time.Minute), "disputes/create: missing", "products/update: its address differs")
	l.fill(-69, -30, first)
	l.fill(-29, 0, repaired(at(-29), at(-30), time.Time{}, "orders/create: missing"))
	require.Equal(t, []relaygaps.Gap{
		{From: at(-74), Until: at(-69).Add(time.Minute), Topics: []string{"products/update"}, Cause: relaygaps.Unsubscribed},
		{From: at(-34), Until: at(-29), Topics: []string{"orders/create"}, Cause: relaygaps.Unsubscribed},
	}, find(t, l, at(-90)))
	require.Less(t, l.read, 16)
	require.Len(t, find(t, l, at(-60)), 1)

	other := &looks{order: hourly(-10, 0)}
	other.fill(-10, 0, repaired(at(-5), at(-6), at(-5), "disputes/create: missing"))
	require.Empty(t, find(t, other, at(-24)), "the ERP gets no disputes")
}

// Subscriptions are gone, and cannot be made again.
func TestOpenGap(t *testing.T) {
	t.Parallel()
	l := &looks{order: hourly(-10, 0)}
	open := repaired(at(-3), at(-4), time.Time{}, "products/update: missing")
	open.GapFrom, open.Left = at(-4), []string{"orders/create: the app may not read orders"}
	l.fill(-10, 0, open)
	require.Equal(t, []relaygaps.Gap{{From: at(-8), Topics: topics, Cause: relaygaps.Unsubscribed}}, find(t, l, at(-24)))
}

// The relay was turned on: what it needs was not subscribed to before.
func TestNoGapBeforeTheRelayWasTurnedOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wrong []string
		gap   bool
	}{
		"turned on":          {[]string{"orders/create: missing", "products/update: missing"}, false},
		"turned on, and one": {[]string{"orders/create: missing", "products/update: missing", "disputes/create: missing"}, true},
		"changed":            {[]string{"orders/create: missing", "products/update: its address differs"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &looks{order: hourly(-20, 0)}
			before := well()
			before.Found.Right = 4
			l.fill(-20, -11, before)
			then := repaired(at(-10), at(-11), at(-10).Add(time.Minute), c.wrong...)
			then.Found.Right, then.Found.Wrong = 6-len(c.wrong), c.wrong
			l.fill(-10, -10, then)
			l.fill(-9, 0, repaired(at(-10), at(-11), at(-10).Add(time.Minute), c.wrong...))
			require.Equal(t, c.gap, len(find(t, l, at(-24))) > 0)
		})
	}
}
