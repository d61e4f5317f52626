// Package probes serves the health checks and the metrics of a process, on an address that only its operators reach.
package probes

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Server answers /healthz while the process is alive, and serves the metrics.
type Server struct {
	server   *http.Server
	listener net.Listener
}

// Start listens on addr, or serves nothing if addr is empty. Ready answers /readyz. The metrics may be nil. An error that
// ends the listener early is passed to onFatal.
func Start(ctx context.Context, addr string, metrics http.Handler, ready http.HandlerFunc, onFatal func(error)) (*Server, error) {
	s := &Server{}
	if addr == "" {
		return s, nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for health checks and metrics (METRICS_ADDR): %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", ready)
	if metrics != nil {
		mux.Handle("GET /metrics", metrics)
	}
	s.listener = l
	s.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		if err := s.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			onFatal(fmt.Errorf("serve health checks and metrics: %w", err))
		}
	}()
	return s, nil
}

// Addr returns the address that is listened on, or "" if nothing is served.
func (s *Server) Addr() string {
	if s == nil || s.listener == nil {
		return ""
	}
	return s.listener.Addr().String()
}

// Stop stops serving.
func (s *Server) Stop() {
	if s != nil && s.server != nil {
		_ = s.server.Close()
	}
}
