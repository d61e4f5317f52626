package site

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Loopback returns the address of a port of this machine.
func Loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// Listen listens on a port of this machine, a free one if zero.
func Listen(ctx context.Context, port int) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(ctx, "tcp", Loopback(port))
}

// URL returns the address of a listener that serves HTTP.
func URL(l net.Listener) string { return "http://" + l.Addr().String() }

// Serve serves HTTP on a listener until the returned server is closed. If serving fails before that, it calls failed.
func Serve(l net.Listener, h http.Handler, failed func(error)) *http.Server {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			failed(err)
		}
	}()
	return server
}
