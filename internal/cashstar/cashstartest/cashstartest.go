// Package cashstartest is an in-memory simulation of CashStar's eGift Card service: an http.Handler with a ledger of
// the cards that it issued, for tests, demonstrations and load tests. It is strict where a lenient double would hide a
// mistake of the client, injects faults on demand, and shares no code with the client package beside it: it defines its
// own wire format.
//
// The service proper is below [Options].BasePath, behind HTTP Basic authentication. The control routes for people, and
// for tests in another process, are below /_control/. They are open to anyone who can reach the handler:
//
//	GET    /_control/cards      the ledger, a list of Card
//	GET    /_control/stats      Stats
//	GET    /_control/merchants  the account's merchants, a list of Merchant
//	POST   /_control/merchants  a Merchant, added or replaced by its code
//	POST   /_control/faults     {"faults": [Fault…], "random": [RandomFault…]}: queues the faults; the random faults
//	                            replace the previous ones
//	DELETE /_control/faults     removes both
//
// The JSON fields of a fault are the fields of [Fault] in lower case, with "after_commit" and "retry_after"; "delay" is
// a duration such as "250ms". A random fault also has a "rate" above 0 and up to 1.
//
// Behaviour of the real service that nobody outside CashStar has observed (the wording and mostly the status of
// refusals, the effect of a repeated audit number, the limit of a card) is assumed.
package cashstartest

import (
	"math/rand/v2"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/simulator"
)

// The operations. Unknown is any other request, or one that is not authenticated.
const (
	ListMerchants Operation = "list_merchants"
	GetCatalog    Operation = "get_catalog"
	GetFaceplates Operation = "get_faceplates"
	CreateOrder   Operation = "create_order"
	GetBalance    Operation = "get_balance"
	CancelCard    Operation = "cancel_card"
	Unknown       Operation = "unknown"
)

// Duplicates says how the server treats an order with a known audit number. With the first two values, a different
// order under a known audit number is refused with 400.
type Duplicates string

const (
	// RefuseDuplicates returns 409.
	RefuseDuplicates Duplicates = "refuse"
	// AnswerExisting returns the existing order.
	AnswerExisting Duplicates = "answer_existing"
	// IssueAgain issues another card, as an issuer does that ignores the audit number.
	IssueAgain Duplicates = "issue_again"
)

// Merchant is a brand of the account.
type Merchant struct {
	Name         string `json:"name"`
	LegalName    string `json:"legal_name"`
	MerchantCode string `json:"merchant_code"`
	// Currencies are the currencies in which the merchant issues cards.
	Currencies []string `json:"currencies"`
	// Faceplates are the designs of the merchant's cards.
	Faceplates []Faceplate `json:"faceplates,omitempty"`
}

// Faceplate is the design of a card. The fields of a real one are not known.
type Faceplate struct {
	Code string `json:"faceplate_code"`
	Name string `json:"name"`
}

// Options configure a [Server]. All are optional.
type Options struct {
	// BasePath is the version prefix; the default is "/v2/".
	BasePath string
	// Username and Password are the credentials that the client must send.
	Username, Password string
	Merchants          []Merchant
	// Duplicates defaults to [RefuseDuplicates].
	Duplicates Duplicates
	// Decline, if set, is called with the card that would be issued, which has no code and no number yet. The order is
	// refused with 403 and the returned text; an empty text accepts it.
	Decline func(Card) string
	// Fault, if set, returns the fault for a valid request. It is called before the queued and the random faults are
	// considered.
	Fault func(Request) *Fault
	// Random are faults that happen at random. They are drawn from a generator seeded with Seed; card codes and access
	// codes come from another one with the same seed.
	Random []RandomFault
	Seed   uint64
	// Latency is the delay before each response.
	Latency time.Duration
	// MaxRPS is the number of requests per second that are served, in bursts of at most one second's worth; excess
	// requests get 420. 0 means no limit.
	MaxRPS float64
	// Now defaults to time.Now.
	Now func() time.Time
}

// Request describes a request to a fault hook.
type Request struct {
	Operation Operation
	// AuditNumber is set for an order, EGCCode for an existing card.
	AuditNumber, MerchantCode, EGCCode string
}

