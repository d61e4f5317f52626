package mischief

import (
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
	"github.com/giftbridge/giftbridge/internal/simulator"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan/happenings"
)

// The paths of [Relay.Handler].
const (
	// RelayPath tells how many orders and products each trouble has befallen.
	RelayPath = "/_control/relay-befallen"
	// RelayAwayPath takes {"away": true}, from when on no connection is answered, until it takes {"away": false}.
	RelayAwayPath = "/_control/relay-away"
)

const (
	// RelayPatience is how long the system waits for an answer of the ERP, and relayDelay is longer. A busy machine may keep a request
	// for seconds before the ERP sees it.
	RelayPatience = 12 * time.Second
	relayDelay    = RelayPatience + time.Second
	// latestAttempt is the last attempt at an event that has trouble: the pauses after later ones are longer than a run.
	latestAttempt = 2
)

// relayKind is what befalls requests with the events of a resource: how often, one after the other.
type relayKind struct {
	fault relaytest.Fault
	times int
}

// relayKinds are the troubles by the names under which they are counted.
var relayKinds = map[plan.What]relayKind{
	happenings.RelaySlow:       {relaytest.Fault{Kind: relaytest.Slow, Delay: simulator.Duration(relayDelay)}, 1},
	happenings.RelaySlowAfter:  {relaytest.Fault{Kind: relaytest.Slow, Delay: simulator.Duration(relayDelay), AfterTaking: true}, 1},
	happenings.RelayError:      {relaytest.Fault{Kind: relaytest.ServerError}, 2},
	happenings.RelayErrorAfter: {relaytest.Fault{Kind: relaytest.ServerError, Status: http.StatusBadGateway, AfterTaking: true}, 1},
	happenings.RelayLimit:      {relaytest.Fault{Kind: relaytest.Throttle, RetryAfter: "2"}, 1},
	happenings.RelayRedirect:   {relaytest.Fault{Kind: relaytest.Redirect}, 1},
	happenings.RelayDrop:       {relaytest.Fault{Kind: relaytest.Drop}, 2},
	happenings.RelayDropAfter:  {relaytest.Fault{Kind: relaytest.Drop, AfterTaking: true}, 2},
	happenings.RelayReset:      {relaytest.Fault{Kind: relaytest.Reset}, 1},
	happenings.RelayResetAfter: {relaytest.Fault{Kind: relaytest.Reset, AfterTaking: true}, 1},
}

// Relay decides what befalls the events that go to an ERP: every second order or product has a trouble, each in turn, and for a while
// the ERP is away. It is safe for concurrent use.
type Relay struct {
	names []plan.What

	mu sync.Mutex
	// resources counts those of which there were events, and left has how often the trouble of each is yet to come.
	resources int
	left      map[string]int
	troubles  map[string]plan.What
	away      bool
	befallen  map[plan.What]map[string]bool
}

// NewRelay returns what befalls events.
func NewRelay(seed uint64) *Relay {
	names := slices.Clone(happenings.RelayTroubles)
	rand.New(rand.NewPCG(seed, 0x72656c61)).Shuffle(len(names), func(a, b int) { names[a], names[b] = names[b], names[a] })
	return &Relay{names: names, left: map[string]int{}, troubles: map[string]plan.What{}, befallen: map[plan.What]map[string]bool{}}
}

// Fault returns the fault of a request, nil if there is none.
func (m *Relay) Fault(d relaytest.Delivery) *relaytest.Fault {
	m.mu.Lock()
	defer m.mu.Unlock()
	of := string(d.Endpoint) + "/" + d.Resource
	what, known := m.troubles[of]
	if !known {
		if m.resources%every == 0 {
			what = m.names[m.resources/every%len(m.names)]
			m.left[of] = relayKinds[what].times
		}
		m.resources++
		m.troubles[of] = what
	}
	if m.left[of] == 0 || d.Attempt > latestAttempt {
		return nil
	}
	m.left[of]--
	m.befalls(what, of)
	f := relayKinds[what].fault
	return &f
}

func (m *Relay) befalls(what plan.What, of string) {
	if m.befallen[what] == nil {
		m.befallen[what] = map[string]bool{}
	}
	m.befallen[what][of] = true
}

// Befallen returns how many orders and products each trouble has befallen.
func (m *Relay) Befallen() map[plan.What]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[plan.What]int{}
	for name, of := range m.befallen {
		out[name] = len(of)
	}
	return out
}

// meets reports whether the ERP is away, and counts what that befalls.
func (m *Relay) meets(of string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		m.befalls(happenings.RelayAway, of)
	}
	return m.away
}

// Handler adds [RelayPath] and [RelayAwayPath] to an ERP.
func (m *Relay) Handler(erp http.Handler) http.Handler {
	absent := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/_control/") && m.meets(r.URL.Path[1:]+"/"+r.Header.Get("Giftbridge-Resource")) {
			panic(http.ErrAbortHandler) // It breaks the connection.
		}
		erp.ServeHTTP(w, r)
	})
	mux := http.NewServeMux()
	mux.Handle("/", tell(absent, RelayPath, m.Befallen))
	mux.HandleFunc("PUT "+RelayAwayPath, func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Away bool `json:"away"`
		}
		if err := json.NewDecoder(io.LimitReader(r.Body, maxForm)).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		m.mu.Lock()
		m.away = in.Away
		m.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}
