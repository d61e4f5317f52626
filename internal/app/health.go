package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/client"
)

// health answers /healthz while the process is alive, and /readyz while it polls and can reach Temporal. It also serves
// the metrics.
type health struct {
	server   *http.Server
	listener net.Listener
	client   atomic.Pointer[client.Client]
}

// startHealth listens on addr, or serves nothing if addr is empty. The metrics may be nil. An error that ends the
// listener early is passed to onFatal.
func startHealth(ctx context.Context, addr string, metrics http.Handler, onFatal func(error)) (*health, error) {
	h := &health{}
	if addr == "" {
		return h, nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for health checks and metrics (METRICS_ADDR): %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", h.serveReady)
	if metrics != nil {
		mux.Handle("GET /metrics", metrics)
	}
	h.listener = l
	h.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		if err := h.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			onFatal(fmt.Errorf("serve health checks and metrics: %w", err))
		}
	}()
	return h, nil
}

func (h *health) addr() string {
	if h.listener == nil {
		return ""
	}
	return h.listener.Addr().String()
}

func (h *health) ready(c client.Client) { h.client.Store(&c) }

func (h *health) unready() { h.client.Store(nil) }

// readyTimeout limits the question whether Temporal answers. A probe of this process waits longer.
const readyTimeout = 2 * time.Second

func (h *health) serveReady(w http.ResponseWriter, r *http.Request) {
	c := h.client.Load()
	if c == nil {
		http.Error(w, "not polling", http.StatusServiceUnavailable)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	if _, err := (*c).CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		http.Error(w, "Temporal is not responding", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ready\n"))
}

func (h *health) stop() {
	if h.server != nil {
		_ = h.server.Close()
	}
}
