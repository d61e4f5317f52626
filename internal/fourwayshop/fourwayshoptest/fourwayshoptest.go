// Package fourwayshoptest is an in-memory simulation of the gift-card services of Four Way Shop: an http.Handler with a
// ledger of the cards that it made and a queue whose jobs call back, for tests, demonstrations and load tests. It is strict
// where a lenient double would hide a mistake of the client, injects faults and troubles on demand, and shares no code
// with the client package above it: package bodies below is its own wire format.
//
// A fault happens to a request, a trouble to a job that was enqueued. The services proper are below [Options].BasePath,
// behind a login whose tokens live for a few minutes. The control routes for people, and for tests in another process, are
// below /_control/. They are open to anyone who can reach the handler:
//
//	GET    /_control/cards     the ledger, a list of ledger.Card
//	GET    /_control/jobs      the jobs, a list of jobs.Record
//	GET    /_control/items     the items, a list of ledger.Item
//	POST   /_control/items     a ledger.Item, added or replaced by its code
//	GET    /_control/stats     Stats
//	POST   /_control/faults    {"faults": [Fault…], "random": [RandomFault…]}: queues the faults; the random faults
//	                           replace the previous ones
//	DELETE /_control/faults    removes both
//	POST   /_control/troubles  {"troubles": [Trouble…], "random": [RandomTrouble…]}: the same for jobs
//	DELETE /_control/troubles  removes both
//	POST   /_control/queue     {"takes": "3s", "paused": false}: how long jobs wait from now on, and whether all are held
//	POST   /_control/till      {"barcode": "…", "amount": "10.50"}: a till of another shop spends, without the queue
//	DELETE /_control/tokens    revokes all tokens
//
// The JSON fields of a fault are the fields of [Fault] in lower case, with "after_commit" and "retry_after"; "delay" is
// a duration such as "250ms". A random one also has a "rate" above 0 and up to 1.
//
// What the vendor does not publish is a switch in [Options], or assumed: paths, the body of a login, statuses of refusals,
// and the wording of most messages.
package fourwayshoptest

import (
	"cmp"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/bodies"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/jobs"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/ledger"
	"github.com/giftbridge/giftbridge/internal/simulator"
)

// The operations. Unknown is any other request, or one whose token is not accepted.
const (
	Login    Operation = "login"
	Generate Operation = "generate"
	Get      Operation = "get"
	Update   Operation = "update"
	MakePDF  Operation = "make_pdf"
	Download Operation = "download"
	Unknown  Operation = "unknown"
)

// Options configure a [Server]. All are optional.
type Options struct {
	// BasePath is the path of the services; the default is "/api/".
	BasePath string
	// Username and Password are the login that the client must use.
	Username, Password string
	// TokenLife is how long a token lives, by default 285 s.
	TokenLife time.Duration
	// NoExpiry leaves the expiry out of the answer to a login.
	NoExpiry bool
	Items    []ledger.Item
	// EntityCodes are the entities whose cards may be updated; empty means any.
	EntityCodes []string
	// Rules are what is not known about cards.
	Rules ledger.Rules
	// RefusalStatus is the status of a refusal in the service's own words, by default 200: it is not published.
	RefusalStatus int
	// Italian makes messages Italian, and Texts writes numbers as texts.
	Italian, Texts bool
	// ForgesSold lets the forger of a card name one that was sold to somebody else, instead of a fresh one: something without
	// any card as long as none was sold.
	ForgesSold bool
	// PDFInAnswer returns the URL of a PDF in the answer to its request, instead of in the callback.
	PDFInAnswer bool
	// PDF is the file that is served, by default a small one, and PDFType its content type.
	PDF     []byte
	PDFType string
	// Takes is how long a job waits before it takes effect.
	Takes time.Duration
	// CallbackTries, CallbackPause and CallbackClient are Tries, Pause and Client of [jobs.Options].
	CallbackTries  int
	CallbackPause  time.Duration
	CallbackClient *http.Client
	// Fault, if set, returns the fault for a valid request, and Trouble the trouble of a job. They are called before the
	// queued and the random ones are considered.
	Fault   func(Request) *Fault
	Trouble func(jobs.Job) *Trouble
	// RandomFaults and RandomTroubles happen at random. They are drawn from generators seeded with Seed, and so are
	// barcodes and tokens.
	RandomFaults   []RandomFault
	RandomTroubles []RandomTrouble
	Seed           uint64
	// Latency is the delay before each response.
	Latency time.Duration
	// MaxRPS is the number of requests per second that are served, in bursts of at most one second's worth; excess
	// requests get 429. 0 means no limit.
	MaxRPS float64
	// Clock defaults to [jobs.RealClock].
	Clock jobs.Clock
}

