package site

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
)

// reservations are sockets of ports that FreePort has returned. UDP and TCP count ports apart, so that a socket of the one
// keeps nobody from listening with the other; the system closes them all when the process ends, however it ends.
var reservations struct {
	mu   sync.Mutex
	held []net.PacketConn // Not collected, which would close them.
}

// FreePort returns a TCP port on which nothing listens. It is below the range from which systems assign ports, so that no
// other process gets it while its process is being restarted. Until the calling process ends, no other call returns it, in
// any process.
func FreePort(ctx context.Context) (int, error) {
	const from, to, tries = 15_000, 32_000, 100
	for range tries {
		port := from + rand.IntN(to-from)
		if free, err := reserve(ctx, port); err != nil || free {
			return port, err
		}
	}
	return 0, errors.New("no free port was found")
}

// reserve reports whether a port is free, and reserves it then.
func reserve(ctx context.Context, port int) (bool, error) {
	held, err := (&net.ListenConfig{}).ListenPacket(ctx, "udp", Loopback(port))
	if err != nil {
		return false, ctx.Err()
	}
	listener, err := Listen(ctx, port)
	if err != nil {
		return false, errors.Join(ctx.Err(), held.Close())
	}
	reservations.mu.Lock()
	reservations.held = append(reservations.held, held)
	reservations.mu.Unlock()
	if err := listener.Close(); err != nil {
		return false, fmt.Errorf("close port %d: %w", port, err)
	}
	return true, nil
}
