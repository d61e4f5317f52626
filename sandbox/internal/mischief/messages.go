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
	"github.com/giftbridge/giftbridge/sandbox/internal/plan/happenings"
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
	happenings.MessageError:      {sonartest.Fault{Kind: sonartest.ServerError}, 1},
	happenings.MessageErrorAfter: {sonartest.Fault{Kind: sonartest.ServerError, Status: http.StatusInternalServerError, AfterCommit: true}, 1},
	happenings.MessageDrop:       {sonartest.Fault{Kind: sonartest.Drop}, 1},
	happenings.MessageDropAfter:  {sonartest.Fault{Kind: sonartest.Drop, AfterCommit: true}, 2},
	happenings.MessageSlow:       {sonartest.Fault{Kind: sonartest.Slow, Delay: delay}, 1},
	happenings.MessageSlowAfter:  {sonartest.Fault{Kind: sonartest.Slow, Delay: delay, AfterCommit: true}, 1},
	happenings.MessageTimedOut:   {sonartest.Fault{Kind: sonartest.TimedOut, AfterCommit: true}, 1},
	happenings.MessageSilent:     {sonartest.Fault{Kind: sonartest.Silent}, 1},
	happenings.MessageGarbled:    {sonartest.Fault{Kind: sonartest.Malformed}, 1},
	happenings.MessagePage:       {sonartest.Fault{Kind: sonartest.HTML, Status: http.StatusBadGateway}, 1},
	happenings.MessageLimit:      {sonartest.Fault{Kind: sonartest.RateLimit, RetryAfter: "1"}, 2},
	happenings.MessageUnheard:    {sonartest.Fault{Kind: sonartest.Drop}, 3},
	happenings.MessageUnanswered: {sonartest.Fault{Kind: sonartest.Drop, AfterCommit: true}, 3},
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
	asked     map[string]int
	// refused is how everybody is refused, "token" or "account", and refusals counts these requests. It lasts until ending is set and
	// enough customers have been refused; next is what follows then.
	refused  string
	refusals int
	ending   bool
	next     []string
	befallen map[plan.What]map[string]bool
}

// NewMessages returns what befalls messages.
func NewMessages(seed uint64) *Messages {
	names := slices.Clone(happenings.MessageTroubles)
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

// refusedAs are the names of the two ways to refuse everybody.
var refusedAs = map[string]plan.What{"token": happenings.MessageTokenRefused, "account": happenings.MessageNoAccount}

// mostRefusals ends a refusal of which the few customers who are left ask again and again.
const mostRefusals = 10 * plan.LeastBefallen

// refuse has everybody refused, "token" or "account", or ends that. On a busy machine there may be nobody to refuse in the time that
// was planned for it: a refusal lasts until it has befallen enough customers, and the next one waits for its end.
func (m *Messages) refuse(what string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case what == "":
		m.ending = true
		return m.end()
	case m.refused != "":
		m.next = append(m.next, what)
		return nil
	}
	return m.begin(what)
}

func (m *Messages) begin(what string) error {
	m.refused, m.refusals, m.ending = what, 0, false
	words := ""
	if what == "account" {
		words = "No Active Subscription"
	}
	return m.Refuse(words)
}

// end ends a refusal whose time is over and that has befallen enough.
func (m *Messages) end() error {
	enough := len(m.befallen[refusedAs[m.refused]]) >= plan.LeastBefallen || m.refusals >= mostRefusals
	if m.refused != "" && (!m.ending || !enough) {
		return nil
	}
	if len(m.next) == 0 {
		return m.begin("")
	}
	what := m.next[0]
	m.next = m.next[1:]
	err := m.begin(what)
	m.ending = true // Its own time is over by now, or ends soon.
	return err
}

// ask counts a request, and reports whether its token is refused.
func (m *Messages) ask(body []byte) bool {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	number := form.Get("to")
	if err := m.end(); err != nil || m.refused == "" {
		m.asked[number]++
		return false
	}
	m.refusals++
	m.befalls(refusedAs[m.refused], number)
	return m.refused == "token"
}
