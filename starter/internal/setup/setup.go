// Package setup has the commands that prepare an installation and its workers: schedules, configuration, examination,
// worker versions, and the codec server.
package setup

import (
	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
)

// Commands returns the commands of this package.
func Commands(f *cli.Flags) []*cobra.Command {
	return []*cobra.Command{newSchedules(f), newConfig(f), newDoctor(f), newDeployment(f), newCodecServer()}
}
