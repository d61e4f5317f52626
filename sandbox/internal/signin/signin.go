// Package signin stands in for the proxy that signs people in to the Web UI and lets them read encrypted payloads. It
// adds the codec server's token to requests from the Web UI's pages, because the Web UI has no place for a token.
// Unlike a real proxy, it signs in everybody, so it must be used only on one machine.
package signin

import "net/http"

// WithToken adds the token to requests from pages of the origin. Pages of other origins, and clients that are not
// pages, must present a token of their own.
func WithToken(next http.Handler, origin, token string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if origin != "" && r.Header.Get("Origin") == origin {
			r = r.Clone(r.Context())
			r.Header.Set("Authorization", "Bearer "+token)
		}
		next.ServeHTTP(w, r)
	})
}
