package site

import (
	"context"
	"errors"
	"math/rand/v2"
)

// FreePort returns a port on which nothing listens. It is below the range from which systems assign ports, so that no
// other process gets it while its process is being restarted.
func FreePort(ctx context.Context) (int, error) {
	const from, to, tries = 15_000, 32_000, 100
	for range tries {
		port := from + rand.IntN(to-from)
		listener, err := Listen(ctx, port)
		if err != nil {
			continue
		}
		return port, listener.Close()
	}
	return 0, errors.New("no free port was found")
}
