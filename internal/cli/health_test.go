package cli_test

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cli"
)

func TestHealthCommand(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/well" {
			http.Error(w, "not polling", http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(server.Close)
	addr := server.Listener.Addr().String()
	_, port, err := net.SplitHostPort(addr)
	require.NoError(t, err)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	tests := map[string]struct {
		path, addr string
		err        error
		code       int
		says       string
	}{
		"well":                  {path: "/well", addr: addr},
		"well on all addresses": {path: "/well", addr: "0.0.0.0:" + port},
		"well on all, unnamed":  {path: "/well", addr: ":" + port},
		"unwell":                {path: "/readyz", addr: addr, code: cli.ExitFailure, says: "503 Service Unavailable: not polling"},
		"silent": {
			path: "/well", addr: closed.Listener.Addr().String(), code: cli.ExitFailure, says: "connection refused",
		},
		"nowhere":           {path: "/well", code: cli.ExitUsage, says: "does not listen on an address"},
		"bad configuration": {err: cli.Usagef("bad"), code: cli.ExitUsage, says: "bad"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := cli.NewHealthCommand(tt.path, func() (string, error) { return tt.addr, tt.err })
			c.SetArgs(nil)
			var stderr bytes.Buffer
			require.Equal(t, tt.code, cli.Execute(c, &stderr), stderr.String())
			require.Contains(t, stderr.String(), tt.says)
		})
	}
}
