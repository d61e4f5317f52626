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
	// Temporal is where the mailboxes of [MailboxPath] are, and Namespace theirs. Without an address, there are none.
	Temporal, Namespace string
}

// Handle answers webhooks until ctx ends.
func Handle(ctx context.Context, o HandlerOptions) error {
	patterns := map[string]http.HandlerFunc{"POST /": signed(o.Secret, func(http.ResponseWriter, *http.Request, []byte) {})}
	if o.Temporal != "" {
		m, err := openMailboxes(ctx, o)
		if err != nil {
			return err
		}
		defer m.client.Close()
		patterns["POST "+MailboxPath+"{resource}"] = signed(o.Secret, m.put)
	}
	return listen(ctx, o.Listen, patterns)
}

// signed returns a handler of webhooks whose body is signed.
func signed(secret string, then func(w http.ResponseWriter, r *http.Request, body []byte)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, "broken body", http.StatusBadRequest)
			return
		}
		sum := hmac.New(sha256.New, []byte(secret))
		_, _ = sum.Write(body)
		stated, err := base64.StdEncoding.DecodeString(r.Header.Get("X-Shopify-Hmac-Sha256"))
		if err != nil || !hmac.Equal(sum.Sum(nil), stated) {
			http.Error(w, "wrong signature", http.StatusUnauthorized)
			return
		}
		then(w, r, body)
	}
}
