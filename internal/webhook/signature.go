package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"net/http"
	"strconv"
	"strings"
)

// headers are the names of the headers in both families: that of webhooks, and that of events.
const (
	webhookHeaders = "X-Shopify-"
	eventHeaders   = "Shopify-"
)

// header returns the value of a header of either family. Only the body is signed, not the headers.
func header(h http.Header, name string) string {
	if v := h.Get(webhookHeaders + name); v != "" {
		return v
	}
	return h.Get(eventHeaders + name)
}

// signatureOf returns the signature that a request states, or nil if it has none that could be right.
func signatureOf(h http.Header) []byte {
	sum, err := base64.StdEncoding.Strict().DecodeString(header(h, "Hmac-Sha256"))
	if err != nil || len(sum) != sha256.Size {
		return nil
	}
	return sum
}

// signatures computes the signature of a body with each secret.
type signatures []hash.Hash

func newSignatures(secrets [][]byte) signatures {
	all := make(signatures, len(secrets))
	for i, secret := range secrets {
		all[i] = hmac.New(sha256.New, secret)
	}
	return all
}

// Write implements io.Writer. It never fails.
func (s signatures) Write(body []byte) (int, error) {
	for _, h := range s {
		_, _ = h.Write(body)
	}
	return len(body), nil
}

// match reports whether one of the secrets has made a signature. It compares with all of them, in constant time.
func (s signatures) match(stated []byte) bool {
	matches := false
	for _, h := range s {
		matches = hmac.Equal(h.Sum(nil), stated) || matches
	}
	return matches
}

// Sign returns the signature of a body as the shop states it.
func Sign(secret string, body []byte) string {
	h := hmac.New(sha256.New, []byte(secret))
	_, _ = h.Write(body)
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// isTest reports whether a request says that it is the test notification that a person can send from the shop's admin.
// It is signed with a key of the shop, not with the app's secret.
func isTest(h http.Header) bool {
	test, err := strconv.ParseBool(strings.TrimSpace(header(h, "Test")))
	return err == nil && test
}
