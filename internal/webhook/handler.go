package webhook

import (
	"bytes"
	"errors"
	"mime"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/webhook/bodies"
)

// The outcomes of deliveries that have keepers.
const (
	// Kept means that all keepers have the delivery, and that nothing else acts on it.
	Kept Outcome = "kept"
	// NotKept means that a keeper failed. The delivery was answered with 503, and the shop sends it again.
	NotKept Outcome = "not_kept"
)

// The outcomes of deliveries that no consumer takes. They are signed, and so answered with 200: the shop would only send
// them again.
const (
	// Unused means that nothing listens to the topic.
	Unused Outcome = "unused"
	// Away means that nothing could be done yet, because Temporal had not answered since the receiver started.
	Away Outcome = "away"
	// UnknownTopic, WrongPath, OtherShop, Malformed and Oversized say why a delivery is useless.
	UnknownTopic Outcome = "unknown_topic"
	WrongPath    Outcome = "wrong_path"
	OtherShop    Outcome = "other_shop"
	Malformed    Outcome = "malformed"
	Oversized    Outcome = "too_large"
)

// Outcomes are all outcomes.
var Outcomes = []Outcome{
	Queued, Ignored, Full, Kept, NotKept, Unused, Away, UnknownTopic, WrongPath, OtherShop, Malformed, Oversized,
}

// Observer counts deliveries. Topics are those of [Topics], or [OtherTopic].
type Observer interface {
	// Delivered counts a delivery that the shop has signed.
	Delivered(topic string, outcome Outcome)
	// Unauthorized counts a delivery without a valid signature.
	Unauthorized(topic string)
	// Answered measures the time from the header of a request to its answer.
	Answered(took time.Duration)
}

// Options are the options of a handler.
type Options struct {
	// Secrets are those that deliveries may be signed with: the current one and, after a rotation, the previous one.
	Secrets []string
	// Shop is the shop's own host.
	Shop string
	// Keepers keep deliveries durably. They are known from the start, so that no delivery of theirs is answered with 200
	// before it is kept.
	Keepers  []Keeper
	Observer Observer
	Log      zerolog.Logger
}

// Handler takes the deliveries of a shop. It answers 200 to everything that the shop has signed, so that the shop never
// removes a subscription because of it. The exception is a delivery that a [Keeper] could not keep: it is answered with
// 503, and the shop sends it again: so are those for which reading and keeping take longer than 4.5 seconds. While keepers
// work, its body stays in memory, and if it is a large one it keeps its turn, so that the same bound holds: at most 64 KiB for
// each request, and 4 MiB for each of four more. Other large bodies wait two seconds for a turn, and are then answered with 503
// too.
type Handler struct {
	secrets  [][]byte
	shop     string
	observer Observer
	log      zerolog.Logger
	bodies   bodies.Bodies
	keepers  keepers
	takers   atomic.Pointer[map[string][]Consumer]
}

// MaxBody is the number of bytes of the largest body that is read, and MaxDiscarded that of the largest one whose signature
// is checked. What is larger is refused.
const (
	MaxBody      = bodies.Max
	MaxDiscarded = bodies.MaxDiscarded
)

const (
	// logBurst and logPeriod limit the lines about refused and useless deliveries; the metrics count all of them.
	logBurst  = 60
	logPeriod = time.Minute
	// retryAfter is the number of seconds after which a request that found no room, or was not kept, may come again.
	retryAfter = "10"
	// maxLogged is the number of characters of an unsigned value that a line of the log repeats.
	maxLogged = 80
)

// New returns a handler, which has no consumers yet.
func New(o Options) (*Handler, error) {
	h := &Handler{
		shop: o.Shop, observer: o.Observer, bodies: bodies.New(),
		log: o.Log.Sample(&zerolog.BurstSampler{Burst: logBurst, Period: logPeriod}),
	}
	var err error
	if h.keepers, err = keepersOf(o.Keepers); err != nil {
		return nil, err
	}
	for _, secret := range o.Secrets {
		if secret == "" {
			return nil, errors.New("a secret of the webhooks is empty: anyone could sign with it")
		}
		h.secrets = append(h.secrets, []byte(secret))
	}
	if len(h.secrets) == 0 {
		return nil, errors.New("there is no secret of the webhooks")
	}
	return h, nil
}

// Consume hands deliveries to the consumers from now on.
func (h *Handler) Consume(consumers ...Consumer) {
	takers := map[string][]Consumer{}
	for _, c := range consumers {
		for _, t := range c.Topics() {
			takers[t] = append(takers[t], c)
		}
	}
	h.takers.Store(&takers)
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	h.serve(w, r, began.Add(answerWithin))
	h.observer.Answered(time.Since(began))
}

// serve answers a request, by a time if it has keepers.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, by time.Time) {
	switch {
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "need POST", http.StatusMethodNotAllowed)
		return
	case r.URL.Path != OrdersPath && r.URL.Path != ProductsPath:
		http.Error(w, "nothing is here", http.StatusNotFound)
		return
	}
	stated, sum := signatureOf(r.Header), newSignatures(h.secrets)
	if stated == nil {
		sum = nil // Nothing can match.
	}
	err := h.bodies.Read(w, r, by, sum, stated != nil, func(body []byte, size int64) {
		if stated == nil || !sum.match(stated) {
			h.unauthorized(w, r, body, size)
			return
		}
		if h.signed(r, by, body, size) {
			w.WriteHeader(http.StatusOK)
			return
		}
		w.Header().Set("Retry-After", retryAfter)
		http.Error(w, "the delivery could not be kept", http.StatusServiceUnavailable)
	})
	switch {
	case err == nil:
	case errors.Is(err, bodies.ErrTooLarge):
		refuse(w, http.StatusRequestEntityTooLarge, "the body is too large")
	case errors.Is(err, bodies.ErrBusy):
		w.Header().Set("Retry-After", retryAfter)
		refuse(w, http.StatusServiceUnavailable, "too many large bodies at once")
	default:
		refuse(w, http.StatusBadRequest, "the body ended too early")
	}
}

