package e2e_test

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/giftbridge/giftbridge/internal/executions"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/programs"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

const formerly = stack.Shop

// renamed is the environment after the shop has been renamed.
var renamed = []string{"SHOPIFY_SHOP=renamed.myshopify.com"}

// The first schedules fix the identity of an installation. Neither a renamed shop nor another setting causes an order
// to be issued again.
func TestIdentityIsSettledOnce(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{NoSchedule: true, NoWorker: true})
	require.Contains(t, w.schedulesWithout("ISSUER_DEDUPES", cli.ExitFailure), "ISSUER_DEDUPES is not set, and this is a new installation")
	require.Regexp(t, `schedule poll-orders +created`, w.ok("schedules", "--dry-run"))
	require.Regexp(t, `schedule poll-orders +created`, w.ok("schedules"))
	require.Regexp(t, `match_by: - -> \["company"\]`, func() string {
		out := w.starter([]string{"MATCH_BY=company"}, "schedules", "--dry-run")
		require.Equal(t, cli.ExitOK, out.code, out.stderr)
		return out.stdout
	}())

	refuses := func(says string, env []string, args ...string) {
		t.Helper()
		out := w.starter(env, args...)
		require.Equal(t, cli.ExitFailure, out.code, out.stdout)
		require.Contains(t, out.stderr, says)
	}
	prefix := []string{"AUDIT_PREFIX=OTHER"}
	refuses(`AUDIT_PREFIX is "OTHER", but schedule poll-orders has "SBX"`, prefix, "schedules")
	require.Contains(t, w.endsAtOnce(prefix...), `AUDIT_PREFIX is "OTHER"`)
	other := httptest.NewServer(shopifytest.New(shopifytest.Options{
		ShopID: 2, AccessToken: w.Config.Shopify.AccessToken.Reveal(),
	}))
	t.Cleanup(other.Close)
	another := []string{"SHOPIFY_SHOP=another.myshopify.com", "SHOPIFY_BASE_URL=" + other.URL}
	refuses("SHOPIFY_SHOP another.myshopify.com is not the shop of schedule poll-orders", another, "schedules")
	require.Contains(t, w.endsAtOnce(another...), "is not the shop of schedule poll-orders")

	first := w.startProcess()
	p := w.PlaceKind(scenario.Single)
	w.poll()
	w.show(p, executions.Completed)
	first.stop()
	first.ended()

	// The shop is renamed. Its orders are still recognised, and new orders have IDs of the same form.
	require.Regexp(t, `schedule poll-orders +unchanged`, func() string {
		out := w.starter(renamed, "schedules")
		require.Equal(t, cli.ExitOK, out.code, out.stderr)
		return out.stdout
	}())
	w.startProcess(renamed...)
	require.True(t, w.Shop.UpdateOrder(p.ID, func(o *shopifytest.Order) { o.Email = "other@example.com" }))
	next := w.PlaceKind(scenario.Single)
	w.poll()
	w.show(next, executions.Completed)
	require.Equal(t, formerly, w.show(next, executions.Completed).Shop)
	require.Len(t, w.Issuer.Cards(), 2)
	shown := w.starter(renamed, "orders", "show", orderNumber(p))
	require.Equal(t, cli.ExitOK, shown.code, shown.stderr)
}

// If the schedule is gone, the newest order supplies the identity.
func TestIdentityOfOrders(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{})
	p := w.PlaceKind(scenario.Single)
	w.poll()
	w.show(p, executions.Completed)
	require.NoError(t, w.plain.ScheduleClient().GetHandle(w.ctx, workflows.PollScheduleID).Delete(w.ctx))

	out := w.starter(renamed, "schedules")
	require.Equal(t, cli.ExitFailure, out.code)
	require.Contains(t, out.stderr, "SHOPIFY_SHOP is renamed.myshopify.com, but order #1001 belongs to "+formerly)
	require.Contains(t, w.endsAtOnce(renamed...), "but order #1001 belongs to "+formerly)
	out = w.starter(renamed, "schedules", "--renamed")
	require.Equal(t, cli.ExitOK, out.code, out.stderr)
	d, err := w.Operator.Pinned(w.ctx)
	require.NoError(t, err)
	require.Equal(t, workflows.Identity{
		ShopID: "gid://shopify/Shop/1", Shop: formerly, IssuerDedupes: true, IssuerDedupesStated: true,
	}, d.Identity)
}

