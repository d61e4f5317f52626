package mischief

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/giftbridge/giftbridge/internal/callback"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/jobs"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/token"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan/happenings"
)

// spendKinds are the troubles of amounts that are taken off cards, and given back.
var spendKinds = map[plan.What]kind{
	happenings.SpendError:      fault(fourwayshoptest.Fault{Kind: fourwayshoptest.ServerError, Status: http.StatusInternalServerError}),
	happenings.SpendErrorAfter: fault(fourwayshoptest.Fault{Kind: fourwayshoptest.ServerError, Status: http.StatusInternalServerError, AfterCommit: true}),
	happenings.SpendDrop:       fault(fourwayshoptest.Fault{Kind: fourwayshoptest.Drop}),
	happenings.SpendDropAfter:  fault(fourwayshoptest.Fault{Kind: fourwayshoptest.Drop, AfterCommit: true}),
	happenings.SpendSlowAfter:  fault(fourwayshoptest.Fault{Kind: fourwayshoptest.Slow, Delay: delay, AfterCommit: true}),
	happenings.SpendSilent:     fault(fourwayshoptest.Fault{Kind: fourwayshoptest.Silent, AfterCommit: true}),
	happenings.SpendLimit:      fault(fourwayshoptest.Fault{Kind: fourwayshoptest.RateLimit, RetryAfter: "1"}),
	happenings.SpendLate:       {trouble: jobs.Late},
	happenings.SpendEarly:      {trouble: jobs.Early},
	happenings.SpendTwice:      {trouble: jobs.Twice},
	happenings.SpendNever:      {trouble: jobs.Never},
	happenings.SpendDead:       {trouble: jobs.Dead},
	happenings.SpendForged:     {trouble: jobs.Forged},
	happenings.SpendGarbled:    {trouble: jobs.Garbled},
	happenings.SpendUnseen:     {trouble: jobs.Lag},
	happenings.SpendStalled:    {trouble: jobs.Stalled},
	happenings.SpendLost:       {trouble: jobs.Lost},
	happenings.SpendFailed:     {trouble: jobs.Failed},
}

// Spends decides what befalls amounts that are taken off cards, and given back: every second one has a trouble, each in turn. It
// is safe for concurrent use.
type Spends struct {
	addresses *callback.Addresses
	names     []plan.What

	mu sync.Mutex
	// movements counts the requests of each step, and befalls has the trouble of each job that is yet to come.
	movements map[issuer.Step]int
	befalls   map[string]plan.What
	counts    map[plan.What]int
}

// NewSpends returns what befalls amounts at an issuer whose callbacks have addresses signed by the key.
func NewSpends(seed uint64, key token.Key) *Spends {
	names := slices.Clone(happenings.SpendTroubles)
	rand.New(rand.NewPCG(seed, 0x7370656e)).Shuffle(len(names), func(a, b int) { names[a], names[b] = names[b], names[a] })
	return &Spends{
		addresses: callback.New("", token.Keys{key}), names: names, movements: map[issuer.Step]int{}, befalls: map[string]plan.What{},
		counts: map[plan.What]int{},
	}
}

// every is how often an amount has a trouble.
const every = 2

// step returns the step that a callback is about, if an amount is taken off a card, or given back.
func (s *Spends) step(address string) (issuer.Step, bool) {
	_, rest, _ := strings.Cut(address, callback.Path)
	target, err := s.addresses.Parse(rest)
	return target.Step, err == nil && (target.Step == issuer.Spending || target.Step == issuer.Reversing)
}

// Concern reports whether a callback is about an amount that is taken off a card, or given back.
func (s *Spends) Concern(address string) bool {
	_, ours := s.step(address)
	return ours
}

// Fault returns the fault of a request, nil if there is none. Of a request that has another trouble it remembers that.
func (s *Spends) Fault(r fourwayshoptest.Request) *fourwayshoptest.Fault {
	step, ours := s.step(r.Callback)
	if !ours || r.Operation != fourwayshoptest.Update {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.movements[step]
	s.movements[step]++
	if n%every != 0 {
		return nil
	}
	what := s.names[n/every%len(s.names)]
	s.counts[what]++
	if step == issuer.Reversing {
		s.counts[happenings.ReversalTroubled]++
	}
	k := spendKinds[what]
	if k.trouble != "" {
		s.befalls[r.Callback] = what
	}
	return k.fault
}

// Trouble returns the trouble of a job, nil if there is none.
func (s *Spends) Trouble(j jobs.Job) *fourwayshoptest.Trouble {
	s.mu.Lock()
	defer s.mu.Unlock()
	what, ok := s.befalls[j.Callback]
	if !ok {
		return nil
	}
	delete(s.befalls, j.Callback)
	return &fourwayshoptest.Trouble{Kind: spendKinds[what].trouble, Delay: delay}
}

// Befallen returns how many amounts each trouble has befallen.
func (s *Spends) Befallen() map[plan.What]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.counts)
}

// SpendsPath is where [Spends.Handler] tells how many amounts each trouble has befallen.
const SpendsPath = "/_control/spends-befallen"

// Handler adds [SpendsPath] to an issuer.
func (s *Spends) Handler(next http.Handler) http.Handler {
	return tell(next, SpendsPath, s.Befallen)
}
