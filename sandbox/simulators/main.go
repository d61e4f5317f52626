// Command simulators runs the services that giftbridge talks to, without giftbridge: the simulated shop with customers
// who place orders, the simulated issuer, and the proxy that lets the Web UI show encrypted payloads. It is for a
// worker in another process or container. It is much smaller than the sandbox, because it does not contain Temporal.
package main

import (
	"os"

	"github.com/giftbridge/giftbridge/internal/cli"
)

func main() { os.Exit(cli.Execute(newCommand(), os.Stderr)) }
