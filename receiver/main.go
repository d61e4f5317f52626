// Command receiver takes in what comes over HTTP: the shop's webhooks, and what people do with the links of the digest's
// mail. Where giftbridge is installed, "giftbridge receiver" is the same.
package main

import (
	"os"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/receiver/command"
)

func main() {
	root := command.New()
	cli.EnvFile(root)
	os.Exit(cli.Execute(root, os.Stderr))
}
