// Command starter is the operator's command line: it ensures schedules, requests polls, and shows orders and the state
// of the system.
package main

import (
	"os"

	"github.com/giftbridge/giftbridge/internal/cli"
)

func main() { os.Exit(cli.Execute(newRoot(), os.Stderr)) }
