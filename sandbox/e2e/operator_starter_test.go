package e2e_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/orders"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// Failed orders on the command line: they are listed, shown, and rerun after confirmation.
func TestStarterWithFailedOrders(t *testing.T) {
	t.Parallel()
	tr := trouble{first: 1, of: map[string]cashstartest.Fault{"BAD": declined}}
	issuer := tr.options()
	issuer.Merchants = append(issuer.Merchants, merchant("GOOD"))
	w := start(t, stack.Options{CashStar: issuer})
	require.Contains(t, w.starter(nil, "orders", "retry", "--all-failed").stderr, "no failed order matches")
	bad, unknown, good := w.orderFor("BAD", 2), w.orderFor("NEW", 1), w.orderFor("GOOD", 1)
	w.poll()
	w.awaitFailed(2)
	w.show(good, executions.Completed)

	text := w.ok("orders", "list", "--failed")
	require.Regexp(t, bad.Name+` +failed +CardDeclined +2 +\d+\.00 USD .* order `+bad.Name, text)
	require.Regexp(t, unknown.Name+` +failed +MerchantUnknown +1 +\d+\.00 USD .* order `+unknown.Name, text)
	require.NotContains(t, text, good.Name)
	for args, want := range map[string][]string{
		"--failed":                                {bad.Name, unknown.Name},
		"--kind CardDeclined":                     {bad.Name},
		"--failed --kind Timeout":                 {},
		"--failed --since 1h":                     {bad.Name, unknown.Name},
		"--failed --since 2099-01-01T00:00:00Z":   {},
		"--state failed --kind MerchantUnknown":   {unknown.Name},
		"--since 2099-01-01T00:00:00Z":            {},
		"--limit 0 --since 2006-01-02T15:04:05Z":  {bad.Name, unknown.Name, good.Name},
		"--failed --limit 1 --kind CardDeclined":  {bad.Name},
		"--state completed":                       {good.Name},
		"--failed --since 1h --kind CardDeclined": {bad.Name},
		"--failed --since 7d --until 1d":          {},
	} {
		names := []string{}
		for _, o := range decoded[[]executions.Order](w, append([]string{"orders", "list"}, strings.Fields(args)...)...) {
			names = append(names, o.Name)
		}
		slices.Sort(names)
		require.Equal(t, want, names, args)
	}

	d := decoded[orders.OrderDetails](w, "orders", "show", bad.Name)
	require.Len(t, d.Units.Issued, 1)
	require.Len(t, d.Units.Failed, 1)
	require.Equal(t, "BAD", d.Units.MerchantCode)
	shown := w.ok("orders", "show", bad.Name)
	for _, part := range []string{
		"failed", "CardDeclined: order " + bad.Name, "FAILED, audit number " + d.Units.Failed[0].AuditNumber,
		d.Units.Issued[0].MaskedNumber, d.Link, d.RunID,
	} {
		require.Contains(t, shown, part)
	}

	bare := strings.TrimPrefix(bad.Name, "#")
	require.Regexp(t, "(?m)^"+bare+`\tCardDeclined, \d+\.00 USD$`, w.ok("__complete", "orders", "retry", bare))
	require.Regexp(t, "(?m)^"+bad.Name+`\tCardDeclined`, w.ok("__complete", "orders", "show", bad.Name))
	require.NotContains(t, w.ok("__complete", "orders", "show", unknown.Name, ""), bare, "it takes one order")
	nowhere := w.starter([]string{"TEMPORAL_ADDRESS=127.0.0.1:1"}, "__complete", "orders", "retry", "")
	require.Equal(t, ":36\n", nowhere.stdout, "nothing is said of what goes wrong")

	// Without an answer, or with the answer no, nothing happens.
	no := w.asked("n\n", "orders", "retry", "--all-failed")
	require.Equal(t, cli.ExitFailure, no.code)
	preview := `CardDeclined +1 order, 2 cards, \d+\.00 USD +run again\nMerchantUnknown +1 order, 1 card, \d+\.00 USD +run again\n`
	require.Regexp(t, preview+`Run 2 orders again\? \[y/N\] `, no.stderr)
	require.Regexp(t, "^"+preview+"$", w.ok("orders", "retry", "--all-failed", "--dry-run"))
	require.Contains(t, no.stderr, "nothing was done")
	require.Equal(t, cli.ExitFailure, w.asked("\n", "orders", "retry", bad.Name).code)
	nobody := w.asked("", "orders", "retry", bad.Name)
	require.Equal(t, cli.ExitUsage, nobody.code)
	require.Contains(t, nobody.stderr, "Run 1 order again? [y/N] ")
	require.Contains(t, nobody.stderr, "stdin is not interactive; pass --yes")
	require.Len(t, w.runs(orderID(bad)), 1)

	// Orders that have not failed are left alone. That is an error if nothing else was requested.
	for _, tt := range []struct {
		order, says string
	}{
		{good.Name, "no order was run again: it has succeeded"},
		{"#9999", `no gift-card order "#9999" is known`},
		{"9999", `no gift-card order "9999" is known`},
	} {
		out := w.starter(nil, "orders", "retry", tt.order, "--yes")
		require.Equal(t, cli.ExitFailure, out.code)
		require.Contains(t, out.stderr, tt.says)
	}
	twin := w.Shop.AddOrder(cloneOf(w, good))
	w.poll()
	w.await("issued", func() bool { return w.cardsOf("GOOD") == 2 })
	out := w.starter(nil, "orders", "retry", good.Name, "--yes")
	require.Equal(t, cli.ExitFailure, out.code)
	require.Contains(t, out.stderr, "is the name of 2 orders; use the number of one")
	require.Contains(t, out.stderr, orderNumber(scenario.Placed{ID: twin.ID}))
	require.Len(t, w.runs(orderID(good)), 1)

	// One kind of failure; other failed orders are of other kinds.
	tr.cured.Store(true)
	yes := w.asked("Y\n", "orders", "retry", "--all-failed", "--kind", "CardDeclined", "--json")
	require.Equal(t, cli.ExitOK, yes.code, yes.stderr)
	require.Contains(t, yes.stderr, "Run 1 order again?")
	var result workflows.RerunOrdersResult
	require.NoError(t, json.Unmarshal([]byte(yes.stdout), &result))
	require.Equal(t, workflows.RerunOrdersResult{Rerun: 1, LeftAlone: 1}, result)
	w.await("issued", func() bool { return w.cardsOf("BAD") == 2 })
	w.show(bad, executions.Completed)
	require.Len(t, w.runs(orderID(unknown)), 1)

	// Naming an order twice counts once. One order that is rerun makes up for one that is not.
	w.addMerchant(merchant("NEW"))
	some := w.starter(nil, "orders", "retry", "--yes", "--wait", unknown.Name, orderNumber(unknown), bad.Name)
	require.Equal(t, cli.ExitOK, some.code, some.stderr)
	require.Contains(t, some.stdout, "order "+unknown.Name+": issued\n1 issued\n")
	require.Regexp(t, `(?m)^run again +1$`, some.stdout)
	require.Regexp(t, `left alone +it has succeeded`, some.stdout)
	w.await("issued", func() bool { return w.cardsOf("NEW") == 1 })
	require.Len(t, w.Issuer.Cards(), 5)
}

