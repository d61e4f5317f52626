package codecserver

import (
	"net/http"
	"time"
)

// maxPath bounds what is logged of a path: nobody who asks decently needs more.
const maxPath = 200

// logged writes a line for each request, and nothing of what is in it.
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

// answered remembers what the log tells of an answer.
type answered struct {
	http.ResponseWriter

	status, payloads int
}

// WriteHeader remembers the status.
func (a *answered) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

// count tells the log how many payloads a request has.
func count(w http.ResponseWriter, payloads int) {
	if a, ok := w.(*answered); ok {
		a.payloads = payloads
	}
}
