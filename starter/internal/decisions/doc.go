// Package decisions has the commands by which people decide about orders that giftbridge does not issue by itself: they
// release an order, settle it, correct its cards, or have it compared with its cards again.
package decisions

import (
	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
)

// Commands returns the commands, which belong to the command "orders".
func Commands(f *cli.Flags) []*cobra.Command {
	return []*cobra.Command{newRelease(f), newSettle(f), newFix(f), newRecheck(f)}
}
