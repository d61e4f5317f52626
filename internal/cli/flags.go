package cli

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// Flags are the flags of every command below a root.
type Flags struct {
	// JSON asks for JSON on standard output.
	JSON bool

	colour colour
}

// Register adds the flags to a root command.
func (f *Flags) Register(root *cobra.Command) {
	root.PersistentFlags().BoolVar(&f.JSON, "json", false, "print JSON on standard output")
	f.colour = "auto"
	root.PersistentFlags().Var(&f.colour, "color", "colour tables: auto (on a terminal, unless NO_COLOR is set), always, never")
	Complete(root, "color", "auto", "always", "never")
	root.SetOut(&output{os.Stdout, &f.colour})
}

// Help is the action of a command that only groups others. Without it, cobra treats a mistyped command as a request for
// help.
func Help(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// Complete adds shell completion for the values of a flag.
func Complete(cmd *cobra.Command, flag string, values ...cobra.Completion) {
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)))
}

// maxDays is the largest number of days that [Moment] accepts, about a century.
const maxDays = 36_500

// Moment parses a time, a day, or a duration before now. A duration may be a number of days, such as 7d. A day begins at
// midnight in the location of now.
func Moment(s string, now time.Time) (time.Time, error) {
	if ago, err := time.ParseDuration(s); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	if n, ok := strings.CutSuffix(s, "d"); ok && strings.Trim(n, "0123456789") == "" {
		if days, err := strconv.Atoi(n); err == nil && days <= maxDays {
			return now.AddDate(0, 0, -days), nil
		}
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t, err = time.ParseInLocation(time.DateOnly, s, now.Location())
	}
	if err != nil || t.Year() <= 1 { // The zero time means no time.
		return time.Time{}, fmt.Errorf("%q is neither a time such as 2026-07-01T00:00:00Z or 2026-07-01 nor a duration such "+
			"as 48h or 7d", s)
	}
	return t, nil
}
