// Package sonartest is an in-memory simulation of Sonar: an http.Handler with a ledger of the messages that customers got, for
// tests, demonstrations and load tests. It is strict where a lenient double would hide a mistake of the client, injects faults
// on demand, and shares no code with the client package above it: package structures below has its own tables of fields.
//
// The service proper is POST /api/v1/messages with the header Token. The control routes for people, and for tests in another
// process, are below /_control/. They are open to anyone who can reach the handler:
//
//	GET    /_control/messages   what customers got, a list of ledger.Delivery in the order of delivery
//	GET    /_control/stats      Stats
//	GET    /_control/customers  the customers, a list of ledger.Customer
//	POST   /_control/customers  a ledger.Customer, added or replaced: {"phone_number": "+14155550100", "subscribed": false}
//	POST   /_control/account    {"refusal": "No Active Subscription"}: each request is refused so, until an empty text ends it
//	POST   /_control/clock      {"hurry": 60}: time runs that much faster, so that the window is that much shorter
//	POST   /_control/faults     {"faults": [Fault…], "random": [RandomFault…]}: queues the faults; the random faults replace
//	                            the previous ones
//	DELETE /_control/faults     removes both
//
// The JSON fields of a fault are the fields of [Fault] in lower case, with "after_commit" and "retry_after"; "delay" is a
// duration such as "250ms". A random fault also has a "rate" above 0 and up to 1. To commit means to take the message.
//
// Recorded or published are the encoding of requests, the token, the answers "queued" and "unsubscribed", the refusals of
// [Refusals], customers who are subscribed by their first message, and the window. The rest is assumed: what is refused beside
// a missing field and an invalid number, how it is worded, the order of the checks, and that the window begins with the last
// delivery.
package sonartest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/simulator"
	"github.com/giftbridge/giftbridge/internal/sonar/sonartest/ledger"
	"github.com/giftbridge/giftbridge/internal/sonar/sonartest/structures"
)

// The operations. Unknown is any other request, or one whose token is not accepted.
const (
	SendMessage Operation = "send_message"
	Unknown     Operation = "unknown"
)

// Window is how long an identical message to the same customer is suppressed, while time runs at its usual pace.
const Window = 7 * time.Second

// Options configure a [Server]. All but Token are optional.
type Options struct {
	// Token is the token that the client must send.
	Token string
	// LenientAddresses accepts any state and postal code, instead of two letters and five digits.
	LenientAddresses bool
	// NoticeNeedsTo refuses a notice without a number. Whether the service does so is not published.
	NoticeNeedsTo bool
	// InvalidPhoneStatus is the status of the refusal of a number, by default the recorded 400; 403 is published.
	InvalidPhoneStatus int
	// Hurry makes time run faster; 0 means 1. The window is shorter by this factor.
	Hurry float64
	// Fault, if set, returns the fault for a valid request. It is called before the queued and the random faults are
	// considered.
	Fault func(Request) *Fault
	// Random are faults that happen at random. They are drawn from a generator seeded with Seed, and so are the IDs of requests.
	Random []RandomFault
	Seed   uint64
	// Latency is the delay before each response.
	Latency time.Duration
	// Now defaults to time.Now.
	Now func() time.Time
}

// Request describes a request to a fault hook.
type Request struct {
	Operation Operation
	// To, Text and Type are those of the message. ReceiptID is the order that its data name.
	To, Text, Type, ReceiptID string
}

// Stats are counts of requests and faults, and the totals of the ledger.
type Stats struct {
	// Requests are counted by operation and HTTP status. The status 0 stands for a connection that was dropped on purpose.
	Requests map[Operation]map[int]int `json:"requests"`
	// Faults are counted by kind as they happen. A fault that happens after the message was taken has the suffix
	// "_after_commit".
	Faults map[string]int `json:"faults"`
	// Refused are refusals in words, counted by text. The text about fields is counted as "fields".
	Refused map[string]int `json:"refused"`
	ledger.Totals
}

