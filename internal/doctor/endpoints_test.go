package doctor_test

import (
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/doctor/endpoints"
)

// Endpoints are connected to as workers do, and get no request: it could be taken for an event.
func TestEndpoints(t *testing.T) {
	t.Parallel()
	const query = "token-in-the-query"
	for name, tt := range map[string]struct {
		change    func(*config.Config)
		now       func(expires time.Time) time.Time
		status    check.Status
		says, fix string
	}{
		"healthy": {status: check.OK, says: "is reached over TLS, with a certificate until"},
		"plain": {
			change: func(c *config.Config) { c.Relay.OrdersURL = strings.Replace(c.Relay.OrdersURL, "https:", "http:", 1) },
			status: check.OK, says: "without TLS",
		},
		"a certificate that ends soon": {
			now:    func(expires time.Time) time.Time { return expires.Add(-24 * time.Hour) },
			status: check.Warn, says: "ends on", fix: "renew",
		},
		"a certificate of nobody": {
			change: func(c *config.Config) { c.Relay.CAFile = "" },
			status: check.Fail, says: "certificate", fix: "RELAY_CA_FILE",
		},
		"an address that is not allowed": {
			change: func(c *config.Config) { c.Relay.AllowedNetworks = nil },
			status: check.Fail, says: "not allowed", fix: "RELAY_ALLOWED_NETWORKS",
		},
		"nobody there": {
			change: func(c *config.Config) { c.Relay.OrdersURL = "https://127.0.0.1:1/orders?" + query },
			status: check.Fail, says: "refused", fix: "outbound connections",
		},
		"no file": {
			change: func(c *config.Config) { c.Relay.CertFile, c.Relay.KeyFile = "/nonexistent", "/nonexistent" },
			status: check.Fail, says: "/nonexistent", fix: "RELAY_*",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int32
			erp := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
			t.Cleanup(erp.Close)
			authority := filepath.Join(t.TempDir(), "ca.pem")
			certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: erp.Certificate().Raw})
			require.NoError(t, os.WriteFile(authority, certificate, 0o600))
			secret := "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("s", 32)))
			r := examined(t, func(p *patient) {
				p.Config.Relay = config.Default().Relay
				p.Config.Relay.OrdersURL, p.Config.Relay.CAFile = erp.URL+"/orders?"+query, authority
				require.NoError(t, p.Config.Relay.Secrets.Decode(secret))
				require.NoError(t, p.Config.Relay.AllowedNetworks.Decode("127.0.0.0/8"))
				if tt.change != nil {
					tt.change(&p.Config)
				}
				if tt.now != nil {
					p.Now = func() time.Time { return tt.now(erp.Certificate().NotAfter) }
				}
			})
			c := checkOf(t, r, endpoints.Name("orders"))
			require.Equal(t, tt.status, c.Status, c.Found)
			require.Contains(t, c.Found, tt.says)
			require.Contains(t, c.Fix, tt.fix)
			require.NotContains(t, c.Found+c.Fix, query)
			require.NotContains(t, c.Found+c.Fix, secret)
			require.Zero(t, requests.Load(), "nothing is posted")
			for _, c := range r.Checks {
				require.NotEqual(t, endpoints.Name("products"), c.Name, "it has no URL")
			}
		})
	}
}

func TestNoEndpoints(t *testing.T) {
	t.Parallel()
	for _, c := range examined(t, nil).Checks {
		require.NotEqual(t, endpoints.Name("orders"), c.Name)
	}
}