// The digest on the command line: what it would say, how it would look, and sending one now.
func TestStarterDigest(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{})
	require.Contains(t, w.ok("digest", "--dry-run"), "nothing waits")
	p := w.PlaceKind(scenario.UnknownMerchant)
	w.poll()
	w.awaitFailed(1)
	text := w.ok("digest", "--dry-run")
	require.Regexp(t, `^Subject: \[giftbridge\] 1 order waits, \d+\.00 USD; none needs you; new\b`, text)
	require.Contains(t, text, "giftbridge orders retry '"+p.Name+"'")
	require.NotContains(t, text, "temporal")
	require.Contains(t, w.ok("orders", "show", p.Name, "--verbose"), "temporal workflow reset --namespace")
	report := decoded[digest.Report](w, "digest", "--dry-run", "--since", "1h")
	require.Equal(t, p.Name, report.FailedOrders[0].Name)
	file := filepath.Join(t.TempDir(), "digest.html")
	require.Equal(t, file+"\n", w.ok("digest", "preview", "--html", file))
	require.Contains(t, w.ok("digest", "preview", "--html", "-"), "<html")
	require.NoFileExists(t, "-")
	page, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(page), "<!DOCTYPE html>")
	require.Contains(t, string(page), p.Name)
	require.Empty(t, w.Mail.Messages(), "nothing was sent")
	require.Len(t, w.runs(orderID(p)), 1, "nothing was run again")

	w.addMerchant(cashstartest.Merchant{
		Name: "Stranger 1", MerchantCode: "STRANGER", Currencies: []string{"USD"},
	})
	out := w.starter(nil, "digest", "--now")
	require.Equal(t, cli.ExitOK, out.code, out.stderr)
	require.Contains(t, out.stderr, "/workflows/daily-digest-")
	require.Regexp(t, `mail sent +true`, out.stdout)
	require.Regexp(t, `run again +1`, out.stdout)
	require.Regexp(t, `orders failed +0 \(0 new\)`, out.stdout)
	require.Regexp(t, `recovered +1`, out.stdout)
	require.Len(t, w.Mail.Messages(), 1)

	// There is nothing left to report, so no mail is sent.
	again := decoded[workflows.DailyDigestResult](w, "digest", "--now")
	require.False(t, again.Sent)
	require.Zero(t, again.Failed+again.Recovered+again.Rerun)
	require.Len(t, w.Mail.Messages(), 1)

	w.await("looking back to where the last digest ended", func() bool { // Lists lag behind.
		return decoded[digest.Report](w, "digest", "--dry-run").Window.From.Equal(again.Until)
	})
}

