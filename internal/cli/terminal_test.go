package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cli"
)

func TestGridFits(t *testing.T) {
	t.Parallel()
	g := cli.Grid{
		Header: []string{"ORDER", "NUMBER", "SKU", "REASON"},
		Rows: [][]string{
			{"#1001", "5000000000001", "GIFT-25", "a reason\nthat is " + strings.Repeat("long ", 30)}, {"#é", "", "", ""},
		},
		Spare: []string{"SKU", "NUMBER"},
	}
	printed := func(width int) string {
		var out bytes.Buffer
		require.NoError(t, g.Print(&out, width))
		return out.String()
	}
	require.Contains(t, printed(0), "long long", "a file has no width")
	for width, header := range map[int]string{
		200: "ORDER  NUMBER         SKU      REASON", 60: "ORDER  NUMBER         SKU      REASON",
		50: "ORDER  NUMBER         REASON", 40: "ORDER  REASON", 20: "ORDER  REASON",
	} {
		lines := strings.Split(strings.TrimRight(printed(width), "\n"), "\n")
		require.Equal(t, header, lines[0], width)
		require.Len(t, lines, 3)
		for _, line := range lines {
			require.LessOrEqual(t, utf8.RuneCountInString(line), width)
		}
	}
	require.Equal(t, []string{"SKU", "NUMBER"}, g.Spare, "printing changes nothing")
	require.Len(t, g.Rows[0], 4)
}

func TestWidthOfAFile(t *testing.T) {
	t.Parallel()
	require.Zero(t, cli.Width(&bytes.Buffer{}))
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.Close() })
	require.Zero(t, cli.Width(f))
}

func TestAgo(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		0: "0s ago", 59 * time.Second: "59s ago", 61 * time.Second: "1m ago", 47 * time.Hour: "47h ago", 49 * time.Hour: "2d ago",
		-time.Hour: "2026-07-10T13:00:00Z",
	} {
		require.Equal(t, want, cli.Ago(now.Add(-d), now))
	}
	require.Empty(t, cli.Ago(time.Time{}, now))
}

// People say days, and a day is one of the place where the clock that they look at is.
func TestMoment(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	now := time.Date(2026, 7, 10, 12, 0, 0, 0, berlin)
	for s, want := range map[string]string{
		"24h": "2026-07-09T10:00:00Z", "7d": "2026-07-03T10:00:00Z", "0d": "2026-07-10T10:00:00Z",
		"2026-07-01": "2026-06-30T22:00:00Z", "2026-01-01": "2025-12-31T23:00:00Z",
		"2026-07-01T00:00:00Z": "2026-07-01T00:00:00Z",
	} {
		at, err := cli.Moment(s, now)
		require.NoError(t, err, s)
		require.Equal(t, want, at.UTC().Format(time.RFC3339), s)
	}
	for _, s := range []string{
		"", "d", "-7d", "-1h", "1.5d", "7 d", "7days", "99999999999d", "2026-02-30", "yesterday", "0001-01-01", "20260701",
	} {
		_, err := cli.Moment(s, now)
		require.ErrorContains(t, err, "is neither a time", s)
	}
}

// A mistyped command is answered by the one that was meant.
func TestDidYouMean(t *testing.T) {
	t.Parallel()
	root := family("orders", "status")
	for typed, want := range map[string]string{
		"statsu": `unknown command "statsu" for "tool"; did you mean status?`, "order": "", "zzz": `unknown command "zzz" for "tool"`,
	} {
		root.SetArgs([]string{typed})
		var stderr bytes.Buffer
		code := cli.Execute(root, &stderr)
		if want == "" {
			require.Contains(t, stderr.String(), "did you mean orders?")
			continue
		}
		require.Equal(t, cli.ExitUsage, code)
		require.Contains(t, stderr.String(), want+"\n")
	}
}

// family returns a command with some commands below it.
func family(names ...string) *cobra.Command {
	root := &cobra.Command{Use: "tool", Args: cli.NoArgs, RunE: cli.Help}
	for _, name := range names {
		root.AddCommand(&cobra.Command{Use: name, RunE: func(*cobra.Command, []string) error { return nil }})
	}
	return root
}
