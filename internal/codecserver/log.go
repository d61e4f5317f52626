package codecserver

import (
	"net/http"
	"time"
)

// maxPath limits how much of a path is logged. No legitimate request needs more.
const maxPath = 200

// logged writes a log line for each request, without any of its content.
func (s *server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		a := &answered{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(a, r)
		path := r.URL.Path
		s.Log.Info().Str("method", r.Method).Str("path", path[:min(len(path), maxPath)]).Int("status", a.status).
			Dur("duration", time.Since(began)).Int("payloads", a.payloads).Msg("codec request")
	})
}

// answered records the details of a response for the log.
type answered struct {
	http.ResponseWriter

	status, payloads int
}

// WriteHeader records the status.
func (a *answered) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

// count records the number of payloads of a request for the log.
func count(w http.ResponseWriter, payloads int) {
	if a, ok := w.(*answered); ok {
		a.payloads = payloads
	}
}
