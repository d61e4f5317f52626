// Package storm makes the simulated shop and issuer misbehave, through their control routes.
package storm

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
)

// Storm makes the services misbehave. Several bursts of faults may be active at the same time.
type Storm struct {
	control Control
	seed    uint64

	mu     sync.Mutex
	bursts map[*plan.Event]bool
	puts   uint64
}

// New returns a storm over the services of a control. The seed decides which requests to the shop fail.
func New(c Control, seed uint64) *Storm {
	return &Storm{control: c, seed: seed, bursts: map[*plan.Event]bool{}}
}

// slowness is longer than the workers' time-out for the issuer.
const slowness = 3 * time.Second

// issuerFault is a fault in the format of the issuer's control route.
type issuerFault struct {
	Kind        cashstartest.FaultKind `json:"kind"`
	Operation   cashstartest.Operation `json:"operation,omitempty"`
	AfterCommit bool                   `json:"after_commit,omitempty"`
	Status      int                    `json:"status,omitempty"`
	RetryAfter  string                 `json:"retry_after,omitempty"`
	Delay       string                 `json:"delay,omitempty"`
	Rate        float64                `json:"rate,omitempty"`
	Times       int                    `json:"times,omitempty"`
}

// atIssuer maps events to faults. Some events have several variants.
var atIssuer = map[plan.What][]issuerFault{
	plan.IssuerError:      {{Kind: cashstartest.ServerError}, {Kind: cashstartest.ServerError, Status: http.StatusBadGateway}},
	plan.IssuerErrorAfter: {{Kind: cashstartest.ServerError, Status: http.StatusInternalServerError, AfterCommit: true}},
	plan.IssuerDrop:       {{Kind: cashstartest.Drop}},
	plan.IssuerDropAfter:  {{Kind: cashstartest.Drop, AfterCommit: true}},
	plan.IssuerSlow:       {{Kind: cashstartest.Slow, Delay: slowness.String()}},
	plan.IssuerSlowAfter:  {{Kind: cashstartest.Slow, Delay: slowness.String(), AfterCommit: true}},
	plan.IssuerLimit: {
		{Kind: cashstartest.RateLimit, RetryAfter: "1"},
		{Kind: cashstartest.RateLimit, Status: http.StatusTooManyRequests, RetryAfter: "2"},
	},
	plan.IssuerMalformed: {{Kind: cashstartest.Malformed}},
	plan.IssuerTruncated: {{Kind: cashstartest.Truncated}},
	plan.IssuerHTMLAfter: {{Kind: cashstartest.HTML, AfterCommit: true}},
	// A content delivery network may return such a status for reasons of its own.
	plan.IssuerPage: {
		{Kind: cashstartest.HTML, Status: http.StatusNotFound}, {Kind: cashstartest.HTML, Status: http.StatusConflict},
	},
}

// issuerCount maps events to the names under which the issuer counts their faults.
var issuerCount = map[plan.What]string{
	plan.IssuerError: "server_error", plan.IssuerErrorAfter: "server_error_after_commit", plan.IssuerDrop: "drop",
	plan.IssuerDropAfter: "drop_after_commit", plan.IssuerSlow: "slow", plan.IssuerSlowAfter: "slow_after_commit",
	plan.IssuerLimit: "rate_limit", plan.IssuerMalformed: "malformed", plan.IssuerTruncated: "truncated",
	plan.IssuerHTMLAfter: "html_after_commit", plan.IssuerPage: "html",
}

// atShop maps events to faults of the shop.
var atShop = map[plan.What]shopifytest.Fault{
	plan.ShopError:           {Kind: shopifytest.FaultStatus, Status: http.StatusBadGateway},
	plan.ShopTooManyRequests: {Kind: shopifytest.FaultStatus, Status: http.StatusTooManyRequests, RetryAfter: "1.0"},
	plan.ShopThrottled:       {Kind: shopifytest.FaultThrottled},
	plan.ShopInternal:        {Kind: shopifytest.FaultInternalError},
	plan.ShopDrop:            {Kind: shopifytest.FaultDropped},
	plan.ShopTruncated:       {Kind: shopifytest.FaultTruncated},
	plan.ShopMalformed:       {Kind: shopifytest.FaultMalformed},
	plan.ShopSlow:            {Kind: shopifytest.FaultSlow, Delay: shopifytest.Duration(slowness)},
}

