package app

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/app/probes"
)

// health answers /readyz while the worker polls and can reach Temporal, and serves what all processes do.
type health struct {
	*probes.Server
	client atomic.Pointer[client.Client]
}

// startHealth listens on addr, or serves nothing if addr is empty. The metrics may be nil. An error that ends the
// listener early is passed to onFatal.
func startHealth(ctx context.Context, addr string, metrics http.Handler, onFatal func(error)) (*health, error) {
	h := &health{}
	var err error
	h.Server, err = probes.Start(ctx, addr, metrics, h.serveReady, onFatal)
	return h, err
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
