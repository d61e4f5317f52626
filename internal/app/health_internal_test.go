package app

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
)

// reachable is a Temporal client whose server answers or does not.
type reachable struct {
	client.Client
	err error
}

func (r reachable) CheckHealth(context.Context, *client.CheckHealthRequest) (*client.CheckHealthResponse, error) {
	return &client.CheckHealthResponse{}, r.err
}

// A process is alive from the start, and ready while it polls and can reach Temporal.
func TestHealth(t *testing.T) {
	t.Parallel()
	metrics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	h, err := startHealth(t.Context(), "127.0.0.1:0", metrics, func(err error) { t.Error(err) })
	require.NoError(t, err)
	defer h.Stop()
	get := func(path string) int {
		c := http.Client{Timeout: 10 * time.Second}
		answer, err := c.Get("http://" + h.Addr() + path)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		return answer.StatusCode
	}
	require.Equal(t, http.StatusOK, get("/healthz"))
	require.Equal(t, http.StatusServiceUnavailable, get("/readyz"))
	h.ready(reachable{})
	require.Equal(t, http.StatusOK, get("/readyz"))
	h.ready(reachable{err: errors.New("gone")})
	require.Equal(t, http.StatusServiceUnavailable, get("/readyz"))
	require.Equal(t, http.StatusOK, get("/healthz"))
	h.ready(reachable{})
	require.Equal(t, http.StatusTeapot, get("/metrics"))
	h.unready()
	require.Equal(t, http.StatusServiceUnavailable, get("/readyz"))
}

func TestHealthOff(t *testing.T) {
	t.Parallel()
	h, err := startHealth(t.Context(), "", nil, func(err error) { t.Error(err) })
	require.NoError(t, err)
	require.Empty(t, h.Addr())
	h.Stop()
}

// An address that is in use ends the start with an error that names the variable.
func TestHealthAddressInUse(t *testing.T) {
	t.Parallel()
	first, err := startHealth(t.Context(), "127.0.0.1:0", nil, func(err error) { t.Error(err) })
	require.NoError(t, err)
	defer first.Stop()
	_, err = startHealth(t.Context(), first.Addr(), nil, func(error) {})
	require.ErrorContains(t, err, "METRICS_ADDR")
}
