package floor

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
)

// HandlerOptions are the options of a bare receiver.
type HandlerOptions struct {
	Listen, Secret string
}

// Handle answers webhooks until ctx ends.
func Handle(ctx context.Context, o HandlerOptions) error {
	return listen(ctx, o.Listen, map[string]http.HandlerFunc{"POST /": func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, "broken body", http.StatusBadRequest)
			return
		}
		sum := hmac.New(sha256.New, []byte(o.Secret))
		_, _ = sum.Write(body)
		stated, err := base64.StdEncoding.DecodeString(r.Header.Get("X-Shopify-Hmac-Sha256"))
		if err != nil || !hmac.Equal(sum.Sum(nil), stated) {
			http.Error(w, "wrong signature", http.StatusUnauthorized)
		}
	}})
}
