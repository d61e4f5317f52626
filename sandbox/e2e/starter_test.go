package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/health"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/orders"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/programs"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// said is the output and the exit code of a process.
type said struct {
	stdout, stderr string
	code           int
}

// starter runs a command of giftbridge.
func (w *system) starter(env []string, args ...string) said {
	w.t.Helper()
	c := w.command(w.ctx, programs.Starter, env, args)
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	err := c.Run()
	var exit *exec.ExitError
	require.Truef(w.t, err == nil || errors.As(err, &exit), "%v", err)
	out := said{stdout: stdout.String(), stderr: stderr.String(), code: c.ProcessState.ExitCode()}
	for _, secret := range []string{w.Config.Shopify.AccessToken.Reveal(), w.Config.CashStar.Password.Reveal()} {
		require.NotContains(w.t, out.stdout+out.stderr, secret)
	}
	return out
}

// ok runs a command that must succeed, and returns its output.
func (w *system) ok(args ...string) string {
	w.t.Helper()
	out := w.starter(nil, args...)
	require.Equal(w.t, cli.ExitOK, out.code, out.stderr)
	return out.stdout
}

// decoded runs a command with --json.
func decoded[T any](w *system, args ...string) T {
	w.t.Helper()
	var v T
	d := json.NewDecoder(strings.NewReader(w.ok(append(args, "--json")...)))
	require.NoError(w.t, d.Decode(&v))
	require.False(w.t, d.More(), "one JSON value")
	return v
}

// A first day: set up, poll, look.
func TestStarter(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{NoSchedule: true})
	out := w.starter(nil, "poll")
	require.Equal(t, cli.ExitFailure, out.code)
	require.Contains(t, out.stderr, "schedule poll-orders does not exist; run: giftbridge schedules")
	out = w.starter(nil, "status")
	require.Equal(t, cli.ExitFailure, out.code)
	require.Contains(t, out.stdout, "does not exist; run: giftbridge schedules")

	require.Regexp(t, `schedule poll-orders +created`, w.ok("schedules"))
	require.Regexp(t, `schedule poll-orders +unchanged`, w.ok("schedules"))
	placed := w.place(scenario.Single, scenario.SeveralUnits, scenario.Mixed, scenario.UnknownMerchant)
	text := w.ok("poll")
	require.Regexp(t, `orders seen +4`, text)
	require.Regexp(t, `started +3`, text)
	require.Regexp(t, `mixed orders +#1003`, text)
	w.settle(3)
	w.requireBalance()

	s := decoded[health.Status](w, "status")
	require.Equal(t, map[executions.State]int{
		executions.Completed: 2, executions.Failed: 1, executions.Running: 0, executions.Canceled: 0, executions.Left: 1,
		executions.Settled: 0, executions.Redacted: 0,
	}, s.Orders)
	require.False(t, s.Stale)
	require.Regexp(t, `orders completed +2`, w.ok("status"))

	require.Len(t, decoded[[]executions.Order](w, "orders", "list"), 3)
	require.Len(t, decoded[[]executions.Order](w, "orders", "list", "--since", "1h", "--limit", "2"), 2)
	require.Empty(t, decoded[[]executions.Order](w, "orders", "list", "--state", "running"))
	failed := decoded[[]executions.Order](w, "orders", "list", "--state", "failed")
	require.Len(t, failed, 1)
	require.Equal(t, "#1004", failed[0].Name)
	require.Contains(t, w.ok("orders", "list"), "#1002")

	byName := decoded[orders.OrderDetails](w, "orders", "show", "#1002")
	require.Equal(t, executions.Completed, byName.State)
	require.Len(t, byName.Result.Cards, len(placed[1].Cards))
	require.Equal(t, byName, decoded[orders.OrderDetails](w, "orders", "show", orderNumber(placed[1])))
	require.Equal(t, byName, decoded[orders.OrderDetails](w, "orders", "show", "1002"))
	require.Contains(t, w.ok("orders", "show", "#1002"), byName.Result.Cards[0].MaskedNumber)
	shown := w.ok("orders", "show", "#1004")
	require.Contains(t, shown, "MerchantUnknown: order #1004, looking up its merchant")
	requireNothingPersonal(t, shown)
}

func TestStarterPollsAWindow(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{})
	w.poll()
	watermark := w.watermark()
	w.place(scenario.Single, scenario.Single)
	type poll struct {
		installation.Poll
		Result *workflows.PollOrdersResult `json:"result"`
	}
	until := time.Now().Add(time.Minute).UTC().Format(time.RFC3339)
	out := decoded[poll](w, "poll", "--since", "1h", "--until", until)
	require.Equal(t, 2, out.Result.Started)
	require.Equal(t, watermark, w.watermark())
	w.settle(2)
	again := decoded[poll](w, "poll", "--since", "2h", "--until", until)
	require.Equal(t, 2, again.Result.Known)
	require.Zero(t, again.Result.Started)
	require.Nil(t, decoded[poll](w, "poll", "--no-wait").Result)
	w.await("polled", func() bool { return w.watermark().After(watermark) })
	w.requireBalance()
}