// Request describes a request to a fault hook.
type Request struct {
	Operation Operation
	// ItemCode is set for Generate, Barcode for Get and Update, Amount and Payload for Update.
	ItemCode, Barcode, Payload string
	Amount                     ledger.Hundredths
	// Callback is where the result is posted.
	Callback string
}

// Stats are counts of requests, faults and jobs, and the totals of the ledger.
type Stats struct {
	// Requests are counted by operation and HTTP status. The status 0 stands for a connection that was dropped on
	// purpose.
	Requests map[Operation]map[int]int `json:"requests"`
	// Violations is the number of requests above MaxRPS.
	Violations int `json:"violations"`
	// Faults are counted by kind as they happen. A fault that happens after the job was enqueued has the suffix
	// "_after_commit".
	Faults map[string]int `json:"faults"`
	// Troubles are counted by kind as jobs are enqueued.
	Troubles map[jobs.TroubleKind]int `json:"troubles"`
	// Callbacks counts the attempts to call back by their status, without forged ones. Forged counts those.
	Callbacks map[int]int `json:"callbacks"`
	Forged    int         `json:"forged"`
	ledger.Totals
}

// Server is the simulated service. It is safe for concurrent use.
type Server struct {
	options Options
	routes  map[string]route
	control *http.ServeMux
	queue   *jobs.Queue
	writer  bodies.Writer

	faults *simulator.Faults
	counts simulator.Counts[Operation, string]
	limit  *simulator.Bucket // nil without a limit

	mu     sync.Mutex
	ledger *ledger.Ledger
	random *rand.Rand
	tokens map[string]time.Time // with their expiry
	files  map[string]bool      // PDFs by the last segment of their path
	// violations is as in Stats.
	violations int
}

// route is what serves a path.
type route struct {
	method string
	serve  http.HandlerFunc
}

// filesPath is where PDFs are.
const filesPath = "/files/"

// New returns a server without cards. [Server.Stop] ends its queue.
func New(o Options) *Server {
	if o.Clock == nil {
		o.Clock = jobs.RealClock()
	}
	const life = 285 * time.Second
	o.TokenLife = cmp.Or(o.TokenLife, life)
	o.RefusalStatus = cmp.Or(o.RefusalStatus, http.StatusOK)
	o.PDFType = cmp.Or(o.PDFType, "application/pdf")
	if o.PDF == nil {
		o.PDF = []byte("%PDF-1.4\n% a gift card\n%%EOF\n")
	}
	o.BasePath = strings.TrimSuffix(cmp.Or(o.BasePath, "/api/"), "/") + "/"
	s := &Server{
		options: o, control: http.NewServeMux(), writer: bodies.Writer{Italian: o.Italian, Texts: o.Texts},
		faults: newFaults(o.Seed), ledger: ledger.New(o.Rules, o.Seed, o.Items...),
		random: rand.New(rand.NewPCG(o.Seed, 3)), tokens: map[string]time.Time{}, files: map[string]bool{},
		queue: jobs.New(jobs.Options{
			Clock: o.Clock, Takes: o.Takes, Client: o.CallbackClient, Tries: o.CallbackTries, Pause: o.CallbackPause,
			Operations: []Operation{Generate, Update, MakePDF}, Trouble: o.Trouble, Seed: o.Seed,
		}),
	}
	s.faults.SetRandom(o.RandomFaults...)
	if err := s.queue.SetRandom(o.RandomTroubles...); err != nil {
		panic("fourwayshoptest: random trouble: " + err.Error())
	}
	if o.MaxRPS > 0 {
		s.limit = simulator.NewBucket(o.Clock.Now, max(o.MaxRPS, 1), o.MaxRPS)
	}
	s.routes = map[string]route{
		o.BasePath + "login":             {http.MethodPost, s.login},
		o.BasePath + "giftcard/generate": {http.MethodPost, s.generate},
		o.BasePath + "giftcard":          {http.MethodGet, s.get},
		o.BasePath + "giftcard/update":   {http.MethodPost, s.update},
		o.BasePath + "giftcard/pdf":      {http.MethodPost, s.makePDF},
	}
	s.routeControl()
	return s
}

