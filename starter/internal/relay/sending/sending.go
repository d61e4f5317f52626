// Package sending has the commands that send events to the endpoints of the relay: once more, or to test an endpoint.
package sending

import (
	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
)

// Commands returns the commands of this package.
func Commands(f *cli.Flags) []*cobra.Command {
	return []*cobra.Command{newReplay(f), newTest(f), newRotate(f)}
}