// refuse answers a request whose body was not read to its end. The connection is of no further use.
func refuse(w http.ResponseWriter, status int, why string) {
	w.Header().Set("Connection", "close")
	http.Error(w, why, status)
}

// testOrder is the number of the order in the test notifications that a person can send from the shop's admin.
var testOrder = []byte("820982911946154508")

func (h *Handler) unauthorized(w http.ResponseWriter, r *http.Request, body []byte, size int64) {
	label := labelOf(topicOf(header(r.Header, "Topic")))
	h.observer.Unauthorized(label)
	why := "a webhook has no valid signature: it is not from the shop, or a proxy has changed it, or SHOPIFY_WEBHOOK_SECRETS " +
		"lacks the client secret of the app"
	if isTest(r.Header) || bytes.Contains(body, testOrder) {
		why = "a webhook has no valid signature: it seems to be a test notification from the shop's admin, which is signed " +
			"with another key; nothing is wrong"
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	h.log.Warn().Str("topic", label).Int64("bytes", size).Str("content_type", loggable(kind)).
		Bool("signature", header(r.Header, "Hmac-Sha256") != "").Msg(why)
	http.Error(w, "the signature is missing or wrong", http.StatusUnauthorized)
}

// signed handles a delivery that the shop has signed, and reports whether the shop need not send it again. Only the body is
// signed: what headers say decides only who gets it. The body is shorter than its size if it is too large to be read.
func (h *Handler) signed(r *http.Request, by time.Time, body []byte, size int64) (done bool) {
	oversized := int64(len(body)) < size
	name, shop := topicOf(header(r.Header, "Topic")), header(r.Header, "Shop-Domain")
	useless := func(outcome Outcome, why string) {
		h.observer.Delivered(labelOf(name), outcome)
		h.log.Warn().Str("topic", loggable(name)).Str("outcome", string(outcome)).Int64("bytes", size).
			Str("from", loggable(shop)).Msg("a signed webhook is of no use: " + why)
	}
	path := PathOf(name)
	switch {
	case oversized && len(h.keepers.oversized[name]) == 0:
		useless(Oversized, "its body is too large to be read; the next poll finds the order")
		return true
	case path == "":
		useless(UnknownTopic, "giftbridge does not use this topic; remove the subscription")
		return true
	case path != r.URL.Path:
		useless(WrongPath, "the topic belongs to "+path+"; run: giftbridge webhooks plan")
		return true
	case !strings.EqualFold(shop, h.shop):
		useless(OtherShop, "it is not from the shop in SHOPIFY_SHOP")
		return true
	}
	read, keepers := Parse, h.keepers.whole[name]
	consumers, set := h.consumersOf(name)
	if oversized {
		read, keepers, consumers = glimpse, h.keepers.oversized[name], nil
	}
	if len(keepers) == 0 && len(consumers) == 0 {
		if set {
			h.observer.Delivered(name, Unused)
		} else {
			h.observer.Delivered(name, Away)
		}
		return true
	}
	n, err := read(name, body)
	if err != nil {
		useless(Malformed, err.Error())
		return true
	}
	n.TriggeredAt, _ = time.Parse(time.RFC3339Nano, header(r.Header, "Triggered-At"))
	n.APIVersion = loggable(header(r.Header, "Api-Version"))
	if len(keepers) == 0 {
		h.observer.Delivered(name, hand(n, consumers, Ignored))
		return true
	}
	// Consumers need not wait for keepers: a notice is a hint, and does no harm if it comes again.
	out := hand(n, consumers, Kept)
	d := Delivery{Notice: n, Body: body, Size: size, Signature: signatureOf(r.Header), ID: loggable(header(r.Header, "Webhook-Id"))}
	if oversized {
		d.Body = nil
		h.log.Warn().Str("topic", name).Int64("bytes", size).Msg("a webhook's body is too large to be kept: only a notice of it is")
	}
	if err = keepAll(r.Context(), by, d, keepers); err != nil {
		out = NotKept
		h.log.Warn().Err(err).Str("topic", name).Int64("bytes", size).
			Msg("a webhook could not be kept: it was refused, and the shop sends it again")
	}
	h.observer.Delivered(name, out)
	return err == nil
}

// consumersOf returns the consumers of a topic, and whether consumers have been set.
func (h *Handler) consumersOf(name string) (consumers []Consumer, set bool) {
	takers := h.takers.Load()
	if takers == nil {
		return nil, false
	}
	return (*takers)[name], true
}

// hand hands a notice to all its consumers, and returns the outcome that matters most: out if all of them ignore it.
func hand(n Notice, consumers []Consumer, out Outcome) Outcome {
	for _, c := range consumers {
		switch o := c.Take(n); {
		case o == Full || out == Full:
			out = Full
		case o != Ignored:
			out = o
		}
	}
	return out
}

// loggable returns an unsigned value in a form that a log may repeat.
func loggable(s string) string { return printable.Line(s, maxLogged) }