// Stats are counts of requests and faults.
type Stats struct {
	// Requests are counted by operation and HTTP status. The status 0 stands for a connection that was dropped on
	// purpose.
	Requests map[Operation]map[int]int `json:"requests"`
	// Repeated is the number of valid orders whose audit number was already known.
	Repeated int `json:"repeated"`
	// Violations is the number of requests above MaxRPS.
	Violations int `json:"violations"`
	// Faults are counted by kind as they happen. A fault that happens after the request took effect has the suffix
	// "_after_commit".
	Faults map[string]int `json:"faults"`
}

// Server is the simulated service. It is safe for concurrent use.
type Server struct {
	options Options
	api     *http.ServeMux
	control *http.ServeMux

	faults *simulator.Faults
	counts simulator.Counts[Operation, string]
	limit  *simulator.Bucket // nil without a limit

	mu     sync.Mutex
	ledger ledger
	random *rand.Rand
	// repeated and violations are as in Stats.
	repeated, violations int
}

// New returns a server without cards.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Duplicates == "" {
		o.Duplicates = RefuseDuplicates
	}
	if o.BasePath == "" {
		o.BasePath = "/v2/"
	}
	o.BasePath = strings.TrimSuffix(o.BasePath, "/") + "/"
	s := &Server{
		options: o,
		api:     http.NewServeMux(),
		control: http.NewServeMux(),
		ledger:  newLedger(),
		random:  rand.New(rand.NewPCG(o.Seed, 0)),
		faults:  newFaults(o.Seed),
	}
	s.faults.SetRandom(o.Random...)
	if o.MaxRPS > 0 {
		s.limit = simulator.NewBucket(o.Now, max(o.MaxRPS, 1), o.MaxRPS)
	}
	for _, m := range o.Merchants {
		s.ledger.addMerchant(m)
	}
	base := o.BasePath
	s.api.HandleFunc("GET "+base+"merchant/{$}", s.listMerchants)
	s.api.HandleFunc("GET "+base+"merchant/{merchant}/catalog/{$}", s.getCatalog)
	s.api.HandleFunc("GET "+base+"merchant/{merchant}/faceplate/{$}", s.getFaceplates)
	s.api.HandleFunc("POST "+base+"order/{$}", s.createOrder)
	s.api.HandleFunc("GET "+base+"merchant/{merchant}/egc/{egc}/balance/{$}", s.getBalance)
	s.api.HandleFunc("DELETE "+base+"merchant/{merchant}/egc/{egc}/{$}", s.cancelCard)
	s.routeControl()
	return s
}

// ServeHTTP implements http.Handler. Faults that drop the connection panic with http.ErrAbortHandler, which a net/http
// server handles.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, simulator.ControlPath) {
		s.control.ServeHTTP(w, r)
		return
	}
	if !s.admit() {
		s.answer(w, r, Unknown, limited("1"))
		return
	}
	username, password, ok := r.BasicAuth()
	if !ok || username != s.options.Username || password != s.options.Password {
		w.Header().Set("WWW-Authenticate", `Basic realm="CashStar"`)
		s.answer(w, r, Unknown, refusal(http.StatusUnauthorized, "the username or the password is wrong"))
		return
	}
	switch status, allow := simulator.Unrouted(s.api, r); status {
	case 0:
		s.api.ServeHTTP(w, r)
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", allow)
		s.answer(w, r, Unknown, refusal(status, r.Method+" is not for this path"))
	default:
		s.answer(w, r, Unknown, refusal(status, "there is nothing at this path"))
	}
}

// AddMerchant adds a merchant or replaces the one of the same code.
func (s *Server) AddMerchant(m Merchant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ledger.addMerchant(m)
}

// Merchants returns the account's merchants.
func (s *Server) Merchants() []Merchant {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ledger.merchants)
}

// Cards returns the ledger in the order of issue.
func (s *Server) Cards() []Card {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ledger.list()
}

// Spend takes what a buyer paid off the balance of a card, so that balance is left. It returns false if there is no such
// card.
func (s *Server) Spend(eGCCode, balance string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	card := s.ledger.byCode[eGCCode]
	if card != nil {
		card.CurrentBalance = balance
	}
	return card != nil
}

