package app_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/mail"
)

// authority issues the certificates of servers in tests. The system trusts it: see TestMain.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

var trusted, unknown authority

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run makes the system trust one of our authorities. Go reads the system's certificates once per process.
func run(m *testing.M) int {
	for _, a := range []*authority{&trusted, &unknown} {
		if err := a.create(); err != nil {
			log.Print(err)
			return 1
		}
	}
	folder, err := os.MkdirTemp("", "giftbridge-app-test")
	if err != nil {
		log.Print(err)
		return 1
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: trusted.certificate.Raw})
	if err := os.WriteFile(file, block, 0o600); err != nil {
		log.Print(err)
		return 1
	}
	for name, value := range map[string]string{"SSL_CERT_FILE": file, "SSL_CERT_DIR": folder} {
		if err := os.Setenv(name, value); err != nil {
			log.Print(err)
			return 1
		}
	}
	return m.Run()
}

func (a *authority) create() (err error) {
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	if err != nil {
		return err
	}
	a.certificate, err = x509.ParseCertificate(der)
	return err
}

// issue returns the TLS configuration of a server with a certificate of the authority. change may be nil; otherwise it
// modifies the certificate's template.
func (a *authority) issue(t *testing.T, change func(*x509.Certificate)) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "test server"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	if change != nil {
		change(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	require.NoError(t, err)
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
	}
}

// serve starts an HTTPS server and returns its URL.
func serve(t *testing.T, secure *tls.Config, handle http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewUnstartedServer(handle)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = secure
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

// clients returns a request for each service, with the clients that the worker uses.
func clients(url string) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Shopify": func(ctx context.Context) error {
			c, err := app.NewShopify(config.Shopify{
				BaseURL: url, APIVersion: "2026-07", AccessToken: config.NewSecret("shpat_hush"),
			})
			if err != nil {
				return err
			}
			_, err = c.GetShop(ctx)
			return err
		},
		"Shopify's tokens": func(ctx context.Context) error {
			c, err := app.NewShopify(config.Shopify{
				BaseURL: url, APIVersion: "2026-07", ClientID: "id", ClientSecret: config.NewSecret("hush"),
			})
			if err != nil {
				return err
			}
			_, err = c.GetShop(ctx)
			return err
		},
		"CashStar": func(ctx context.Context) error {
			c, err := app.NewCashStar(config.CashStar{
				BaseURL: url + "/v2", Username: "u", Password: config.NewSecret("hush"), Timeout: 30 * time.Second,
			})
			if err != nil {
				return err
			}
			_, err = c.Merchants(ctx)
			return err
		},
	}
}

// No secret is sent to a server that cannot prove its identity.
func TestServicesAreAuthenticated(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		tls  *tls.Config
		want string
	}{
		{
			"an unknown authority", unknown.issue(t, nil),
			"tls: failed to verify certificate: x509: certificate signed by unknown authority",
		},
		{
			"another's name", trusted.issue(t, func(c *x509.Certificate) {
				c.IPAddresses, c.DNSNames = []net.IP{net.IPv4(192, 0, 2, 1)}, []string{"api.example.com"}
			}),
			"tls: failed to verify certificate: x509: certificate is valid for 192.0.2.1, not 127.0.0.1",
		},
		{
			"of yesterday", trusted.issue(t, func(c *x509.Certificate) {
				c.NotBefore, c.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
			}),
			"x509: certificate has expired or is not yet valid",
		},
		{
			"for another purpose", trusted.issue(t, func(c *x509.Certificate) {
				c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
			}),
			"x509: certificate specifies an incompatible key usage",
		},
		{
			"TLS 1.1", func() *tls.Config {
				c := trusted.issue(t, nil)
				c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
				return c
			}(),
			"tls: protocol version not supported",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			url := serve(t, tt.tls, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") })
			for name, call := range clients(url) {
				err := call(t.Context())
				require.ErrorContains(t, err, tt.want, name)
				require.NotContains(t, err.Error(), "hush")
			}
			host, port, err := net.SplitHostPort(strings.TrimPrefix(url, "https://"))
			require.NoError(t, err)
			number, err := strconv.Atoi(port)
			require.NoError(t, err)
			sender, err := app.NewMailer(config.SMTP{
				Host: host, Port: number, Username: "login-name", Password: config.NewSecret("hush"), TLS: config.TLSImplicit,
			})
			require.NoError(t, err)
			err = sender.Send(t.Context(), mail.Message{
				From: "from@example.com", To: []string{"to@example.com"}, Subject: "x", Text: "x", MessageID: "x@example.com",
				Date: time.Now(),
			})
			require.ErrorContains(t, err, "send mail: tls: ")
			require.ErrorContains(t, err, tt.want)
		})
	}
}

// The same servers are used if nothing is wrong with them.
func TestTrustedServices(t *testing.T) {
	t.Parallel()
	url := serve(t, trusted.issue(t, nil), func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/v2/"):
			_, _ = io.WriteString(w, `{"merchants":{"merchant":[]}}`)
		case strings.HasSuffix(r.URL.Path, "access_token"):
			_, _ = io.WriteString(w, `{"access_token":"t"}`)
		default:
			_, _ = io.WriteString(w, `{"data":{"shop":{"myshopifyDomain":"d"}}}`)
		}
	})
	for name, call := range clients(url) {
		require.NoError(t, call(t.Context()), name)
	}
}

// An endless header is not kept in memory.
func TestServicesHeadersAreBounded(t *testing.T) {
	t.Parallel()
	url := serve(t, trusted.issue(t, nil), func(w http.ResponseWriter, _ *http.Request) {
		for i := range 128 {
			w.Header().Set("X-"+strconv.Itoa(i), strings.Repeat("x", 1<<10))
		}
		_, _ = io.WriteString(w, `{}`)
	})
	for name, call := range clients(url) {
		require.ErrorContains(t, call(t.Context()), "header", name)
	}
}
