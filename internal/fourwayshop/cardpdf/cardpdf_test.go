package cardpdf_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/fourwayshop/cardpdf"
	"github.com/giftbridge/giftbridge/internal/rest"
)

const pdf = "%PDF-1.4\n%%EOF\n"

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// serve serves h, and returns its address with the host localhost, whose name must be resolved.
func serve(t *testing.T, h http.HandlerFunc) (link cardpdf.Link, host string) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(u.Host)
	require.NoError(t, err)
	u.Host = "localhost:" + port
	return cardpdf.Link(u.String() + "/files/4443334961511.pdf"), u.Host
}

func fetcher(t *testing.T, o cardpdf.Options) *cardpdf.Fetcher {
	t.Helper()
	f, err := cardpdf.New(o)
	require.NoError(t, err)
	return f
}

func requireReason(t *testing.T, err error, want cardpdf.Reason, outcome rest.Outcome) *rest.Error {
	t.Helper()
	require.Equal(t, want, cardpdf.ReasonOf(err))
	var e *rest.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, outcome, e.Outcome)
	for _, secret := range []string{"4443334961511", "localhost", "127.0.0.1", "files"} {
		require.NotContains(t, err.Error(), secret)
	}
	return e
}

func answer(status int, media, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" {
			status = http.StatusTeapot
		}
		w.Header().Set("Content-Type", media)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func TestFetch(t *testing.T) {
	t.Parallel()
	full := pdf + strings.Repeat("x", cardpdf.Most-len(pdf))
	for name, tt := range map[string]struct {
		serve   http.HandlerFunc
		reason  cardpdf.Reason // Empty: it is fetched.
		outcome rest.Outcome
	}{
		"a PDF":              {answer(200, "application/pdf", pdf), "", ""},
		"with a parameter":   {answer(200, "Application/PDF; charset=binary", pdf), "", ""},
		"as large as may be": {answer(200, "application/pdf", full), "", ""},
		"too large":          {answer(200, "application/pdf", full+"x"), cardpdf.TooLarge, rest.Unreadable},
		"without end": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/pdf")
			for r.Context().Err() == nil {
				if _, err := w.Write([]byte(pdf + full[:1<<16])); err != nil {
					return
				}
			}
		}, cardpdf.TooLarge, rest.Unreadable},
		"a page":           {answer(200, "text/html", pdf), cardpdf.NotAPDF, rest.Contradictory},
		"no type":          {answer(200, "", pdf), cardpdf.NotAPDF, rest.Contradictory},
		"other content":    {answer(200, "application/pdf", "<html>"), cardpdf.NotAPDF, rest.Contradictory},
		"nothing":          {answer(200, "application/pdf", ""), cardpdf.NotAPDF, rest.Contradictory},
		"redirect":         {answer(302, "application/pdf", pdf), cardpdf.Redirected, rest.Refused},
		"another redirect": {answer(307, "application/pdf", pdf), cardpdf.Redirected, rest.Refused},
		"gone":             {answer(404, "application/pdf", pdf), cardpdf.Refused, rest.Refused},
		"no content":       {answer(204, "application/pdf", ""), cardpdf.Refused, rest.Refused},
		"failure":          {answer(500, "application/pdf", pdf), cardpdf.Refused, rest.Refused},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/pdf")
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(pdf))
		}, cardpdf.Unavailable, rest.NoAnswer},
		"dropped": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, cardpdf.Unavailable, rest.NoAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			link, host := serve(t, tt.serve)
			var observed []string
			f := fetcher(t, cardpdf.Options{Hosts: []string{host}, Networks: loopback, Observe: func(
				ctx context.Context, service, op string,
			) (context.Context, func(int, error)) {
				return ctx, func(_ int, err error) { observed = append(observed, service+": "+op+": "+fmt.Sprint(err == nil)) }
			}})
			got, err := f.Fetch(t.Context(), link)
			require.Equal(t, []string{"Four Way Shop: fetch PDF: " + fmt.Sprint(tt.reason == "")}, observed)
			if tt.reason == "" {
				require.NoError(t, err)
				require.True(t, strings.HasPrefix(string(got), pdf))
				return
			}
			require.Empty(t, got)
			requireReason(t, err, tt.reason, tt.outcome)
		})
	}
}

