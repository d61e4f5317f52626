package rest_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/giftbridge/giftbridge/internal/rest"
)

// peer speaks HTTP/2 frame by frame. It responds to each request with {}, except for the one that it is configured to
// spoil.
type peer struct {
	t     *testing.T
	spoil func(*http2.Framer, uint32) // called with the stream, instead of responding
	which int                         // the number of the request to spoil, from 1

	mu       sync.Mutex
	requests int
}

// newPeer returns a peer and a client for it.
func newPeer(t *testing.T, which int, spoil func(*http2.Framer, uint32)) (*peer, *rest.Client) {
	t.Helper()
	p := &peer{t: t, spoil: spoil, which: which}
	certified := httptest.NewTLSServer(nil)
	t.Cleanup(certified.Close)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: certified.TLS.Certificates, NextProtos: []string{"h2"},
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(conn)
		}
	}()
	transport := certified.Client().Transport.(*http.Transport).Clone() //nolint:forcetypeassert // httptest's own
	transport.ForceAttemptHTTP2 = true
	transport.TLSClientConfig.ServerName = "example.com"
	t.Cleanup(transport.CloseIdleConnections)
	c, err := rest.New("Vendor", "https://"+l.Addr().String(), &http.Client{Transport: transport, Timeout: 10 * time.Second})
	require.NoError(t, err)
	return p, c
}

func (p *peer) serve(conn net.Conn) {
	defer conn.Close()
	if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
		return
	}
	framer := http2.NewFramer(conn, conn)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	_ = framer.WriteSettings()
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return
		}
		var stream uint32
		switch f := frame.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				_ = framer.WriteSettingsAck()
			}
		case *http2.MetaHeadersFrame:
			p.mu.Lock()
			p.requests++
			p.mu.Unlock()
			if f.StreamEnded() {
				stream = f.StreamID
			}
		case *http2.DataFrame:
			if f.StreamEnded() {
				stream = f.StreamID
			}
		}
		if stream == 0 {
			continue
		}
		if p.count() == p.which {
			p.spoil(framer, stream)
			continue
		}
		_ = framer.WriteHeaders(http2.HeadersFrameParam{
			StreamID: stream, EndHeaders: true, BlockFragment: []byte{0x88}, // :status 200, RFC 7541, appendix A
		})
		_ = framer.WriteData(stream, true, []byte("{}"))
	}
}

// count returns the number of requests that have arrived.
func (p *peer) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests
}

func reset(code http2.ErrCode) func(*http2.Framer, uint32) {
	return func(f *http2.Framer, stream uint32) { _ = f.WriteRSTStream(stream, code) }
}

// goAway sends GOAWAY with the last stream that the peer has processed: the request's own if seen, otherwise the
// previous one.
func goAway(code http2.ErrCode, seen bool) func(*http2.Framer, uint32) {
	return func(f *http2.Framer, stream uint32) {
		last := stream
		if !seen {
			last -= 2
			if stream == 1 {
				last = 0
			}
		}
		_ = f.WriteGoAway(last, code, nil)
		_ = f.WriteRSTStream(stream, code)
	}
}

// net/http repeats requests by itself: HTTP/2 does so after a reset or GOAWAY. A request that creates something must
// not be repeated.
func TestDoSendsACreationOnce(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*http2.Framer, uint32){
		"refused stream":          reset(http2.ErrCodeRefusedStream),
		"protocol error":          reset(http2.ErrCodeProtocol),
		"internal error":          reset(http2.ErrCodeInternal),
		"cancelled":               reset(http2.ErrCodeCancel),
		"going away, not seen":    goAway(http2.ErrCodeNo, false),
		"going away, seen":        goAway(http2.ErrCodeNo, true),
		"enhance your calm, seen": goAway(http2.ErrCodeEnhanceYourCalm, true),
		"enhance your calm":       goAway(http2.ErrCodeEnhanceYourCalm, false),
	}
	for name, spoil := range tests {
		for _, which := range []int{1, 2} { // on a fresh connection, and on a reused one
			for _, body := range []any{map[string]string{"audit_number": "1"}, nil} {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					p, c := newPeer(t, which, spoil)
					for range which - 1 {
						require.NoError(t, do(t, c, &answer{}))
					}
					req, err := c.NewRequest(t.Context(), http.MethodPost, "order/", body)
					require.NoError(t, err)
					_, err = c.Do(req, op, &answer{}, nil)
					require.Equal(t, which, p.count(), "requests that arrived; %v", err)
					e := requireError(t, err, rest.NoAnswer)
					require.True(t, e.Ambiguous(), "the peer has seen the request")
				})
			}
		}
	}
}

// A request that only reads may safely be repeated.
func TestDoLetsAReadingBeRepeated(t *testing.T) {
	t.Parallel()
	p, c := newPeer(t, 1, reset(http2.ErrCodeRefusedStream))
	req, err := c.NewRequest(t.Context(), http.MethodGet, "merchant/", nil)
	require.NoError(t, err)
	_, err = c.Do(req, op, &answer{}, nil)
	require.NoError(t, err)
	require.Equal(t, 2, p.count())
}

// On a stale connection, HTTP/1 repeats a request that has the header.
func TestDoSendsACreationWithAnIdempotencyKeyOnce(t *testing.T) {
	t.Parallel()
	for _, header := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		var requests atomic.Int32
		c := newClient(t, func(w http.ResponseWriter, _ *http.Request) {
			if requests.Add(1) == 2 {
				panic(http.ErrAbortHandler)
			}
			_, _ = io.WriteString(w, "{}")
		})
		require.NoError(t, do(t, c, &answer{}))
		req, err := c.NewRequest(t.Context(), http.MethodPost, "order/", map[string]int{"n": 1})
		require.NoError(t, err)
		req.Header.Set(header, "1")
		_, err = c.Do(req, op, &answer{}, nil)
		requireError(t, err, rest.NoAnswer)
		require.Equal(t, int32(2), requests.Load(), header)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A connection that turns out to be closed before anything was written does not cause a failure.
func TestDoBeginsAnewUntilAHeaderIsWritten(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	hc := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		body, err := r.GetBody()
		require.NoError(t, err)
		b, err := io.ReadAll(body)
		require.NoError(t, err)
		require.JSONEq(t, `{"n":1}`, string(b))
		httptrace.ContextClientTrace(r.Context()).WroteHeaderField("Host", []string{"example.com"})
		_, err = r.GetBody()
		require.Error(t, err)
		return nil, broken
	})}
	c, err := rest.New("Vendor", "https://example.com", hc)
	require.NoError(t, err)
	req, err := c.NewRequest(t.Context(), http.MethodPost, "order/", map[string]int{"n": 1})
	require.NoError(t, err)
	_, err = c.Do(req, op, &answer{}, nil)
	require.ErrorIs(t, err, broken)
}
