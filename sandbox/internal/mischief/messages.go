package mischief

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"sync"

	"github.com/giftbridge/giftbridge/internal/sonar/sonartest"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
)

// The paths of [Messages.Handler].
const (
	// MessagesPath tells how many customers each trouble has befallen.
	MessagesPath = "/_control/messages-befallen"
	// RefusedPath takes {"refused": "token"} or {"refused": "account"}, and refuses everybody so until that is empty.
	RefusedPath = "/_control/refused"
	// AskedPath tells how many requests there were for each number.
	AskedPath = "/_control/asked"
)

// tellKind is what befalls requests for a customer's number: how often, one after the other.
type tellKind struct {
	fault sonartest.Fault
	times int
}

// tellKinds are the troubles by the names under which they are counted. Whoever asks three times at most never gets an answer to the
// last two.
var tellKinds = map[plan.What]tellKind{
	plan.MessageError:      {sonartest.Fault{Kind: sonartest.ServerError}, 1},
	plan.MessageErrorAfter: {sonartest.Fault{Kind: sonartest.ServerError, Status: http.StatusInternalServerError, AfterCommit: true}, 1},
	plan.MessageDrop:       {sonartest.Fault{Kind: sonartest.Drop}, 1},
	plan.MessageDropAfter:  {sonartest.Fault{Kind: sonartest.Drop, AfterCommit: true}, 2},
	plan.MessageSlow:       {sonartest.Fault{Kind: sonartest.Slow, Delay: delay}, 1},
	plan.MessageSlowAfter:  {sonartest.Fault{Kind: sonartest.Slow, Delay: delay, AfterCommit: true}, 1},
	plan.MessageTimedOut:   {sonartest.Fault{Kind: sonartest.TimedOut, AfterCommit: true}, 1},
	plan.MessageSilent:     {sonartest.Fault{Kind: sonartest.Silent}, 1},
	plan.MessageGarbled:    {sonartest.Fault{Kind: sonartest.Malformed}, 1},
	plan.MessagePage:       {sonartest.Fault{Kind: sonartest.HTML, Status: http.StatusBadGateway}, 1},
	plan.MessageLimit:      {sonartest.Fault{Kind: sonartest.RateLimit, RetryAfter: "1"}, 2},
	plan.MessageUnheard:    {sonartest.Fault{Kind: sonartest.Drop}, 3},
	plan.MessageUnanswered: {sonartest.Fault{Kind: sonartest.Drop, AfterCommit: true}, 3},
}

// Messages decides what befalls messages: every second customer has a trouble, each in turn. It is safe for concurrent use.
type Messages struct {
	// Refuse is called with the words in which the service refuses its account; empty words end that.
	Refuse func(words string) error

	names []plan.What

	mu sync.Mutex
	// customers counts those that were asked about, and left has how often the trouble of each is yet to come.
	customers int
	left      map[string]int
	troubles  map[string]plan.What
	refused   plan.What
	asked     map[string]int
	befallen  map[plan.What]map[string]bool
}

// NewMessages returns what befalls messages.
func NewMessages(seed uint64) *Messages {
	names := slices.Clone(plan.MessageTroubles)
	rand.New(rand.NewPCG(seed, 0x74657874)).Shuffle(len(names), func(a, b int) { names[a], names[b] = names[b], names[a] })
	return &Messages{
		names: names, left: map[string]int{}, troubles: map[string]plan.What{}, asked: map[string]int{},
		befallen: map[plan.What]map[string]bool{},
	}
}

// Fault returns the fault of a request, nil if there is none. Notices, which have no number, have trouble too.
func (m *Messages) Fault(r sonartest.Request) *sonartest.Fault {
	m.mu.Lock()
	defer m.mu.Unlock()
	what, known := m.troubles[r.To]
	if !known {
		if m.customers%every == 0 {
			what = m.names[m.customers/every%len(m.names)]
			m.left[r.To] = tellKinds[what].times
		}
		m.customers++
		m.troubles[r.To] = what
	}
	if m.left[r.To] == 0 {
		return nil
	}
	m.left[r.To]--
	m.befalls(what, r.To)
	f := tellKinds[what].fault
	return &f
}

func (m *Messages) befalls(what plan.What, number string) {
	if m.befallen[what] == nil {
		m.befallen[what] = map[string]bool{}
	}
	m.befallen[what][number] = true
}

// Befallen returns how many customers each trouble has befallen.
func (m *Messages) Befallen() map[plan.What]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[plan.What]int{}
	for name, numbers := range m.befallen {
		out[name] = len(numbers)
	}
	return out
}

// maxForm is longer than any message.
const maxForm = 1 << 20

// Handler adds [MessagesPath], [RefusedPath] and [AskedPath] to the service, and counts who is refused along with everybody.
func (m *Messages) Handler(service http.Handler) http.Handler {
	counted := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/api/v1/messages" {
			service.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, maxForm))
		if err != nil {
			http.Error(w, "the body cannot be read", http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if m.ask(body) {
			r.Header.Set("Token", "one that is not accepted")
		}
		service.ServeHTTP(w, r)
	})
	mux := http.NewServeMux()
	mux.Handle("/", tell(counted, MessagesPath, m.Befallen))
	mux.HandleFunc("PUT "+RefusedPath, func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Refused string `json:"refused"`
		}
		err := json.NewDecoder(io.LimitReader(r.Body, maxForm)).Decode(&in)
		if err == nil {
			err = m.refuse(in.Refused)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET "+AskedPath, func(w http.ResponseWriter, _ *http.Request) {
		m.mu.Lock()
		asked := maps.Clone(m.asked)
		m.mu.Unlock()
		show(w, asked)
	})
	return mux
}

// refuse has everybody refused: "token", "account", or nothing.
func (m *Messages) refuse(what string) error {
	words := ""
	if what == "account" {
		words = "No Active Subscription"
	}
	m.mu.Lock()
	m.refused = map[string]plan.What{"token": plan.MessageTokenRefused, "account": plan.MessageNoAccount}[what]
	m.mu.Unlock()
	return m.Refuse(words)
}

// ask counts a request, and reports whether its token is refused.
func (m *Messages) ask(body []byte) bool {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if number := form.Get("to"); m.refused == "" {
		m.asked[number]++
	} else {
		m.befalls(m.refused, number)
	}
	return m.refused == plan.MessageTokenRefused
}
