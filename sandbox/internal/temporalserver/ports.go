package temporalserver

import (
	"context"
	"fmt"
	"net"
	"strconv"
)

// reservePort returns the port if nothing listens on it, or a free port if it is zero. The server opens its listeners
// itself, from port numbers, and dies if it cannot.
func reservePort(ctx context.Context, port int) (int, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address(port))
	if err != nil {
		return 0, fmt.Errorf("reserve port: %w", err)
	}
	defer listener.Close()
	if port != 0 {
		return port, nil
	}
	if err := leaveTimeWait(ctx, listener); err != nil {
		return 0, fmt.Errorf("reserve port: %w", err)
	}
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// leaveTimeWait leaves a connection of the listener's port in state TIME_WAIT. Until that state ends, the kernel gives
// the port only to callers that ask for it by number, and so not to another caller of reservePort.
func leaveTimeWait(ctx context.Context, listener net.Listener) error {
	var dialer net.Dialer
	client, err := dialer.DialContext(ctx, "tcp", listener.Addr().String())
	if err != nil {
		return err
	}
	defer client.Close()
	server, err := listener.Accept()
	if err != nil {
		return err
	}
	return server.Close()
}

func address(port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }
