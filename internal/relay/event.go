package relay

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Event is one attempt to deliver an event.
type Event struct {
	// ID identifies the event to its receiver, which uses it to recognise what it has taken already. [ID] makes it.
	ID string
	// Topic is the shop's word for what has happened: "orders/create".
	Topic string
	// Resource is what the event is about. Events of one resource come in order.
	Resource string
	// Shop is the domain of the shop, and APIVersion the version of its API in which Body is written; empty if not known.
	Shop, APIVersion string
	// Body is what the shop has sent. It goes out as it is.
	Body []byte
	// Oversized is the size in bytes of a body that was too large to keep; 0 if Body is whole. Without a Body, the request has
	// an empty JSON object.
	Oversized int
	// TriggeredAt is when the shop says that the event happened; zero if it does not say.
	TriggeredAt time.Time
	// Stale says that a newer state of the resource was delivered before.
	Stale bool
	// Replayed says that a person wants the event to be delivered once more.
	Replayed bool
	// Attempt counts from 1.
	Attempt int
}

// idPrefix is in front of each ID, so that a person knows one when he sees it.
const idPrefix = "evt_"

// ID returns the ID of an event for an endpoint: a hash, so that what the shop sends again has the same ID, and the same event has
// another one at another endpoint. It consists of lower-case letters, digits and an underscore, and has 68 characters. It never
// changes: receivers keep it.
func ID(endpoint, topic, resource string, body []byte) string {
	h := sha256.New()
	for _, part := range [][]byte{[]byte(endpoint), []byte(topic), []byte(resource), body} {
		var size [8]byte // Without it, "a", "bc" and "ab", "c" would be the same.
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		h.Write(size[:])
		h.Write(part)
	}
	return idPrefix + hex.EncodeToString(h.Sum(nil))
}

// The headers of a request, beside those of Standard Webhooks and the fixed ones of [Options]. Only Standard Webhooks' own are
// signed.
const (
	HeaderTopic       = "giftbridge-topic"
	HeaderResource    = "giftbridge-resource"
	HeaderShop        = "giftbridge-shop"
	HeaderTriggeredAt = "giftbridge-triggered-at"
	HeaderAPIVersion  = "giftbridge-api-version"
	HeaderAttempt     = "giftbridge-attempt"
	// HeaderStale, HeaderReplayed and HeaderOversized are there if they say something: "true", or the size in bytes.
	HeaderStale     = "giftbridge-stale"
	HeaderReplayed  = "giftbridge-replayed"
	HeaderOversized = "giftbridge-oversized"
)

// body returns what is sent.
func (e Event) body() []byte {
	if len(e.Body) == 0 {
		return []byte("{}")
	}
	return e.Body
}

// describe adds the headers that describe the event. It leaves out a value that no header can have: some come from headers that
// the shop does not sign, and an event that can never be sent would be tried without end.
func (e Event) describe(h http.Header) {
	add := func(name, value string) {
		if value != "" && !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
			h.Set(name, value)
		}
	}
	add(HeaderTopic, e.Topic)
	add(HeaderResource, e.Resource)
	add(HeaderShop, e.Shop)
	add(HeaderAPIVersion, e.APIVersion)
	add(HeaderAttempt, strconv.Itoa(max(e.Attempt, 1)))
	if !e.TriggeredAt.IsZero() {
		add(HeaderTriggeredAt, e.TriggeredAt.UTC().Format(time.RFC3339Nano))
	}
	if e.Stale {
		add(HeaderStale, "true")
	}
	if e.Replayed {
		add(HeaderReplayed, "true")
	}
	if e.Oversized > 0 {
		add(HeaderOversized, strconv.Itoa(e.Oversized))
	}
}

// signers sign with each secret.
type signers []*standardwebhooks.Webhook

// The sizes of a key in bytes, by Standard Webhooks 1.0.0.
const (
	minKey = 24
	maxKey = 64
)

// secretPrefix is in front of each secret, by the same.
const secretPrefix = "whsec_"

var errSecret = errors.New("a secret is " + secretPrefix + " and the base64 of 24 to 64 bytes")

// newSigners returns signers for one or two secrets. It checks them itself: the library signs with an empty key too.
func newSigners(secrets []string) (signers, error) {
	if len(secrets) == 0 || len(secrets) > 2 {
		return nil, errors.New("need one secret, or the current and the previous one")
	}
	var all signers
	for _, secret := range secrets {
		encoded, ok := strings.CutPrefix(secret, secretPrefix)
		key, err := base64.StdEncoding.DecodeString(encoded)
		if !ok || err != nil || len(key) < minKey || len(key) > maxKey {
			return nil, errSecret
		}
		s, err := standardwebhooks.NewWebhookRaw(key)
		if err != nil {
			return nil, errSecret
		}
		all = append(all, s)
	}
	return all, nil
}

// sign adds the headers of Standard Webhooks: one signature for each secret, separated by spaces.
func (s signers) sign(h http.Header, id string, now time.Time, body []byte) error {
	signatures := make([]string, len(s))
	for i, signer := range s {
		signature, err := signer.Sign(id, now, body)
		if err != nil {
			return err
		}
		signatures[i] = signature
	}
	h.Set(standardwebhooks.HeaderWebhookID, id)
	h.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	h.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	return nil
}
