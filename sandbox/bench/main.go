// Command bench measures what orders cost, beside what Temporal itself costs.
package main

import (
	"os"

	"github.com/giftbridge/giftbridge/internal/cli"
)

func main() { os.Exit(cli.Execute(newCommand(), os.Stderr)) }
