package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake/skus"
	"github.com/giftbridge/giftbridge/workflows"
)

const receiver = "https://gifts.example.com"

// watched is a shop that is watched: what its activities answer, and what they were asked.
type watched struct {
	found       activities.LookAtSubscriptionsResult
	refused     []string
	paused      bool
	findings    []skus.Finding
	lookErr     error
	repairErr   error
	productsErr error

	repaired int
	gaps     []activities.PollGapInput
}

// right is what a look finds if all is well.
var right = activities.LookAtSubscriptionsResult{Own: 10, Right: 10}

func (w *watched) run(t *testing.T, in workflows.WatchShopInput, last *workflows.WatchShopResult) (workflows.WatchShopResult, error) {
	t.Helper()
	e := newEnv(t)
	if last != nil {
		e.SetLastCompletionResult(*last)
	}
	named := func(name string) activity.RegisterOptions { return activity.RegisterOptions{Name: name} }
	e.RegisterActivityWithOptions(
		func(context.Context, activities.LookAtSubscriptionsInput) (activities.LookAtSubscriptionsResult, error) {
			return w.found, w.lookErr
		}, named("LookAtSubscriptions"))
	e.RegisterActivityWithOptions(
		func(context.Context, activities.RepairSubscriptionsInput) (activities.RepairSubscriptionsResult, error) {
			w.repaired++
			return activities.RepairSubscriptionsResult{Refused: w.refused}, w.repairErr
		}, named("RepairSubscriptions"))
	e.RegisterActivityWithOptions(
		func(_ context.Context, in activities.PollGapInput) (activities.PollGapResult, error) {
			w.gaps = append(w.gaps, in)
			if w.paused {
				return activities.PollGapResult{}, nil
			}
			return activities.PollGapResult{Poll: "poll"}, nil
		}, named("PollGap"))
	e.RegisterActivityWithOptions(
		func(context.Context, activities.CheckProductsInput) (activities.CheckProductsResult, error) {
			return activities.CheckProductsResult{Findings: w.findings}, w.productsErr
		}, named("CheckProducts"))
	e.ExecuteWorkflow(workflows.WatchShop, in)
	require.True(t, e.IsWorkflowCompleted())
	if err := e.GetWorkflowError(); err != nil {
		return workflows.WatchShopResult{}, err
	}
	var out workflows.WatchShopResult
	require.NoError(t, e.GetWorkflowResult(&out))
	return out, nil
}

var (
	on = workflows.WatchShopInput{SKUs: []string{"GIFT-25"}, ReceiverURL: receiver}
	// hourAgo is the result of a watch an hour ago that found everything as it should be.
	hourAgo = workflows.WatchShopResult{
		LookedAt: noon.Add(-time.Hour), Webhooks: &workflows.WatchedWebhooks{Found: right, GoodAt: noon.Add(-time.Hour)},
	}
	away = temporal.NewNonRetryableApplicationError("away", string(giftcard.Unavailable), nil)
)

func TestWatchOfProductsAlone(t *testing.T) {
	t.Parallel()
	w := watched{findings: []skus.Finding{{SKU: "GIFT-25", Flaw: skus.Missing}}}
	out, err := w.run(t, workflows.WatchShopInput{SKUs: []string{"GIFT-25"}}, nil)
	require.NoError(t, err)
	require.Nil(t, out.Webhooks)
	require.Equal(t, w.findings, out.Products.Findings)
	w.productsErr = away
	_, err = w.run(t, workflows.WatchShopInput{}, nil)
	require.ErrorContains(t, err, "away", "nothing was found out")
}

func TestWatchThatFindsAllRight(t *testing.T) {
	t.Parallel()
	w := watched{found: right}
	out, err := w.run(t, on, &hourAgo)
	require.NoError(t, err)
	require.Equal(t, &workflows.WatchedWebhooks{Found: right, GoodAt: noon}, out.Webhooks)
	require.Zero(t, w.repaired)
	require.Empty(t, w.gaps)
}

// What is missing is made again, and the time since the last good look is polled. People see it for two days.
func TestWatchRepairsAndPollsTheGap(t *testing.T) {
	t.Parallel()
	w := watched{found: activities.LookAtSubscriptionsResult{Own: 9, Right: 9, Wrong: []string{"orders/create: missing"}}}
	out, err := w.run(t, on, &hourAgo)
	require.NoError(t, err)
	require.Equal(t, 1, w.repaired)
	require.Equal(t, []activities.PollGapInput{{Since: noon.Add(-time.Hour), Until: noon.Add(time.Second)}}, w.gaps)
	told := &workflows.RepairedWebhooks{
		At: noon, Topics: []string{"orders/create: missing"}, Since: noon.Add(-time.Hour), Until: noon.Add(time.Second), Poll: "poll",
	}
	require.Equal(t, &workflows.WatchedWebhooks{Found: w.found, GoodAt: noon, Repaired: told}, out.Webhooks)

	for ago, want := range map[time.Duration]*workflows.RepairedWebhooks{47 * time.Hour: told, 48 * time.Hour: nil} {
		before := *told
		before.At = noon.Add(-ago)
		if want != nil {
			want = &before
		}
		next := watched{found: right}
		last := workflows.WatchShopResult{Webhooks: &workflows.WatchedWebhooks{GoodAt: before.At, Repaired: &before}}
		out, err := next.run(t, on, &last)
		require.NoError(t, err)
		require.Equal(t, want, out.Webhooks.Repaired, ago)
		require.Empty(t, next.gaps, "it is polled once")
	}
}

