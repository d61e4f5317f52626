// Package relayed compares the events that a shop has announced with what an ERP has taken of them, and with what people see as
// undelivered.
//
// Like package audit, it shares no code with the application. It knows an event by its topic and the hash of its body.
package relayed

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Books holds the records to compare.
type Books struct {
	// Requests are the shop's requests with webhooks, in the order in which they ended, and Counted is how many there were by its own
	// count.
	Requests []Request
	Counted  int
	// Taken is what the ERP has taken, in its order. Refused counts the requests that no ERP should get, by reason.
	Taken   []Taken
	Refused map[string]int
	// GivenUp counts the events that the system says it has given up, by resource: "orders/7". Undelivered are those of which people
	// see that they are undelivered.
	GivenUp     map[string]int
	Undelivered []Undelivered
	// Waiting is the number of resources of which events wait.
	Waiting int
	// Deaths are when processes died that post events, or keep what became of them.
	Deaths []time.Time
	// Patience is how long the system waits for an answer of the ERP.
	Patience time.Duration
}

// Request is a request of the shop with a webhook.
type Request struct {
	Topic string `json:"topic"`
	// Stated is the topic in the header, if it is another one.
	Stated    string    `json:"stated"`
	Subject   int64     `json:"subject"`
	Trouble   string    `json:"trouble"`
	BodyHash  string    `json:"body_hash"`
	Size      int       `json:"size"`
	UpdatedAt time.Time `json:"updated_at"`
	Began     time.Time `json:"began"`
	At        time.Time `json:"at"`
	Status    int       `json:"status"`
}

// Taken is an event that the ERP has taken.
type Taken struct {
	Endpoint string `json:"endpoint"`
	ID       string `json:"id"`
	Topic    string `json:"topic"`
	Resource string `json:"resource"`
	// Object is the number of the fulfilment or refund that the body is; empty if it is the order or product itself.
	Object   string `json:"object"`
	BodyHash string `json:"body_hash"`
	// Oversized is the size of a body that was too large to come.
	Oversized int       `json:"oversized"`
	UpdatedAt time.Time `json:"updated_at"`
	Stale     bool      `json:"stale"`
	At        time.Time `json:"at"`
	// AnsweredAt is when the client had been told; zero if it was not.
	AnsweredAt time.Time `json:"answered_at"`
}

// Undelivered is an event of which people see that it is undelivered.
type Undelivered struct {
	Endpoint, Resource, Topic, BodyHash string
	// Size is the size of a body that was too large to keep.
	Size int
}

// The endpoints of an ERP.
const (
	orders   = "orders"
	products = "products"
)

// endpointOf returns where the events of a topic go; empty if nowhere.
func endpointOf(topic string) string {
	switch {
	case strings.HasPrefix(topic, "orders/"), strings.HasPrefix(topic, "fulfillments/"), topic == "refunds/create":
		return orders
	case strings.HasPrefix(topic, "products/"):
		return products
	}
	return ""
}

// The troubles of webhooks that matter here.
const (
	forged     = "forged"
	unsigned   = "unsigned"
	crossTopic = "cross_topic"
	otherShop  = "other_shop"
	oversized  = "oversized"
)

// genuine reports whether the shop has sent the request itself, as what it is.
func (r Request) genuine() bool {
	return !slices.Contains([]string{forged, unsigned, crossTopic, otherShop}, r.Trouble)
}

// accepted reports whether the shop was told that the webhook is taken.
func (r Request) accepted() bool { return r.Status/100 == http.StatusOK/100 }

// possible reports whether the webhook may have been taken, whatever the shop was told.
func (r Request) possible() bool {
	return (r.genuine() || r.Trouble == crossTopic) && (r.accepted() || r.Status == 0 || r.Status >= http.StatusInternalServerError)
}

// key identifies an event. Of a body that was too large to go on, the hash is the resource and its size.
type key struct{ endpoint, topic, hash string }

func noticeOf(resource string, size int) string { return fmt.Sprintf("%s, %d bytes", resource, size) }

func (r Request) resource() string { return fmt.Sprint(r.Subject) }

// key returns the key of the event that a request announces.
func (r Request) key() key {
	topic := r.Topic
	if r.Stated != "" {
		topic = r.Stated
	}
	k := key{endpointOf(topic), topic, r.BodyHash}
	if r.Trouble == oversized {
		k.hash = noticeOf(r.resource(), r.Size)
	}
	return k
}

func (t Taken) key() key {
	k := key{t.Endpoint, t.Topic, t.BodyHash}
	if t.Oversized > 0 {
		k.hash = noticeOf(t.Resource, t.Oversized)
	}
	return k
}

func (u Undelivered) key() key {
	k := key{u.Endpoint, u.Topic, u.BodyHash}
	if u.Size > 0 {
		k.hash = noticeOf(u.Resource, u.Size)
	}
	return k
}

// event is what the shop has announced, once or several times.
type event struct {
	key

	resource string
	updated  time.Time
	// began is when the first request with it began that may have been taken, and ended when the last one ended. acked is when the shop
	// was first told that it is taken; zero if it never was.
	began, ended, acked time.Time
	// requests are those that may have been taken, and takes are the places in the ERP's list.
	requests []Request
	takes    []int
}

// String names the event as problems do.
func (e *event) String() string { return e.topic + " of " + e.endpoint + "/" + e.resource }

// events returns the events in the order in which the shop announced them.
func (b Books) events() ([]*event, map[key]*event) {
	var all []*event
	by := map[key]*event{}
	for _, r := range b.Requests {
		k := r.key()
		if k.endpoint == "" || !r.possible() {
			continue
		}
		e := by[k]
		if e == nil {
			e = &event{key: k, resource: r.resource(), updated: r.UpdatedAt, began: r.Began}
			by[k] = e
			all = append(all, e)
		}
		e.requests = append(e.requests, r)
		if r.UpdatedAt.After(e.updated) { // Notices of several states may look the same.
			e.updated = r.UpdatedAt
		}
		if r.Began.Before(e.began) {
			e.began = r.Began
		}
		if r.At.After(e.ended) {
			e.ended = r.At
		}
		if r.genuine() && r.accepted() && (e.acked.IsZero() || r.At.Before(e.acked)) {
			e.acked = r.At
		}
	}
	for i, t := range b.Taken {
		if e := by[t.key()]; e != nil {
			e.takes = append(e.takes, i)
		}
	}
	return all, by
}