// Concerns reports whether an event is a burst of faults of a service.
func Concerns(what plan.What) bool {
	_, shop := atShop[what]
	return shop || atIssuer[what] != nil
}

// Counted returns how many requests have met each fault so far, and how many requests for cards asked for a card that
// already existed.
func (s *Storm) Counted(ctx context.Context) (faults map[plan.What]int, repeated int, err error) {
	var issuer, shop struct {
		Repeated int            `json:"repeated"`
		Faults   map[string]int `json:"faults"`
	}
	if err := Send(ctx, http.MethodGet, s.control.Issuer+"stats", nil, &issuer); err != nil {
		return nil, 0, err
	}
	if err := Send(ctx, http.MethodGet, s.control.Shop+"stats", nil, &shop); err != nil {
		return nil, 0, err
	}
	faults = map[plan.What]int{}
	for what, name := range issuerCount {
		faults[what] = issuer.Faults[name]
	}
	// The shop counts all status faults as one kind, so they share the count.
	for what, fault := range atShop {
		faults[what] = shop.Faults[string(fault.Kind)]
	}
	return faults, issuer.Repeated, nil
}

// Begin starts a burst. The next request to the shop, or the next request that creates a card, is certain to meet it.
func (s *Storm) Begin(ctx context.Context, e *plan.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bursts[e] = true
	if err := s.apply(ctx, e.What); err != nil {
		return err
	}
	if fault, ok := atShop[e.What]; ok {
		return Send(ctx, http.MethodPost, s.control.Shop+"faults", map[string]any{"fault": fault, "times": 1}, nil)
	}
	sure := slices.Clone(atIssuer[e.What][:1])
	if e.What == plan.IssuerPage { // Both pages, and each twice: they say different things of a card.
		sure = slices.Clone(atIssuer[e.What])
		for i := range sure {
			sure[i].Times = 2
		}
	}
	for i := range sure {
		sure[i].Operation = cashstartest.CreateOrder
	}
	return Send(ctx, http.MethodPost, s.control.Issuer+"faults", map[string]any{"faults": sure}, nil)
}

// End ends a burst.
func (s *Storm) End(ctx context.Context, e *plan.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.bursts, e)
	return s.apply(ctx, e.What)
}

// apply sends the current faults to the service concerned.
func (s *Storm) apply(ctx context.Context, what plan.What) error {
	if _, ok := atShop[what]; ok {
		type rate struct {
			Fault       shopifytest.Fault `json:"fault"`
			Probability float64           `json:"probability"`
		}
		rates := []rate{}
		for e := range s.bursts {
			if f, ok := atShop[e.What]; ok {
				rates = append(rates, rate{f, e.Share})
			}
		}
		s.puts++
		return Send(ctx, http.MethodPut, s.control.Shop+"faults",
			map[string]any{"seed": s.seed + s.puts, "rates": rates}, nil)
	}
	random := []issuerFault{}
	for e := range s.bursts {
		for _, f := range atIssuer[e.What] {
			f.Rate = e.Share / float64(len(atIssuer[e.What]))
			random = append(random, f)
		}
	}
	return Send(ctx, http.MethodPost, s.control.Issuer+"faults", map[string]any{"random": random}, nil)
}

// Abate ends all bursts. Faults that are certain to happen still do.
func (s *Storm) Abate(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.bursts)
	for _, what := range []plan.What{plan.ShopError, plan.IssuerError} {
		if err := s.apply(ctx, what); err != nil {
			return err
		}
	}
	return Send(ctx, http.MethodPut, s.control.Shop+"lag", map[string]string{"lag": "0s"}, nil)
}

// Clear removes the certain faults that have not met a request.
func (s *Storm) Clear(ctx context.Context) error {
	for _, service := range []string{s.control.Shop, s.control.Issuer} {
		if err := Send(ctx, http.MethodDelete, service+"faults", nil, nil); err != nil {
			return err
		}
	}
	return nil
}
