// Command chaos is the fault laboratory: it breaks the system in every way at once, and checks that the books balance.
package main

import (
	"os"

	"github.com/giftbridge/giftbridge/internal/cli"
)

func main() { os.Exit(cli.Execute(newCommand(), os.Stderr)) }
