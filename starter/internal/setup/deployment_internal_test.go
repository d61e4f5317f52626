package setup

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/rollout"
)

func TestChosenBuild(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args        []string
		unversioned bool
		own, want   string
		fails       string
	}{
		"named":              {args: []string{"1.5.0"}, own: "1.4.0", want: "1.5.0"},
		"this one's":         {own: "1.4.0", want: "1.4.0"},
		"none":               {unversioned: true, own: "1.4.0"},
		"both":               {args: []string{"1.5.0"}, unversioned: true, fails: "not both"},
		"nothing to go by":   {fails: "no build ID"},
		"an empty variable":  {args: []string{""}, fails: "no build ID"},
		"empty, and its own": {args: []string{""}, own: "1.4.0", fails: "no build ID"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := chosenBuild(tt.args, tt.unversioned, tt.own)
			if tt.fails != "" {
				require.ErrorContains(t, err, tt.fails)
				require.ErrorAs(t, err, new(*cli.UsageError))
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestPrintDeployment(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 1, 53, 53, 0, time.UTC)
	all := map[string]int{"giftbridge workflow": 2, "giftbridge activity": 2, "giftbridge-issue activity": 2}
	d := &rollout.Deployment{
		Name: "giftbridge", Current: "1.5.0", CurrentSince: at, Ramping: "1.6.0", RampPercent: 10, Settled: true,
		Versions: []rollout.Version{
			{BuildID: "1.6.0", State: "ramping", CreatedAt: at, Workers: map[string]int{
				"giftbridge workflow": 1, "giftbridge activity": 1,
			}},
			{BuildID: "1.5.0", State: "current", CreatedAt: at, Workers: all},
			{State: "inactive"},
		},
	}
	require.Equal(t, `deployment  giftbridge
current     1.5.0, since 2026-11-22T01:53:53Z
ramping     1.6.0, 10 % of the work

BUILD ID      STATE     CREATED               WORKERS
1.6.0         ramping   2026-11-22T01:53:53Z  1, none on giftbridge-issue activity
1.5.0         current   2026-11-22T01:53:53Z  2
(no version)  inactive  -                     0
`, printed(t, d))

	d.Versions[1].Workers, d.Settled = nil, false
	text := printed(t, d)
	require.Contains(t, text, "NO WORK IS DONE")
	require.Contains(t, text, "NOT SETTLED")
}

func printed(t *testing.T, d *rollout.Deployment) string {
	t.Helper()
	var out strings.Builder
	require.NoError(t, printDeployment(&out, d))
	return out.String()
}