// Stats returns the counts so far.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Stats{
		Requests: s.counts.Requests(), Faults: s.counts.Faults(),
		Repeated: s.repeated, Violations: s.violations,
	}
}

func (s *Server) listMerchants(w http.ResponseWriter, r *http.Request) {
	s.exchange(w, r, Request{Operation: ListMerchants}, s.ledger.merchantsAnswer)
}

func (s *Server) getCatalog(w http.ResponseWriter, r *http.Request) {
	code := r.PathValue("merchant")
	s.exchange(w, r, Request{Operation: GetCatalog, MerchantCode: code}, func() simulator.Answer {
		return s.ledger.catalogAnswer(code)
	})
}

func (s *Server) getFaceplates(w http.ResponseWriter, r *http.Request) {
	code := r.PathValue("merchant")
	s.exchange(w, r, Request{Operation: GetFaceplates, MerchantCode: code}, func() simulator.Answer {
		return s.ledger.faceplatesAnswer(code)
	})
}

func (s *Server) createOrder(w http.ResponseWriter, r *http.Request) {
	order, problems := s.readOrder(r)
	if len(problems) > 0 {
		s.answer(w, r, CreateOrder, refusals(http.StatusBadRequest, problems))
		return
	}
	req := Request{Operation: CreateOrder, AuditNumber: order.AuditNumber, MerchantCode: order.MerchantCode}
	s.exchange(w, r, req, func() simulator.Answer {
		if s.options.Decline != nil && !s.ledger.known(order.AuditNumber) {
			if why := s.unlocked(func() string { return s.options.Decline(order) }); why != "" {
				return refusal(http.StatusForbidden, why)
			}
		}
		if s.ledger.known(order.AuditNumber) { // checked again: the lock was released during the hook
			s.repeated++
		}
		return s.ledger.create(order, s.options.Duplicates, s.options.Now(), s.random)
	})
}

// unlocked calls a hook with the lock released, as the hook may call methods of the server.
func (s *Server) unlocked(hook func() string) string {
	s.mu.Unlock()
	defer s.mu.Lock()
	return hook()
}

func (s *Server) readOrder(r *http.Request) (Card, []string) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return Card{}, []string{"Content-Type must be application/json"}
	}
	body, err := simulator.ReadBody(r)
	if err != nil {
		return Card{}, []string{"the body cannot be read"}
	}
	order, problems := parseOrder(body)
	if len(problems) > 0 {
		return Card{}, problems
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return order, s.ledger.check(order)
}

func (s *Server) getBalance(w http.ResponseWriter, r *http.Request) {
	req := cardRequest(GetBalance, r)
	s.exchange(w, r, req, func() simulator.Answer {
		return s.ledger.balance(req.MerchantCode, req.EGCCode, s.options.Now())
	})
}

func (s *Server) cancelCard(w http.ResponseWriter, r *http.Request) {
	req := cardRequest(CancelCard, r)
	s.exchange(w, r, req, func() simulator.Answer {
		return s.ledger.cancel(req.MerchantCode, req.EGCCode, s.options.Now())
	})
}

func cardRequest(op Operation, r *http.Request) Request {
	return Request{Operation: op, MerchantCode: r.PathValue("merchant"), EGCCode: r.PathValue("egc")}
}

// exchange carries out one valid request, with the fault drawn for it, if any. It calls perform with the lock held.
func (s *Server) exchange(w http.ResponseWriter, r *http.Request, req Request, perform func() simulator.Answer) {
	if !simulator.Accepts(r) {
		s.answer(w, r, req.Operation, refusal(http.StatusNotAcceptable, "Accept must be application/json"))
		return
	}
	s.answer(w, r, req.Operation, s.faults.Exchange(r.Context(), s.draw(req), func() simulator.Answer {
		s.mu.Lock()
		defer s.mu.Unlock()
		return perform()
	}))
}

// admit takes a request from the bucket that MaxRPS refills. It reports whether there was one.
func (s *Server) admit() bool {
	if s.limit == nil {
		return true
	}
	_, ok := s.limit.Take(1)
	if !ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.violations++
	}
	return ok
}
