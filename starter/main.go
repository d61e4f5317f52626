// Command starter is giftbridge, as it is called where it is installed: it runs workers, ensures schedules, requests
// polls, and shows orders and the state of the system.
package main

import (
	"os"

	"github.com/giftbridge/giftbridge/internal/cli"
)

func main() { os.Exit(cli.Execute(newRoot(), os.Stderr)) }
