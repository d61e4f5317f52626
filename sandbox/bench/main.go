// Command bench measures what orders cost, beside what Temporal itself costs.
package main

import (
	"os"

	"github.com/giftbridge/giftbridge/internal/app"
)

func main() { os.Exit(app.Execute(newCommand(), os.Stderr)) }