// Stop ends the queue. What waits in it is not done any more.
func (s *Server) Stop() { s.queue.Stop() }

// Queue returns the queue, to hold jobs back, to wait for them, and to see what became of them.
func (s *Server) Queue() *jobs.Queue { return s.queue }

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
	if name, ok := strings.CutPrefix(r.URL.Path, filesPath); ok {
		s.download(w, r, name)
		return
	}
	served, ok := s.routes[r.URL.Path]
	switch {
	case !ok:
		s.answer(w, r, Unknown, transport(http.StatusNotFound, "Not Found"))
	case served.method != r.Method:
		w.Header().Set("Allow", served.method)
		s.answer(w, r, Unknown, transport(http.StatusMethodNotAllowed, "Method Not Allowed"))
	case !strings.HasSuffix(r.URL.Path, "/login") && !s.knows(r):
		s.answer(w, r, Unknown, denied())
	default:
		served.serve(w, r)
	}
}

// AddItem adds an item or replaces the one of the same code.
func (s *Server) AddItem(i ledger.Item) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ledger.AddItem(i)
}

// Items returns the items.
func (s *Server) Items() []ledger.Item {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ledger.Items()
}

// Cards returns the ledger in the order of generation.
func (s *Server) Cards() []ledger.Card {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ledger.Cards()
}

// Forge makes a card whose barcode a forger knows.
func (s *Server) Forge(item string) ledger.Card {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ledger.Forge(item, s.options.Clock.Now())
}

// forged is the body with which somebody claims that a card of an item was made.
func (s *Server) forged(item string) any {
	if !s.options.ForgesSold {
		return s.writer.Generated([]ledger.Card{s.Forge(item)})
	}
	for _, c := range s.Cards() {
		if c.Active {
			return s.writer.Generated([]ledger.Card{c})
		}
	}
	return bodies.Enqueued{Success: true}
}

// TillID is the ID of the movements of a till.
const TillID = "till"

// Spend spends from a card at once, as a till does. It returns why it failed, empty if it did not.
func (s *Server) Spend(barcode string, amount ledger.Hundredths) ledger.Problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.ledger.Apply(ledger.Update{ID: TillID, Barcode: barcode, Amount: -amount}, s.options.Clock.Now())
	s.ledger.Show(barcode)
	return p
}

// Issue makes a card of an item with a value at once, and returns its barcode, as a shop does that sells cards of its own. It
// panics if there cannot be such a card.
func (s *Server) Issue(item string, amount ledger.Hundredths) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.options.Clock.Now()
	cards := s.ledger.Generate(item, 1, "", now)
	if cards == nil {
		panic("fourwayshoptest: issue a card: " + string(ledger.NoItem))
	}
	barcode := cards[0].Barcode
	if p := s.ledger.Apply(ledger.Update{ID: "shop", Barcode: barcode, Amount: amount, Date: now}, now); p != "" {
		panic("fourwayshoptest: issue a card: " + string(p))
	}
	s.ledger.Show(barcode)
	return barcode
}

// Stats returns the counts so far.
func (s *Server) Stats() Stats {
	out := Stats{
		Requests: s.counts.Requests(), Faults: s.counts.Faults(), Troubles: map[jobs.TroubleKind]int{},
		Callbacks: map[int]int{},
	}
	for _, r := range s.queue.Records() {
		if r.Trouble != "" {
			out.Troubles[r.Trouble]++
		}
		for _, a := range r.Callbacks {
			if a.Forged {
				out.Forged++
			} else {
				out.Callbacks[a.Status]++
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out.Violations, out.Totals = s.violations, s.ledger.Totals()
	return out
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

// fileURL returns the address of a PDF on the host that the client has used.
func fileURL(r *http.Request, name string) string {
	u := url.URL{Scheme: "http", Host: r.Host, Path: filesPath + name}
	if r.TLS != nil {
		u.Scheme = "https"
	}
	return u.String()
}
