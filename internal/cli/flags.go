package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

// Flags are the flags of every command below a root.
type Flags struct {
	// JSON asks for JSON on standard output.
	JSON bool
}

// Register adds the flags to a root command.
func (f *Flags) Register(root *cobra.Command) {
	root.PersistentFlags().BoolVar(&f.JSON, "json", false, "print JSON on standard output")
}

// Help is the action of a command that only groups others. Without it, cobra treats a mistyped command as a request for
// help.
func Help(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// Complete adds shell completion for the values of a flag.
func Complete(cmd *cobra.Command, flag string, values ...cobra.Completion) {
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)))
}

// Moment parses a time, or a duration before now.
func Moment(s string, now time.Time) (time.Time, error) {
	if ago, err := time.ParseDuration(s); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.IsZero() { // The zero time means no time.
		return time.Time{}, fmt.Errorf("%q is neither a time such as 2026-07-01T00:00:00Z nor a duration such as 48h", s)
	}
	return t, nil
}
