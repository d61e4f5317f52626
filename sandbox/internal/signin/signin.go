// Package signin stands in for the proxy that signs people in to the Web UI and lets them read encrypted payloads: it
// adds the codec server's token to what the Web UI's pages ask, for the Web UI has no place for one. Unlike a real one
// it signs in whoever comes, so it belongs on one machine.
package signin

import "net/http"

// WithToken adds the token to requests of pages of the origin. Pages of other origins, and whoever is no page, have to
// bear their own.
func WithToken(next http.Handler, origin, token string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if origin != "" && r.Header.Get("Origin") == origin {
			r = r.Clone(r.Context())
			r.Header.Set("Authorization", "Bearer "+token)
		}
		next.ServeHTTP(w, r)
	})
}
