// Package mischief decides what befalls the requests and the jobs of a simulated issuer that makes cards later, order by
// order: each order that it is asked about gets a few kinds of trouble, in turn, so that every kind befalls some orders. It
// also keeps the record of what befalls the mails of such cards, and decides what befalls messages to customers.
package mischief

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/callback"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/jobs"
	"github.com/giftbridge/giftbridge/internal/token"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
)

// Path is where [Mischief.Handler] tells how many orders each trouble has befallen.
const Path = "/_control/befallen"

const (
	// perOrder is the number of kinds of trouble that befall an order, and times how often each does.
	perOrder, times = 3, 2
	// delay is how much later than usual something happens.
	delay = 3 * time.Second
)

// kind is what befalls a request, if it has a fault, or else a job.
type kind struct {
	fault   *fourwayshoptest.Fault
	trouble jobs.TroubleKind
	// only is the operation that the trouble is about; empty means both.
	only fourwayshoptest.Operation
	// silent says that nobody is called back about the job.
	silent bool
}

func fault(f fourwayshoptest.Fault) kind { return kind{fault: &f} }

// kinds are the troubles by the names under which they are counted.
var kinds = map[plan.What]kind{
	plan.LaterError:        fault(fourwayshoptest.Fault{Kind: fourwayshoptest.ServerError, Status: http.StatusInternalServerError}),
	plan.LaterErrorAfter:   fault(fourwayshoptest.Fault{Kind: fourwayshoptest.ServerError, Status: http.StatusInternalServerError, AfterCommit: true}),
	plan.LaterDrop:         fault(fourwayshoptest.Fault{Kind: fourwayshoptest.Drop}),
	plan.LaterDropAfter:    fault(fourwayshoptest.Fault{Kind: fourwayshoptest.Drop, AfterCommit: true}),
	plan.LaterSilent:       fault(fourwayshoptest.Fault{Kind: fourwayshoptest.Silent, AfterCommit: true}),
	plan.LaterLimit:        fault(fourwayshoptest.Fault{Kind: fourwayshoptest.RateLimit, RetryAfter: "1"}),
	plan.LaterTokenExpired: {},
	plan.CallbackLate:      {trouble: jobs.Late},
	plan.CallbackEarly:     {trouble: jobs.Early},
	plan.CallbackTwice:     {trouble: jobs.Twice},
	plan.CallbackNever:     {trouble: jobs.Never, silent: true},
	plan.CallbackDead:      {trouble: jobs.Dead, silent: true},
	plan.CallbackForged:    {trouble: jobs.Forged},
	plan.CallbackGarbled:   {trouble: jobs.Garbled},
	plan.LaterUnseen:       {trouble: jobs.Lag},
	plan.LaterStalled:      {trouble: jobs.Stalled},
	plan.LaterLost:         {trouble: jobs.Lost, only: fourwayshoptest.Generate, silent: true},
	plan.LaterFailed:       {trouble: jobs.Failed, only: fourwayshoptest.Update},
}

// Mischief decides. It is safe for concurrent use.
type Mischief struct {
	addresses *callback.Addresses
	// silent says that nobody is ever called back about an activation.
	silent bool
	names  []plan.What
	// Expire is called when a token expires before its time.
	Expire func()

	mu     sync.Mutex
	orders map[string]*order
	counts map[plan.What]map[string]bool
}

// order is what is going to befall an order.
type order struct {
	left map[plan.What]int
}

// New returns what befalls an issuer whose callbacks have addresses signed by the key. Without callbacks, nobody is ever
// called back about an activation: only the callback of a generation names its card.
func New(seed uint64, key token.Key, callbacks bool) *Mischief {
	names := slices.Clone(plan.LaterTroubles)
	rand.New(rand.NewPCG(seed, 0x6c617465)).Shuffle(len(names), func(a, b int) { names[a], names[b] = names[b], names[a] })
	return &Mischief{
		addresses: callback.New("", token.Keys{key}), silent: !callbacks, names: names, Expire: func() {},
		orders: map[string]*order{}, counts: map[plan.What]map[string]bool{},
	}
}

// Fault returns the fault of a request, nil if there is none.
func (m *Mischief) Fault(r fourwayshoptest.Request) *fourwayshoptest.Fault {
	name := m.take(r.Callback, func(k kind) bool { return k.trouble == "" })
	if name == plan.LaterTokenExpired {
		m.Expire()
	}
	return kinds[name].fault
}

// Trouble returns the trouble of a job, nil if there is none.
func (m *Mischief) Trouble(j jobs.Job) *fourwayshoptest.Trouble {
	activating := j.Operation == fourwayshoptest.Update
	name := m.take(j.Callback, func(k kind) bool {
		return k.trouble != "" && (k.only == "" || k.only == j.Operation) && (!m.silent || !activating || k.silent)
	})
	k := kinds[name]
	if m.silent && activating {
		k.trouble = jobs.Never
	}
	if k.trouble == "" {
		return nil
	}
	return &fourwayshoptest.Trouble{Kind: k.trouble, Delay: delay}
}

// take returns the next trouble that suits a request of an order; empty if there is none.
func (m *Mischief) take(address string, suits func(kind) bool) plan.What {
	id := m.orderOf(address)
	if id == "" {
		return ""
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.orders[id]
	if o == nil {
		o = &order{left: map[plan.What]int{}}
		for i := range perOrder {
			o.left[m.names[(perOrder*len(m.orders)+i)%len(m.names)]] = times
		}
		m.orders[id] = o
	}
	var chosen plan.What
	for _, name := range m.names {
		if o.left[name] > 0 && suits(kinds[name]) && (chosen == "" || o.urgency(name) > o.urgency(chosen)) {
			chosen = name
		}
	}
	if chosen == "" {
		return ""
	}
	o.left[chosen]--
	if m.counts[chosen] == nil {
		m.counts[chosen] = map[string]bool{}
	}
	m.counts[chosen][id] = true
	return chosen
}

// urgency is higher for a trouble that has not befallen the order, and for one that suits few of its jobs. An order of one
// card may have no further job.
func (o *order) urgency(name plan.What) int {
	u := 2 * o.left[name]
	if kinds[name].only != "" {
		u++
	}
	return u
}

// orderOf returns what the key of a unit, which is in the address of its callback, has of its order.
func (m *Mischief) orderOf(address string) string {
	_, rest, _ := strings.Cut(address, callback.Path)
	target, err := m.addresses.Parse(rest)
	if err != nil {
		return ""
	}
	parts := strings.Split(target.WorkflowID, "/")
	const key = 2
	if len(parts) <= key {
		return ""
	}
	id, _, _ := strings.Cut(parts[key], "-")
	return id
}

// Befallen returns how many orders each trouble has befallen.
func (m *Mischief) Befallen() map[plan.What]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[plan.What]int{}
	for name, orders := range m.counts {
		out[name] = len(orders)
	}
	return out
}

// Handler adds [Path] to an issuer.
func (m *Mischief) Handler(issuer http.Handler) http.Handler { return tell(issuer, Path, m.Befallen) }

// tell adds a path to an issuer, which tells how often each trouble has befallen.
func tell(issuer http.Handler, path string, befallen func() map[plan.What]int) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", issuer)
	mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { show(w, befallen()) })
	return mux
}

// show answers with counts.
func show(w http.ResponseWriter, counts any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(counts); err != nil {
		panic(fmt.Sprintf("write how often each trouble has befallen: %v", err))
	}
}
