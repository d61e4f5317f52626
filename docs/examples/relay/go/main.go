// Command go is an example of an endpoint for giftbridge's relay. It needs the standard library alone.
//
//	RELAY_SECRETS=whsec_… go run ./docs/examples/relay/go
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// verify reports whether a request was signed with one of the secrets, no more than five minutes ago.
func verify(h http.Header, body []byte, secrets []string) bool {
	id, timestamp := h.Get("webhook-id"), h.Get("webhook-timestamp")
	sent, err := strconv.ParseInt(timestamp, 10, 64)
	if id == "" || err != nil || time.Since(time.Unix(sent, 0)).Abs() > 5*time.Minute {
		return false
	}
	for _, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil || len(key) < 24 {
			continue // An empty key would accept what anyone signs.
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + timestamp + "."))
		mac.Write(body)
		want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
		for got := range strings.FieldsSeq(h.Get("webhook-signature")) {
			if hmac.Equal([]byte(got), []byte(want)) {
				return true
			}
		}
	}
	return false
}

func main() {
	secrets := strings.Split(os.Getenv("RELAY_SECRETS"), ",")
	var mu sync.Mutex
	seen := map[string]bool{} // Yours is a table with a unique key, written in one transaction with the event.
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 8<<20))
		if err != nil {
			return // The connection broke: no answer, and the event comes again.
		}
		if !verify(r.Header, body, secrets) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		id := r.Header.Get("webhook-id")
		mu.Lock()
		double := seen[id]
		seen[id] = true
		mu.Unlock()
		if double {
			w.WriteHeader(http.StatusOK) // It was taken before: say yes, and do nothing.
			return
		}
		// Store the body with giftbridge-topic here, and work on it later.
		w.WriteHeader(http.StatusNoContent)
	})
	server := &http.Server{Addr: "127.0.0.1:" + os.Getenv("PORT"), Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}
