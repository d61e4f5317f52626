// Package messages has the commands about what customers are told about their orders.
package messages

import (
	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
)

// Command returns the command that groups the others.
func Command(f *cli.Flags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "messages",
		Short: "See what customers are told about their orders",
		Args:  cli.NoArgs,
		RunE:  cli.Help,
	}
	cmd.AddCommand(newPreview(f))
	return cmd
}
