// Package operations has the commands for a running system: its state, and what its schedules do, now.
package operations

import (
	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
)

// Commands returns the commands of this package.
func Commands(f *cli.Flags) []*cobra.Command {
	return []*cobra.Command{newStatus(f), newPoll(f), newSweep(f), newDigest(f), newPause(f), newResume(f)}
}
