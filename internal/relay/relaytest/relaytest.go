// Package relaytest is an in-memory simulation of an ERP that takes the shop's events: an http.Handler with a list of what it took, for
// tests, demonstrations and load tests. It verifies signatures with code of its own, is strict where a lenient double would hide a
// mistake of the client, and misbehaves on demand.
//
// Events come to [Options].OrdersPath and [Options].ProductsPath. The control routes for people, and for tests in another process, are
// below /_control/. They are open to anyone who can reach the handler:
//
//	GET    /_control/deliveries  what was taken, a list of [Delivery]
//	GET    /_control/stats       [Stats]
//	POST   /_control/faults      {"faults": [Fault…], "random": [RandomFault…]}: queues the faults; the random faults replace the
//	                             previous ones
//	DELETE /_control/faults      removes both
//	POST   /_control/away        {"away": true}: every connection is dropped, until it is back
//
// The JSON fields of a fault are the fields of [Fault] in lower case, with "after_taking" and "retry_after"; "delay" is a duration such
// as "250ms". A random one also has a "rate" above 0 and up to 1.
package relaytest

import (
	"cmp"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/giftbridge/giftbridge/internal/simulator"
)

// Endpoint names one of the two URLs.
type Endpoint string

// The endpoints.
const (
	Orders   Endpoint = "orders"
	Products Endpoint = "products"
)

// Options configure a [Server].
type Options struct {
	// OrdersPath and ProductsPath are by default "/orders" and "/products".
	OrdersPath, ProductsPath string
	// Secrets are those that the ERP knows, "whsec_…"; a signature with any of them is good. [New] panics on one that is malformed.
	Secrets []string
	// Headers are headers that each request must have with these values, such as Authorization. They may be nil.
	Headers map[string]string
	// Tolerance is how far the timestamp of a request may be from the clock, by default 5 min.
	Tolerance time.Duration
	// Fault, if set, returns the fault for a valid request. It is called before the queued and the random ones are considered.
	Fault func(Delivery) *Fault
	// RandomFaults happen at random. They are drawn from a generator seeded with Seed.
	RandomFaults []RandomFault
	Seed         uint64
	// Latency is the delay before each answer.
	Latency time.Duration
	// Now defaults to [time.Now].
	Now func() time.Time
}

// Server is the simulated ERP. It is safe for concurrent use.
type Server struct {
	options Options
	keys    [][]byte
	control *http.ServeMux
	draws   *simulator.Draws[Fault]
	counts  simulator.Counts[Endpoint, string]
	away    atomic.Bool

	mu     sync.Mutex
	ledger ledger
}

// Stats are counts of requests and faults, and the totals of what was taken.
type Stats struct {
	// Requests are counted by endpoint and HTTP status. The status 0 stands for a connection that was broken on purpose.
	Requests map[Endpoint]map[int]int `json:"requests"`
	// Faults are counted by kind as they happen. A fault that happens after the event was taken has the suffix "_after_taking".
	Faults map[string]int `json:"faults"`
	// Refused counts the requests that no ERP should get, by reason.
	Refused map[string]int `json:"refused"`
	Totals
}

// New returns a server that has taken nothing.
func New(o Options) *Server {
	const tolerance = 5 * time.Minute
	o.Tolerance = cmp.Or(o.Tolerance, tolerance)
	o.OrdersPath = cmp.Or(o.OrdersPath, "/orders")
	o.ProductsPath = cmp.Or(o.ProductsPath, "/products")
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{options: o, control: http.NewServeMux(), draws: simulator.NewDraws[Fault](o.Seed), ledger: newLedger()}
	for _, secret := range o.Secrets {
		key, err := keyOf(secret)
		if err != nil {
			panic("relaytest: " + err.Error())
		}
		s.keys = append(s.keys, key)
	}
	if err := s.SetRandom(o.RandomFaults...); err != nil {
		panic("relaytest: random fault: " + err.Error())
	}
	s.routeControl()
	return s
}

// SetAway makes the ERP drop every connection, or come back.
func (s *Server) SetAway(away bool) { s.away.Store(away) }

// Deliveries returns what was taken, in the order in which it came, doubles included.
func (s *Server) Deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ledger.list()
}

// Stats returns the counts.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	refused, totals := s.ledger.totals()
	return Stats{Requests: s.counts.Requests(), Faults: s.counts.Faults(), Refused: refused, Totals: totals}
}

// ServeHTTP implements http.Handler. Faults that break the connection panic with http.ErrAbortHandler, which a net/http server handles.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var endpoint Endpoint
	switch r.URL.Path {
	case s.options.OrdersPath:
		endpoint = Orders
	case s.options.ProductsPath:
		endpoint = Products
	default:
		s.control.ServeHTTP(w, r)
		return
	}
	if s.away.Load() {
		s.counts.Answered(endpoint, 0)
		panic(http.ErrAbortHandler)
	}
	const most = 64 << 20
	body, err := io.ReadAll(io.LimitReader(r.Body, most))
	if err != nil {
		s.counts.Answered(endpoint, 0)
		panic(http.ErrAbortHandler)
	}
	d, status, reason := s.read(endpoint, r, body)
	if reason != "" {
		s.mu.Lock()
		s.ledger.refused[reason]++
		s.mu.Unlock()
		s.answer(w, r, endpoint, simulator.Refused(status, reason))
		return
	}
	s.serve(w, r, d)
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, endpoint Endpoint, a simulator.Answer) {
	simulator.Wait(r.Context(), s.options.Latency)
	s.counts.Answered(endpoint, a.Status)
	a.Send(w)
}

// take records a delivery, and returns its place in the ledger.
func (s *Server) take(d Delivery) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ledger.take(d)
}

// said records that the client of a delivery was told that it was taken.
func (s *Server) said(place int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ledger.deliveries[place].AnsweredAt = time.Now()
}