// The schedules of an earlier release continue, report what is missing, and are completed by the next deploy.
func TestIdentityOfAnEarlierRelease(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{})
	p := w.PlaceKind(scenario.Single)
	w.poll()
	w.show(p, executions.Completed)
	h := w.keyed.ScheduleClient().GetHandle(w.ctx, workflows.PollScheduleID)
	require.NoError(t, h.Update(w.ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(have client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			s := have.Description.Schedule
			in := w.Operator.PollInput()
			in.Identity = nil
			s.Action.(*client.ScheduleWorkflowAction).Args = []any{in}
			return &client.ScheduleUpdate{Schedule: &s}, nil
		},
	}))
	require.Equal(t, 1, w.poll().Known+len(w.Issuer.Cards())-1)
	require.Contains(t, w.starter(nil, "status").stdout, "under another SHOPIFY_SHOP or AUDIT_PREFIX, orders would be issued again")
	require.Regexp(t, `identity: - -> {"issuer_dedupes":true,"shop":"`+formerly+`","shop_id":"gid://shopify/Shop/1"}`,
		w.schedulesWithout("ISSUER_DEDUPES", cli.ExitOK))
	require.Contains(t, w.starter(nil, "status").stdout, "whether the issuer refuses a used audit number is assumed to be")
}

// schedulesWithout runs giftbridge schedules without a variable, and returns its output.
func (w *system) schedulesWithout(name string, code int) string {
	w.t.Helper()
	c := w.command(w.ctx, programs.Starter, nil, []string{"schedules"})
	c.Env = slices.DeleteFunc(c.Env, func(s string) bool { return strings.HasPrefix(s, name+"=") })
	out, err := c.CombinedOutput()
	require.Equal(w.t, code, c.ProcessState.ExitCode(), "%v: %s", err, out)
	return string(out)
}

// endsAtOnce starts a worker that refuses to run, and returns the reason.
func (w *system) endsAtOnce(env ...string) string {
	w.t.Helper()
	c := w.command(w.ctx, programs.Worker, append([]string{"METRICS_ADDR=127.0.0.1:0", "LOG_FORMAT=json"}, env...), nil)
	out, err := c.CombinedOutput()
	require.Error(w.t, err)
	return string(out)
}

// Another CREATED_AT_MIN, and the end of the digest, must be confirmed.
func TestSchedulesAskBeforeTheyLose(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{NoWorker: true})
	for says, env := range map[string][]string{
		"CREATED_AT_MIN changes from ":                  {"CREATED_AT_MIN=2026-01-02T00:00:00Z"},
		"without SMTP_HOST the daily digest is removed": {"SMTP_HOST=", "DIGEST_FROM=", "DIGEST_TO="},
	} {
		out := w.starter(env, "schedules")
		require.Equal(t, cli.ExitUsage, out.code, out.stderr)
		require.Contains(t, out.stderr, says)
		require.Contains(t, out.stderr, "to confirm, pass --yes")
	}
	out := w.starter([]string{"POLL_PAGE_SIZE=7"}, "schedules", "--dry-run")
	require.Equal(t, cli.ExitOK, out.code, out.stderr)
	require.Contains(t, out.stdout, "page_size: ")
	require.Contains(t, out.stdout, " -> 7")
	out = w.starter([]string{"CREATED_AT_MIN=2026-01-02T00:00:00Z"}, "schedules", "--yes")
	require.Equal(t, cli.ExitOK, out.code, out.stderr)
	require.Contains(t, out.stdout, `created_at_min: `)
	require.Contains(t, out.stdout, "run: giftbridge poll --since")
	out = w.starter([]string{"GIFT_CARD_SKUS=GIFT-25,GIFT-75"}, "schedules", "--yes")
	require.Contains(t, out.stdout, "giftbridge orders release --all --rejudge --dry-run")
	require.Contains(t, w.starter(nil, "status").stdout, "was widened at")
	require.NoError(t, w.StartWorker(w.ctx))
	w.ok("poll", "--since", "1m")
	require.Contains(t, w.starter(nil, "status").stdout, "was widened at", "orders of the hour before that minute were not read")
	w.ok("poll", "--since", "336h")
	w.await("made up for", func() bool { return !strings.Contains(w.starter(nil, "status").stdout, "was widened at") })
}
