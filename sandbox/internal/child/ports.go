package child

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
)

// Loopback returns the address of a port of this machine.
func Loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// FreePort returns a port on which nothing listens. It is below the range from which systems assign ports, so that no
// other process gets it while its process is being restarted.
func FreePort(ctx context.Context) (int, error) {
	const from, to, tries = 15_000, 32_000, 100
	for range tries {
		port := from + rand.IntN(to-from)
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", Loopback(port))
		if err != nil {
			continue
		}
		return port, listener.Close()
	}
	return 0, errors.New("no free port was found")
}
