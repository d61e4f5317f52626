package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/sandbox/internal/lab/report"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/sandbox/internal/roles"
)

// TestMain also runs the processes of the laboratory, which starts this program for each of them.
func TestMain(m *testing.M) {
	roles.RunMain()
	os.Exit(m.Run())
}

// execute runs the command as main does.
func execute(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	c := newCommand()
	c.SetArgs(args)
	c.SetOut(&out)
	c.SetErr(&errs)
	code = cli.Execute(c, &errs)
	return code, out.String(), errs.String()
}

// Short runs in which nearly everything happens to a few orders pass the audit, whether or not the issuer deduplicates. Of
// what a busy machine may be too slow for in half a minute, the report of a whole run tells.
func TestChaos(t *testing.T) {
	t.Parallel()
	for _, dedupes := range []bool{true, false} {
		t.Run(fmt.Sprintf("issuer dedupes %t", dedupes), func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := execute("--seed", "24", "--orders", "50", "--minutes", "0.5", "--json",
				fmt.Sprintf("--issuer-dedupes=%t", dedupes))
			require.Equal(t, cli.ExitOK, code, "%s\n%s", stderr, stdout)
			var found report.Report
			require.NoError(t, json.Unmarshal([]byte(stdout), &found))
			require.Equal(t, dedupes, found.IssuerDedupes)
			require.Equal(t, 50+9, found.OrdersPlaced, "with those of ordinary goods")
			require.Greater(t, found.Told.Receipts, 20)
			require.Zero(t, found.Told.Missing+found.Told.Twice+found.Told.Early+found.Told.Unasked+found.Told.Misstated+found.Told.Unseen)
			require.Greater(t, found.Relayed.Delivered, 20)
			require.Zero(t, found.Relayed.Missing+found.Relayed.Twice+found.Relayed.Unordered+found.Relayed.Changed+found.Relayed.Mismarked+
				found.Relayed.Unseen)
			require.Greater(t, found.UnitsExpected, 50)
			require.Equal(t, found.UnitsExpected+found.CardsOfMoneyBack, found.CardsIssued)
			require.Positive(t, found.CardsMadeLater)
			require.NotEmpty(t, found.LaterBefallen)
			require.Zero(t, found.CardsActivatedTwice+found.CardsOfTwo)
			require.GreaterOrEqual(t, found.CardMails, found.CardsMadeLater)
			require.Zero(t, found.MailsMissing+found.MailsTwice+found.MailsUnexpected)
			for _, what := range plan.MailTroubles {
				require.Positive(t, found.LaterBefallen[what], what)
			}
			require.Zero(t, found.CardsMissing+found.CardsDuplicate+found.CardsUnexpected+found.CardsTooLate+found.FailuresUnseen)
			require.Positive(t, found.OrdersFailed)
			require.Equal(t, dedupes, found.CardsAskedAgain > 0)
			require.True(t, dedupes || found.UnitsResolved > 0)
			require.Equal(t, plan.WebhooksOn, found.Webhooks.Mode)
			require.Positive(t, found.Webhooks.ByWebhook)
			for _, what := range slices.Concat(plan.OrderChanges, []plan.What{
				plan.ReceiverKilled, plan.SecretRotated, plan.SubscriptionDeleted,
				plan.WorkerKilled, plan.WorkersKilled, plan.TemporalKilled, plan.IssuerDropAfter, plan.ShopLongLag, plan.ShopRenamed,
				plan.OtherSettings, plan.HandSweep,
			}) {
				require.Positive(t, found.Faults[what], what)
			}
		})
	}
}

func TestChaosPlan(t *testing.T) {
	t.Parallel()
	code, first, stderr := execute("--plan", "--seed", "7")
	require.Equal(t, cli.ExitOK, code, stderr)
	require.Contains(t, first, "seed 7: 1m0s of 160 orders")
	require.Contains(t, first, "temporal_killed: started again after")
	_, again, _ := execute("--plan", "--seed", "7")
	require.Equal(t, first, again)
}

func TestChaosUsage(t *testing.T) {
	t.Parallel()
	full := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(full, "notes"), nil, 0o600))
	tests := map[string]struct {
		args []string
		says string
	}{
		"no orders":       {[]string{"--orders", "0"}, "--orders 0: need 1 to 20000"},
		"too short":       {[]string{"--minutes", "0.1"}, "--minutes 0.1: need 0.25 to 1440"},
		"no number":       {[]string{"--minutes", "NaN"}, "--minutes NaN: need"},
		"impatient":       {[]string{"--patience", "1ms"}, "--patience 1ms: need at least 1s"},
		"a folder in use": {[]string{"--keep", full}, "need a new or empty folder"},
		"no folder":       {[]string{"--keep", filepath.Join(full, "notes")}, "--keep"},
		"a plan in JSON":  {[]string{"--plan", "--json"}, "--plan does not go with --json"},
		"an argument":     {[]string{"now"}, `"now"`},
		"an unknown flag": {[]string{"--sweet"}, "--sweet"},
		"no webhooks":     {[]string{"--webhooks", "none"}, "--webhooks none: need on, lost or off"},
		"no messages":     {[]string{"--messages", "lost"}, "--messages lost: need on or off"},
		"no relay":        {[]string{"--relay", "lost"}, "--relay lost: need on or off"},
		"no callbacks":    {[]string{"--callbacks", "lost"}, "--callbacks lost: need on or off"},
		"no truth at all": {[]string{"--issuer-dedupes=perhaps"}, "perhaps"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := execute(tt.args...)
			require.Equal(t, cli.ExitUsage, code, stderr)
			require.Contains(t, stderr, tt.says)
			require.Contains(t, stderr, "See 'chaos --help'.")
			require.Empty(t, stdout)
		})
	}
}
