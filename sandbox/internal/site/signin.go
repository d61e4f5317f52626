package site

import "net/http"

// WithToken stands in for the proxy that signs people in to the Web UI and lets them read encrypted payloads. It adds
// the codec server's token to requests from pages of the origin, because the Web UI has no place for a token. Pages of
// other origins, and clients that are not pages, must present a token of their own. Unlike a real proxy, it signs in
// everybody, so it must be used only on one machine.
func WithToken(next http.Handler, origin, token string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if origin != "" && r.Header.Get("Origin") == origin {
			r = r.Clone(r.Context())
			r.Header.Set("Authorization", "Bearer "+token)
		}
		next.ServeHTTP(w, r)
	})
}
