// Package rerun has the commands that run failed orders again: as they are, or once it is known whether their cards exist.
package rerun

import (
	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
)

// Commands returns the commands of this package, which belong below "orders".
func Commands(f *cli.Flags) []*cobra.Command {
	return []*cobra.Command{newRetry(f), newResolve(f)}
}