// A card's balance is shown, and the card is cancelled: by a named person, for a reason, once.
func TestStarterWithCards(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{})
	p, failed := w.PlaceKind(scenario.SeveralUnits), w.PlaceKind(scenario.UnknownMerchant)
	w.poll()
	w.show(p, executions.Completed)
	w.show(failed, executions.Failed)
	cancel := func(unit string, more ...string) []string {
		return append([]string{"orders", "cancel-card", p.Name, "--unit", unit, "--reason", "bought by mistake"}, more...)
	}
	balance := w.ok("orders", "balance", p.Name)
	require.Equal(t, len(p.Cards)+1, strings.Count(balance, "\n"))
	require.Regexp(t, `1 +\S+ +ACTIVE +`+p.Cards[0].Amount+` USD +`+p.Cards[0].Amount+" USD", balance)
	require.Contains(t, w.starter(nil, "orders", "balance", failed.Name).stderr, "has no cards; its state is failed")

	no := w.asked("n\n", cancel("2")...)
	require.Equal(t, cli.ExitFailure, no.code)
	require.Regexp(t, `Cancel card 2 of order #1001 \(`+p.Cards[0].Amount+` USD, \S+\)\? \[y/N\] `, no.stderr)
	require.Equal(t, cli.ExitUsage, w.asked("", cancel("2")...).code)
	for _, tt := range []struct {
		args []string
		code int
		says string
	}{
		{cancel("9", "--yes"), cli.ExitFailure, "order #1001 has no card 9"},
		{cancel("0", "--yes"), cli.ExitUsage, "--unit must be the number of a card"},
		{cancel("one", "--yes"), cli.ExitUsage, `"one"`},
		{[]string{"orders", "cancel-card", p.Name, "--unit", "1", "--reason", " ", "--yes"}, cli.ExitUsage, "--reason must not be empty"},
		{[]string{"orders", "cancel-card", failed.Name, "--unit", "1", "--reason", "x", "--yes"}, cli.ExitFailure, "has no card 1"},
		{[]string{"orders", "cancel-card", "#9", "--unit", "1", "--reason", "x", "--yes"}, cli.ExitFailure, `"#9" is known`},
		{[]string{"orders", "cancel-card"}, cli.ExitUsage, "need an order"},
	} {
		out := w.starter(nil, tt.args...)
		require.Equal(t, tt.code, out.code, out.stderr)
		require.Contains(t, out.stderr, tt.says)
	}
	require.Zero(t, cancelled(w))

	yes := w.asked("yes\n", cancel("2")...)
	require.Equal(t, cli.ExitOK, yes.code, yes.stderr)
	require.Equal(t, "card 2 of order #1001: CANCELLED\n", yes.stdout)
	require.Equal(t, 1, cancelled(w))
	id := workflows.CancelCardID(stack.Shop, orderNumber(p), 2)
	var in workflows.CancelCardInput
	started := w.history(id, "").GetEvents()[0].GetWorkflowExecutionStartedEventAttributes()
	require.NoError(t, w.converter().FromPayloads(started.GetInput(), &in))
	require.Regexp(t, `^\S+@\S+$`, in.By)
	require.Equal(t, "bought by mistake", in.Reason)
	require.Equal(t, activities.CancelCardInput{
		OrderName: p.Name, Unit: 2, MerchantCode: p.Cards[1].MerchantCode, EGCCode: in.EGCCode,
	}, in.CancelCardInput)
	require.Regexp(t, `2 +\S+ +CANCELLED +`+p.Cards[1].Amount+` USD +0\.00 USD`, w.ok("orders", "balance", p.Name))

	twice := w.starter(nil, cancel("2", "--yes")...)
	require.Equal(t, cli.ExitFailure, twice.code)
	require.Contains(t, twice.stderr, "card 2 of order #1001 is already cancelled, or is being cancelled: ")
	require.Equal(t, 1, cancelled(w))

	// The issuer cancels the card, and its answer is lost.
	w.Issuer.Inject(cashstartest.Fault{Kind: cashstartest.Drop, Operation: cashstartest.CancelCard, AfterCommit: true})
	lost := w.starter(nil, cancel("1", "--yes", "--json")...)
	require.Equal(t, cli.ExitOK, lost.code, lost.stderr)
	require.JSONEq(t, `{"status": "CANCELLED"}`, lost.stdout)
	require.Equal(t, 2, cancelled(w))
}