// The host is allowed, and its name stands for an address of this machine.
func TestAddressesAreCheckedAfterNamesAreResolved(t *testing.T) {
	t.Parallel()
	asked := false
	link, host := serve(t, func(http.ResponseWriter, *http.Request) { asked = true })
	f := fetcher(t, cardpdf.Options{Hosts: []string{host}})
	for _, scheme := range []string{"http", "https"} {
		secure := cardpdf.Link(strings.Replace(string(link), "http", scheme, 1))
		_, err := f.Fetch(t.Context(), secure)
		require.True(t, requireReason(t, err, cardpdf.AddressNotAllowed, rest.NoAnswer).Unsent)
	}
	require.False(t, asked)
}

func TestHostsAreChecked(t *testing.T) {
	t.Parallel()
	link, host := serve(t, answer(200, "application/pdf", pdf))
	_, port, err := net.SplitHostPort(host)
	require.NoError(t, err)
	f := fetcher(t, cardpdf.Options{Hosts: []string{host, "files.example.com"}, Networks: loopback})
	for _, bad := range []string{
		"", "x", "/files/1.pdf", "//" + host + "/1.pdf", "file:///etc/passwd", "ftp://" + host + "/", "http:" + host,
		"http://127.0.0.1:" + port + "/", "http://[::1]:" + port + "/", "http://localhost/", "http://user@" + host + "/",
		"http://a:b@" + host + "/", "http://localhost." + ":" + port + "/", "http://localhost.example.com:" + port + "/",
		"https://files.example.com:8443/", "https://files.example.com.evil.example/", "https://evil.example/files.example.com",
		"https://169.254.169.254/latest/meta-data/", "http://files.example.com@169.254.169.254/",
		"https://files.example.com%2eevil.example/", "https://2130706433/", "https://0x7f.1/", "gopher://" + host + "/",
	} {
		_, err := f.Fetch(t.Context(), cardpdf.Link(bad))
		require.True(t, requireReason(t, err, cardpdf.HostNotAllowed, rest.NoAnswer).Unsent, bad)
	}
	_, err = fetcher(t, cardpdf.Options{Networks: loopback}).Fetch(t.Context(), link)
	requireReason(t, err, cardpdf.HostNotAllowed, rest.NoAnswer)

	upper := cardpdf.Link(strings.Replace(string(link), "localhost", "LocalHost", 1))
	_, err = f.Fetch(t.Context(), upper)
	require.NoError(t, err)
}

func TestCertificatesAreVerified(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(answer(200, "application/pdf", pdf))
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	f := fetcher(t, cardpdf.Options{Hosts: []string{server.Listener.Addr().String()}, Networks: loopback})
	_, err := f.Fetch(t.Context(), cardpdf.Link(server.URL+"/1.pdf"))
	requireReason(t, err, cardpdf.Unavailable, rest.NoAnswer)
	var unknown x509.UnknownAuthorityError
	require.NotErrorAs(t, err, &unknown, "the cause is not quoted")
}

func TestAServiceThatHangs(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	link, host := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(func() { close(release) })
	f := fetcher(t, cardpdf.Options{Hosts: []string{host}, Networks: loopback, Timeout: time.Millisecond})
	_, err := f.Fetch(t.Context(), link)
	requireReason(t, err, cardpdf.Unavailable, rest.TimedOut)
}

func TestNewRefusesBadHosts(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"", "https://a.example.com", "a.example.com/", "a b", "u@a.example.com", ":443", "a.example.com?x"} {
		_, err := cardpdf.New(cardpdf.Options{Hosts: []string{host}})
		require.Error(t, err, host)
	}
	_, err := cardpdf.New(cardpdf.Options{Hosts: []string{"a.example.com", "A.example.com:443", "[2001:db8::1]:8443"}})
	require.NoError(t, err)
}

func TestLinksDoNotPrint(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		require.Equal(t, "[redacted]", fmt.Sprintf(format, cardpdf.Link("https://a.example.com/444.pdf")))
	}
}
