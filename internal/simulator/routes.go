package simulator

import (
	"mime"
	"net/http"
	"path"
	"strings"
)

// Unrouted returns the status for a request that no pattern of the mux matches, 404 or 405 with the allowed methods, so
// that a simulator can refuse it in the format of its service. It returns 0 for a request that a pattern matches.
func Unrouted(mux *http.ServeMux, r *http.Request) (status int, allow string) {
	if escaped := r.URL.EscapedPath(); path.Clean(escaped)+"/" != escaped { // the mux would redirect
		return http.StatusNotFound, ""
	}
	h, pattern := mux.Handler(r)
	if pattern != "" {
		return 0, ""
	}
	probe := statusProbe{header: http.Header{}}
	h.ServeHTTP(&probe, r)
	if probe.status == http.StatusMethodNotAllowed {
		return probe.status, probe.header.Get("Allow")
	}
	return http.StatusNotFound, ""
}

type statusProbe struct {
	header http.Header
	status int
}

func (p *statusProbe) Header() http.Header         { return p.header }
func (p *statusProbe) WriteHeader(status int)      { p.status = status }
func (p *statusProbe) Write(b []byte) (int, error) { return len(b), nil }

// Accepts reports whether the client accepts JSON and says so.
func Accepts(r *http.Request) bool {
	for _, header := range r.Header.Values("Accept") {
		for part := range strings.SplitSeq(header, ",") {
			media, _, err := mime.ParseMediaType(part)
			if err == nil && (media == "application/json" || media == "*/*" || media == "application/*") {
				return true
			}
		}
	}
	return false
}