// A deploy updates the schedule to the configuration. It neither resumes a schedule that is paused nor moves the
// watermark.
func TestStarterUpdatesTheSchedule(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{})
	watermark := w.poll().Watermark
	schedule := w.keyed.ScheduleClient().GetHandle(w.ctx, workflows.PollScheduleID)
	require.NoError(t, schedule.Pause(w.ctx, client.SchedulePauseOptions{Note: "holiday"}))
	changed := []string{"GIFT_CARD_SKUS=GIFT-25,GIFT-75", "POLL_OVERLAP=20m", "POLL_INTERVAL=10m"}
	for _, want := range []string{"updated", "unchanged"} {
		out := w.starter(changed, "schedules")
		require.Equal(t, cli.ExitOK, out.code, out.stderr)
		require.Regexp(t, `schedule poll-orders +`+want, out.stdout)
		d, err := schedule.Describe(w.ctx)
		require.NoError(t, err)
		require.True(t, d.Schedule.State.Paused)
		require.Equal(t, "holiday", d.Schedule.State.Note)
		require.Equal(t, 10*time.Minute, d.Schedule.Spec.Intervals[0].Every)
	}
	require.Contains(t, w.starter(nil, "status").stdout, "PAUSED: holiday")
	require.Equal(t, watermark, w.poll().Since.Add(20*time.Minute), "the poll has the new overlap and the old watermark")
}

func TestStarterConfig(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{NoWorker: true, NoSchedule: true})
	require.Regexp(t, `CASHSTAR_PASSWORD +\[redacted\]`, w.ok("config"))
	require.NotEmpty(t, decoded[[]map[string]any](w, "config"))
	out := w.starter([]string{"POLL_PAGE_SIZE=251", "CASHSTAR_TIMEOUT=soon"}, "config")
	require.Equal(t, cli.ExitUsage, out.code)
	require.Contains(t, out.stdout, "SHOPIFY_SHOP")
	require.Contains(t, out.stderr, "POLL_PAGE_SIZE")
	require.Contains(t, out.stderr, "CASHSTAR_TIMEOUT")
}

// Mistakes on the command line are answered with one sentence. The exit code distinguishes what does not exist from
// what is wrong.
func TestStarterMistakes(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{})
	first := w.PlaceKind(scenario.Single)
	second := w.Shop.AddOrder(cloneOf(w, first))
	w.poll()
	w.settle(2)
	tests := []struct {
		args []string
		env  []string
		code int
		says string
	}{
		{args: []string{"orders", "show", "#9999"}, code: cli.ExitFailure, says: `no gift-card order "#9999" is known`},
		{args: []string{"orders", "show", "424242"}, code: cli.ExitFailure, says: "no gift-card order"},
		{args: []string{"orders", "show", "' OR WorkflowType != '"}, code: cli.ExitFailure, says: "no gift-card order"},
		{args: []string{"orders", "show", `\`}, code: cli.ExitFailure, says: "no gift-card order"},
		{args: []string{"orders", "show", `\' OR WorkflowType != 'x`}, code: cli.ExitFailure, says: "no gift-card order"},
		{args: []string{"orders", "show", first.Name}, code: cli.ExitFailure, says: "is the name of 2 orders"},
		{args: []string{"orders", "show"}, code: cli.ExitUsage, says: "need an order"},
		{args: []string{"orders", "show", " "}, code: cli.ExitFailure, says: "no order given"},
		{args: []string{"orders", "list", "--state", "lost"}, code: cli.ExitUsage, says: `"lost"`},
		{args: []string{"orders", "list", "--since", "yesterday"}, code: cli.ExitUsage, says: `"yesterday"`},
		{args: []string{"poll", "--until", "1h"}, code: cli.ExitUsage, says: "--until needs --since"},
		{args: []string{"poll", "--since", "1h", "--until", "2h"}, code: cli.ExitUsage, says: "is not before --until"},
		{args: []string{"poll", "now"}, code: cli.ExitUsage, says: `"now"`},
		{args: []string{"pol"}, code: cli.ExitUsage, says: `"pol"`},
		{args: []string{"status", "--yaml"}, code: cli.ExitUsage, says: "--yaml"},
		{args: []string{"schedules"}, env: []string{"POLL_INTERVAL=0s"}, code: cli.ExitUsage, says: "POLL_INTERVAL"},
		{args: []string{"schedules"}, env: []string{"MAX_ORDER_AGE=2000h"}, code: cli.ExitFailure, says: "--retention"},
		{args: []string{"status"}, env: []string{"TEMPORAL_NAMESPACE=elsewhere"}, code: cli.ExitFailure, says: "elsewhere"},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			out := w.starter(tt.env, tt.args...)
			require.Equal(t, tt.code, out.code, out.stderr)
			require.Contains(t, out.stderr, tt.says)
			require.Empty(t, out.stdout)
			require.NotContains(t, out.stderr, "goroutine ")
		})
	}
	require.Contains(t, w.starter(nil, "orders", "show", first.Name).stderr, orderNumber(scenario.Placed{ID: second.ID}))
}

// cloneOf returns an order like another one in the shop, yet to be placed.
func cloneOf(w *system, p scenario.Placed) shopifytest.Order {
	for _, o := range w.Shop.Orders() {
		if o.ID == p.ID {
			o.ID = 0
			return o
		}
	}
	return shopifytest.Order{}
}