// Server is the simulated service. It is safe for concurrent use.
type Server struct {
	options Options
	rules   structures.Rules
	control *http.ServeMux

	faults *simulator.Faults
	counts simulator.Counts[Operation, string]

	mu      sync.Mutex
	refused map[string]int // As in Stats.
	ledger  *ledger.Ledger
	random  *rand.Rand
	hurry   float64
	account string // The refusal of each request, if it is not empty.
}

// New returns a server without customers. It panics if Hurry is negative, or a random fault cannot happen.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.InvalidPhoneStatus = cmp.Or(o.InvalidPhoneStatus, http.StatusBadRequest)
	s := &Server{
		options: o, rules: structures.Rules{LenientAddresses: o.LenientAddresses}, control: http.NewServeMux(),
		faults: newFaults(o.Seed), ledger: ledger.New(), random: rand.New(rand.NewPCG(o.Seed, 1)), refused: map[string]int{},
	}
	if err := s.SetHurry(cmp.Or(o.Hurry, 1)); err != nil {
		panic("sonartest: " + err.Error())
	}
	for _, r := range o.Random {
		if err := s.faults.Check(r.Fault); err != nil {
			panic("sonartest: random fault: " + err.Error())
		}
	}
	s.faults.SetRandom(o.Random...)
	s.routeControl()
	return s
}

// ServeHTTP implements http.Handler. Faults that drop the connection panic with http.ErrAbortHandler, which a net/http server
// handles.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, simulator.ControlPath) {
		s.control.ServeHTTP(w, r)
		return
	}
	id := s.newID()
	w.Header().Set("X-Request-Id", id)
	switch {
	case r.URL.Path != "/api/v1/messages":
		s.answer(w, r, Unknown, s.refusal(http.StatusNotFound, "Not Found"))
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		s.answer(w, r, Unknown, s.refusal(http.StatusMethodNotAllowed, "Method Not Allowed"))
	case len(r.Header.Values("Token")) == 0:
		s.answer(w, r, Unknown, s.refusal(http.StatusUnauthorized, tokenNotFound))
	case s.options.Token == "" || len(r.Header.Values("Token")) > 1 || r.Header.Get("Token") != s.options.Token:
		s.answer(w, r, Unknown, s.refusal(http.StatusUnauthorized, badToken))
	default:
		s.send(w, r, id)
	}
}

// Deliveries returns what customers got, in the order of delivery.
func (s *Server) Deliveries() []ledger.Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ledger.Deliveries()
}

// Customers returns the customers, sorted by number.
func (s *Server) Customers() []ledger.Customer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ledger.Customers()
}

// SetCustomer adds a customer, or replaces the one of the same number. The number is in E.164 form.
func (s *Server) SetCustomer(c ledger.Customer) error {
	if !e164.MatchString(c.PhoneNumber) {
		return errors.New("a customer needs a phone_number in E.164 form")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ledger.SetCustomer(c)
	return nil
}

// Refuse makes the account refuse each request with one of the [Refusals]; an empty text ends that.
func (s *Server) Refuse(text string) error {
	if text != "" && Refusals[text] == 0 {
		return fmt.Errorf("the service never says %q of an account", text)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.account = text
	return nil
}

// SetHurry makes time run faster by a factor above 0.
func (s *Server) SetHurry(factor float64) error {
	if !(factor > 0) {
		return fmt.Errorf("hurry %v is not above 0", factor)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hurry = factor
	return nil
}

// Stats returns the counts so far.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Stats{
		Requests: s.counts.Requests(), Faults: s.counts.Faults(), Refused: maps.Clone(s.refused), Totals: s.ledger.Totals(),
	}
}

// newID returns a random UUID.
func (s *Server) newID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, b := s.random.Uint64(), s.random.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>52, b&0xffffffffffff)
}
