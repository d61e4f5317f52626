package receiving

import (
	"crypto/tls"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/giftbridge/giftbridge/internal/callback"
	"github.com/giftbridge/giftbridge/internal/checkout/api"
	"github.com/giftbridge/giftbridge/internal/webhook"
)

// The limits of requests. The shop waits five seconds for an answer, and a page of the mail's links asks Temporal.
const (
	headerTimeout = 5 * time.Second
	// readTimeout is the time for the header and the body together.
	readTimeout  = 10 * time.Second
	writeTimeout = 30 * time.Second
	idleTimeout  = time.Minute
	maxHeader    = 16 << 10
)

const (
	// logBurst limits the lines per second about requests; the metrics count all of them.
	logBurst = 50
	webhooks = "/webhooks/"
	actions  = "/actions/"
)

// newServer returns the server of a handler. It speaks HTTP/1.1 alone: in HTTP/2, each connection would have hundreds of
// requests at once, which the limits of connections would not limit.
func newServer(h http.Handler, cert *certificate, l zerolog.Logger) *http.Server {
	s := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		Protocols:         new(http.Protocols),
		// It reports handshakes that strangers break off, with their addresses.
		ErrorLog: log.New(quiet{l}, "", 0),
	}
	s.Protocols.SetHTTP1(true)
	if cert != nil {
		s.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: cert.get}
	}
	return s
}

// quiet writes the messages of the server for those who look for them. A message may name a client, never a request.
type quiet struct{ log zerolog.Logger }

// Write implements io.Writer.
func (q quiet) Write(p []byte) (int, error) {
	q.log.Debug().Str("server", strings.TrimSpace(string(p))).Msg("a connection has failed")
	return len(p), nil
}

// routes returns the handler of all paths: of those below each path. A nil handler is not served.
func routes(below map[string]http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		for path, serves := range below {
			if serves != nil && strings.HasPrefix(r.URL.Path, path) {
				serves.ServeHTTP(w, r)
				return
			}
		}
		http.NotFound(w, r)
	})
}

// logged writes a line for a request. Deliveries that were taken are lines of level debug, because there are many. A line
// has nothing of the body and of the query, and a path only if it is one of the paths of webhooks: what else is asked for
// may be a link of a mail or the address of a callback, which are secrets.
func logged(next http.Handler, l zerolog.Logger) http.Handler {
	l = l.Sample(&zerolog.BurstSampler{Burst: logBurst, Period: time.Second})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		a := &answered{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(a, r)
		level := zerolog.InfoLevel
		path := "other"
		switch p := r.URL.Path; {
		case p == webhook.OrdersPath || p == webhook.ProductsPath:
			path = p
			if a.status == http.StatusOK {
				level = zerolog.DebugLevel
			}
		case strings.HasPrefix(p, actions):
			path = actions
		case strings.HasPrefix(p, callback.Path):
			path = callback.Path
		case strings.HasPrefix(p, api.Path):
			path, level = api.Path, zerolog.DebugLevel // It has a line of its own.
		}
		l.WithLevel(level).Str("method", method(r)).Str("path", path).Int("status", a.status).
			Dur("duration", time.Since(began)).Msg("request")
	})
}

// method returns the method of a request, which is a word that its sender chooses.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
		return r.Method
	}
	return "other"
}

// answered remembers the status of an answer for the log.
type answered struct {
	http.ResponseWriter

	status int
}

// WriteHeader implements http.ResponseWriter.
func (a *answered) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController find the connection.
func (a *answered) Unwrap() http.ResponseWriter { return a.ResponseWriter }
