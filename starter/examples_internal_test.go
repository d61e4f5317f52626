package main

import (
	"regexp"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// In bash and zsh, an unquoted name such as #1001 is a comment.
var comment = regexp.MustCompile(`(^|\s)#\d`)

// The commands in the help work as they are pasted: each name of an order is quoted.
func TestExamplesCanBePasted(t *testing.T) {
	t.Parallel()
	var check func(*cobra.Command)
	examples := 0
	check = func(c *cobra.Command) {
		for _, text := range []string{c.Example, c.Long} {
			require.NotRegexp(t, comment, text, c.CommandPath())
		}
		if c.Example != "" {
			examples++
		}
		for _, sub := range c.Commands() {
			check(sub)
		}
	}
	check(newRoot())
	require.Greater(t, examples, 5)
}