func cancelled(w *system) int {
	n := 0
	for _, c := range w.Issuer.Cards() {
		if c.Status == cashstartest.StatusCancelled {
			n++
		}
	}
	return n
}

// The exit code distinguishes mistakes in the operator's commands from failures.
func TestStarterOperatorMistakes(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{NoWorker: true, NoSchedule: true})
	tests := []struct {
		args []string
		code int
		says string
	}{
		{[]string{"orders", "list", "--failed", "--state", "running"}, cli.ExitUsage, "--state running cannot be combined with"},
		{[]string{"orders", "list", "--kind", "Bad"}, cli.ExitUsage, `--kind "Bad" is not one of`},
		{[]string{"orders", "list", "--failed", "--since", "soon"}, cli.ExitUsage, `--since "soon" is neither`},
		{[]string{"orders", "list", "--watch"}, cli.ExitUsage, "--watch needs a terminal"},
		{[]string{"orders", "list", "--watch", "--json"}, cli.ExitUsage, "--watch cannot be combined with"},
		{[]string{"orders", "list", "--color", "red"}, cli.ExitUsage, `"red" is not one of auto, always, never`},
		{[]string{"orders", "retry", "#1", "--timeout", "1m"}, cli.ExitUsage, "--timeout needs --wait"},
		{[]string{"orders", "retry", "#1", "--wait", "--timeout", "0s"}, cli.ExitUsage, "--timeout 0s must be above zero"},
		{[]string{"orders", "retry", "#1", "--wait", "--dry-run"}, cli.ExitUsage, "--wait cannot be combined with --dry-run"},
		{[]string{"orders", "retry"}, cli.ExitUsage, "name one or more orders, or pass --all-failed"},
		{[]string{"orders", "retry", "#1", "--all-failed"}, cli.ExitUsage, "name one or more orders, or pass --all-failed"},
		{[]string{"orders", "retry", "#1", "--kind", "bad"}, cli.ExitUsage, `--kind "bad" is not one of`},
		{[]string{"orders", "retri"}, cli.ExitUsage, `"retri"`},
		{[]string{"digest"}, cli.ExitUsage, "pass --now or --dry-run"},
		{[]string{"digest", "--now", "--dry-run"}, cli.ExitUsage, "pass --now or --dry-run"},
		{[]string{"digest", "--dry-run", "--since", "-1h"}, cli.ExitUsage, `"-1h" is neither`},
		{[]string{"digest", "preview"}, cli.ExitUsage, "--html FILE is required"},
		{[]string{"digest", "preview", "--html", "/no/such/folder/x.html"}, cli.ExitFailure, "write the preview"},
		{[]string{"digest", "--now"}, cli.ExitFailure, "schedule daily-digest does not exist; run: giftbridge schedules"},
		{[]string{"orders", "balance", "#1"}, cli.ExitFailure, `no gift-card order "#1" is known`},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			out := w.starter(nil, tt.args...)
			require.Equal(t, tt.code, out.code, out.stderr)
			require.Contains(t, out.stderr, tt.says)
			require.Empty(t, out.stdout)
		})
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		require.Contains(t, w.ok("completion", shell), "giftbridge")
	}
	require.Contains(t, w.ok("orders"), "cancel-card")
	require.Contains(t, w.ok("help", "orders", "retry"), "--all-failed")
}
