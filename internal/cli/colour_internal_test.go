package cli

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/check"
)

// coloured is an output with colours.
type coloured struct{ bytes.Buffer }

func (*coloured) coloured() bool { return true }

var escapes = regexp.MustCompile("\x1b\\[[0-9]*m")

func TestColourIsFor(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		when     colour
		terminal bool
		env      map[string]string
		want     bool
	}{
		"a terminal":         {"auto", true, nil, true},
		"not a file":         {"auto", false, nil, false},
		"not who wants none": {"auto", true, map[string]string{"NO_COLOR": "1"}, false},
		"an empty NO_COLOR, which counts as none": {"auto", true, map[string]string{"NO_COLOR": ""}, true},
		"not a dumb terminal":                     {"auto", true, map[string]string{"TERM": "dumb"}, false},
		"who asks":                                {"always", false, map[string]string{"NO_COLOR": "1", "TERM": "dumb"}, true},
		"not who asks for none":                   {"never", true, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, tt.when.paints(tt.terminal, func(n string) string { return tt.env[n] }))
		})
	}
}

func TestColourFlag(t *testing.T) {
	t.Parallel()
	for value, code := range map[string]int{"auto": ExitOK, "always": ExitOK, "never": ExitOK, "yes": ExitUsage} {
		var f Flags
		root := &cobra.Command{Use: "tool", RunE: func(*cobra.Command, []string) error { return nil }}
		f.Register(root)
		require.Equal(t, colour("auto"), f.colour)
		root.SetArgs([]string{"--color", value})
		var errs bytes.Buffer
		require.Equal(t, code, Execute(root, &errs), errs.String())
		require.Equal(t, value == "always", isColoured(root.OutOrStdout()) && code == ExitOK)
	}
}

// Colours move nothing: without them, a table is the one that has none.
func TestColoursKeepColumns(t *testing.T) {
	t.Parallel()
	rows := func(row func(...any)) {
		row(Tinted{"ok", check.OK}, "a", "fine")
		row(Tinted{"FAIL", check.Fail}, "a longer name", "FAIL\x1b[2J it does")
		row(Tinted{"warn", check.Warn}, "", Tinted{"last ok", check.OK})
		row("", "", Tinted{"→ do something", check.Skip})
	}
	var plain bytes.Buffer
	var painted coloured
	require.NoError(t, Table(&plain, rows))
	require.NoError(t, Table(&painted, rows))
	require.NotContains(t, plain.String(), "\x1b")
	require.Equal(t, plain.String(), escapes.ReplaceAllString(painted.String(), ""))
	require.Equal(t, []string{
		"\x1b[32mok\x1b[0m    a              fine", "\x1b[31mFAIL\x1b[0m  a longer name  FAIL [2J it does",
		"\x1b[33mwarn\x1b[0m                 \x1b[32mlast ok\x1b[0m", "                     → do something", "",
	}, strings.Split(painted.String(), "\n"))

	g := Grid{
		Header: []string{"ORDER", "STATE", "REASON"},
		Rows:   [][]string{{"failed", "failed", strings.Repeat("long ", 30)}, {strings.Repeat("x", 90), "completed", strings.Repeat("y", 24)}},
		Status: func(column, _ string) check.Status { return map[string]check.Status{"STATE": check.Fail}[column] },
	}
	for width := range 200 {
		plain.Reset()
		painted.Reset()
		require.NoError(t, g.Print(&plain, width))
		require.NoError(t, g.Print(&painted, width))
		require.Equal(t, plain.String(), escapes.ReplaceAllString(painted.String(), ""))
		require.Equal(t, width == 0 || width > 101, strings.Contains(painted.String(), "\x1b[31mcompleted\x1b[0m"), width)
		for line := range strings.Lines(plain.String()) {
			require.True(t, width == 0 || len([]rune(strings.TrimSuffix(line, "\n"))) <= width, line)
		}
	}
}