// Subscriptions that were never there are made by a person first, after the receiver runs.
func TestWatchDoesNotSetUp(t *testing.T) {
	t.Parallel()
	none := activities.LookAtSubscriptionsResult{Wrong: []string{"orders/create: missing"}}
	w := watched{found: none}
	out, err := w.run(t, on, nil)
	require.NoError(t, err)
	require.True(t, out.Webhooks.NotSetUp)
	require.Equal(t, none.Wrong, out.Webhooks.Left)
	require.Zero(t, w.repaired)

	out, err = w.run(t, on, &hourAgo)
	require.NoError(t, err)
	require.Equal(t, 1, w.repaired, "all of them are gone, and they were there")
	require.Empty(t, out.Webhooks.Left)

	w.found.Own, w.gaps = 3, nil
	_, err = w.run(t, on, nil)
	require.NoError(t, err)
	require.Equal(t, 2, w.repaired, "some are there")
	require.Equal(t, []activities.PollGapInput{{Since: noon.Add(-24 * time.Hour), Until: noon.Add(time.Second)}}, w.gaps)
}

// A gap stays open until it is polled: while the intake is paused, while something is refused, while a service is away.
func TestWatchKeepsTheGapOpen(t *testing.T) {
	t.Parallel()
	missing := activities.LookAtSubscriptionsResult{Own: 9, Right: 9, Wrong: []string{"orders/create: missing"}}
	for name, tt := range map[string]struct {
		first watched
		polls int
	}{
		"paused":          {watched{found: missing, paused: true}, 1},
		"refused":         {watched{found: missing, refused: []string{"orders/create: no"}}, 0},
		"no repair":       {watched{found: missing, repairErr: away}, 0},
		"a lost scope":    {watched{found: activities.LookAtSubscriptionsResult{Own: 9, Right: 9, Problems: []string{"orders/paid: scope"}}}, 0},
		"somebody else's": {watched{found: activities.LookAtSubscriptionsResult{Own: 9, Right: 9, Wrong: missing.Wrong, Problems: []string{"p"}}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := tt.first
			out, err := w.run(t, on, &hourAgo)
			require.NoError(t, err)
			require.Len(t, w.gaps, tt.polls)
			require.Equal(t, hourAgo.Webhooks.GoodAt, out.Webhooks.GapFrom)
			require.Equal(t, tt.first.paused, out.Webhooks.Held)
			require.Equal(t, !tt.first.paused, len(out.Webhooks.Left) > 0)

			later := watched{found: right}
			out, err = later.run(t, on, &out)
			require.NoError(t, err)
			require.Equal(t, []activities.PollGapInput{{Since: hourAgo.Webhooks.GoodAt, Until: noon.Add(time.Second)}}, later.gaps)
			require.Zero(t, out.Webhooks.GapFrom)
			require.Empty(t, out.Webhooks.Left)
			if r := out.Webhooks.Repaired; r != nil {
				require.Equal(t, "poll", r.Poll)
			}
		})
	}
}

// One part that fails does not hide what the other found.
func TestWatchOfWhichOnePartFails(t *testing.T) {
	t.Parallel()
	w := watched{lookErr: away, findings: []skus.Finding{{SKU: "GIFT-25", Flaw: skus.Missing}}}
	out, err := w.run(t, on, &hourAgo)
	require.NoError(t, err)
	require.Equal(t, &workflows.WatchFailure{Kind: giftcard.Unavailable, Message: "away"}, out.Webhooks.Failed)
	require.Equal(t, hourAgo.Webhooks.GoodAt, out.Webhooks.GoodAt, "the next watch compares with the last good look")
	require.Len(t, out.Products.Findings, 1)

	w = watched{found: right, productsErr: away}
	out, err = w.run(t, on, &hourAgo)
	require.NoError(t, err)
	require.Equal(t, "away", out.ProductsFailed.Message)
	require.Equal(t, noon, out.Webhooks.GoodAt)

	w = watched{lookErr: away, productsErr: away}
	_, err = w.run(t, on, &hourAgo)
	require.ErrorContains(t, err, "away")
}
