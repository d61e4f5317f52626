package relaytest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// keyOf returns the key of a secret: the base64 of 24 to 64 bytes after "whsec_", by Standard Webhooks 1.0.0.
func keyOf(secret string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(secret, "whsec_")
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(key) < 24 || len(key) > 64 {
		return nil, errors.New("a secret is malformed")
	}
	return key, nil
}

var (
	idForm        = regexp.MustCompile(`^evt_[0-9a-f]{64}$`)
	timestampForm = regexp.MustCompile(`^[1-9][0-9]{9}$`)
	signatureForm = regexp.MustCompile(`^v1,[A-Za-z0-9+/]{43}=( v1,[A-Za-z0-9+/]{43}=)?$`)
	attemptForm   = regexp.MustCompile(`^[1-9][0-9]{0,5}$`)
	sizeForm      = regexp.MustCompile(`^([1-9][0-9]*)?$`)
	flagForm      = regexp.MustCompile(`^(true)?$`)
	topicForms    = map[Endpoint]*regexp.Regexp{
		Orders:   regexp.MustCompile(`^(orders|fulfillments|refunds)/[a-z]+$`),
		Products: regexp.MustCompile(`^products/[a-z]+$`),
	}
)

// read reads a request as an ERP does that follows docs/relay.md to the letter. If the request is not as it must be, read returns a
// status and the reason, which repeats nothing of it.
func (s *Server) read(endpoint Endpoint, r *http.Request, body []byte) (d Delivery, status int, reason string) {
	h := r.Header
	for name := range h {
		if len(h.Values(name)) != 1 {
			return d, http.StatusBadRequest, "a header stands twice"
		}
	}
	switch {
	case r.Method != http.MethodPost:
		return d, http.StatusMethodNotAllowed, "not a POST"
	case h.Get("Content-Type") != "application/json":
		return d, http.StatusUnsupportedMediaType, "not application/json"
	case r.ContentLength != int64(len(body)):
		return d, http.StatusLengthRequired, "no Content-Length"
	case h.Get("User-Agent") == "":
		return d, http.StatusBadRequest, "no User-Agent"
	}
	for name, value := range s.options.Headers {
		if h.Get(name) != value {
			return d, http.StatusUnauthorized, "a fixed header is missing or wrong"
		}
	}
	if reason := s.verify(h, body); reason != "" {
		return d, http.StatusUnauthorized, reason
	}
	for name, form := range map[string]*regexp.Regexp{
		"Giftbridge-Topic": topicForms[endpoint], "Giftbridge-Attempt": attemptForm, "Giftbridge-Stale": flagForm,
		"Giftbridge-Replayed": flagForm, "Giftbridge-Oversized": sizeForm,
	} {
		if !form.MatchString(h.Get(name)) {
			return d, http.StatusBadRequest, name + " is malformed"
		}
	}
	if h.Get("Giftbridge-Shop") == "" {
		return d, http.StatusBadRequest, "no Giftbridge-Shop"
	}
	var content struct {
		ID        json.Number `json:"id"`
		OrderID   json.Number `json:"order_id"`
		UpdatedAt time.Time   `json:"updated_at"`
	}
	if json.Unmarshal(body, &content) != nil {
		return d, http.StatusBadRequest, "the body is not a JSON object"
	}
	triggered, err := time.Parse(time.RFC3339Nano, h.Get("Giftbridge-Triggered-At"))
	if err != nil && h.Get("Giftbridge-Triggered-At") != "" {
		return d, http.StatusBadRequest, "Giftbridge-Triggered-At is malformed"
	}
	hash := sha256.Sum256(body)
	d = Delivery{
		Endpoint: endpoint, ID: h.Get("Webhook-Id"), Topic: h.Get("Giftbridge-Topic"), Resource: h.Get("Giftbridge-Resource"),
		Shop: h.Get("Giftbridge-Shop"), APIVersion: h.Get("Giftbridge-Api-Version"), BodyHash: hex.EncodeToString(hash[:]),
		Size: len(body), UpdatedAt: content.UpdatedAt, TriggeredAt: triggered, Stale: h.Get("Giftbridge-Stale") != "",
		Replayed: h.Get("Giftbridge-Replayed") != "", Signatures: len(strings.Fields(h.Get("Webhook-Signature"))),
	}
	d.Attempt, _ = strconv.Atoi(h.Get("Giftbridge-Attempt"))
	d.Oversized, _ = strconv.Atoi(h.Get("Giftbridge-Oversized"))
	d.About = content.ID.String()
	if endpoint == Orders && content.OrderID != "" {
		d.About = content.OrderID.String()
	}
	if strings.HasPrefix(d.Topic, "fulfillments/") || strings.HasPrefix(d.Topic, "refunds/") {
		d.Object = content.ID.String()
	}
	return d, 0, ""
}

// verify returns what is wrong with the signature, empty if nothing is.
func (s *Server) verify(h http.Header, body []byte) string {
	id, timestamp, signatures := h.Get("Webhook-Id"), h.Get("Webhook-Timestamp"), h.Get("Webhook-Signature")
	switch {
	case !idForm.MatchString(id):
		return "Webhook-Id is malformed"
	case !timestampForm.MatchString(timestamp):
		return "Webhook-Timestamp is malformed"
	case !signatureForm.MatchString(signatures):
		return "Webhook-Signature is malformed"
	}
	sent, _ := strconv.ParseInt(timestamp, 10, 64)
	if off := s.options.Now().Sub(time.Unix(sent, 0)); off.Abs() > s.options.Tolerance {
		return "Webhook-Timestamp is too old or too new"
	}
	for _, key := range s.keys {
		mac := hmac.New(sha256.New, key)
		for _, part := range []string{id, ".", timestamp, ".", string(body)} {
			mac.Write([]byte(part))
		}
		want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
		for signature := range strings.SplitSeq(signatures, " ") {
			if hmac.Equal([]byte(signature), []byte(want)) {
				return ""
			}
		}
	}
	return "no signature is right"
}
