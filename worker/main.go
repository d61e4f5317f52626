// Command worker polls Temporal for tasks, and runs the workflows and their activities. Where giftbridge is installed,
// "giftbridge worker" is the same.
package main

import (
	"os"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/worker/command"
)

func main() {
	root := command.New()
	cli.EnvFile(root)
	os.Exit(cli.Execute(root, os.Stderr))
}
