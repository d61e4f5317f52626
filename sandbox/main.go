// Command sandbox runs all of giftbridge on one machine: Temporal with its Web UI, a simulated shop and issuer, a
// worker and the schedule. It shows how orders become gift cards.
package main

import (
	"os"

	"github.com/giftbridge/giftbridge/internal/cli"
)

func main() { os.Exit(cli.Execute(newCommand(), os.Stderr)) }
