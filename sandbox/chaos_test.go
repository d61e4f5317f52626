package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/sandbox/internal/bench"
	"github.com/giftbridge/giftbridge/sandbox/internal/lab"
)

// TestMain also runs the processes of the laboratory and of benchmarks, which start this program for each of them.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == lab.ChildCommand || os.Args[1] == bench.ChildCommand) {
		main()
	}
	os.Exit(m.Run())
}

// Short runs in which everything happens to a few orders pass the audit, whether or not the issuer deduplicates.
func TestChaos(t *testing.T) {
	t.Parallel()
	for _, dedupes := range []bool{true, false} {
		t.Run(fmt.Sprintf("issuer dedupes %t", dedupes), func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := execute("chaos", "--seed", "5", "--orders", "50", "--minutes", "0.5", "--json",
				fmt.Sprintf("--issuer-dedupes=%t", dedupes))
			require.Equal(t, cli.ExitOK, code, "%s\n%s", stderr, stdout)
			var report lab.Report
			require.NoError(t, json.Unmarshal([]byte(stdout), &report))
			require.Equal(t, dedupes, report.IssuerDedupes)
			require.Equal(t, 50, report.OrdersPlaced)
			require.Greater(t, report.UnitsExpected, 50)
			require.Equal(t, report.UnitsExpected+report.CardsOfMoneyBack, report.CardsIssued)
			require.Zero(t, report.CardsMissing+report.CardsDuplicate+report.CardsUnexpected+report.CardsTooLate+report.FailuresUnseen)
			require.Positive(t, report.OrdersFailed)
			require.Equal(t, dedupes, report.CardsAskedAgain > 0)
			require.True(t, dedupes || report.UnitsResolved > 0)
			for _, what := range slices.Concat(lab.OrderChanges, []lab.What{
				lab.WorkerKilled, lab.WorkersKilled, lab.TemporalKilled, lab.IssuerDropAfter, lab.ShopLongLag, lab.ShopRenamed,
				lab.OtherSettings, lab.OtherIdentity, lab.HandSweep,
			}) {
				require.Positive(t, report.Faults[what], what)
			}
		})
	}
}

func TestChaosPlan(t *testing.T) {
	t.Parallel()
	code, plan, stderr := execute("chaos", "--plan", "--seed", "7")
	require.Equal(t, cli.ExitOK, code, stderr)
	require.Contains(t, plan, "seed 7: 1m0s of 160 orders")
	require.Contains(t, plan, "temporal_killed: started again after")
	_, again, _ := execute("chaos", "--plan", "--seed", "7")
	require.Equal(t, plan, again)
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
		"no truth at all": {[]string{"--issuer-dedupes=perhaps"}, "perhaps"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := execute(append([]string{"chaos"}, tt.args...)...)
			require.Equal(t, cli.ExitUsage, code, stderr)
			require.Contains(t, stderr, tt.says)
			require.Contains(t, stderr, "See 'sandbox chaos --help'.")
			require.Empty(t, stdout)
		})
	}
}
