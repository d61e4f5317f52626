package lab

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

// storm makes the services misbehave. Several bursts of faults may be active at the same time.
type storm struct {
	control *control
	seed    uint64

	mu     sync.Mutex
	bursts map[*Event]bool
	puts   uint64
}

func newStorm(c *control, seed uint64) *storm {
	return &storm{control: c, seed: seed, bursts: map[*Event]bool{}}
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
var atIssuer = map[What][]issuerFault{
	IssuerError:      {{Kind: cashstartest.ServerError}, {Kind: cashstartest.ServerError, Status: http.StatusBadGateway}},
	IssuerErrorAfter: {{Kind: cashstartest.ServerError, Status: http.StatusInternalServerError, AfterCommit: true}},
	IssuerDrop:       {{Kind: cashstartest.Drop}},
	IssuerDropAfter:  {{Kind: cashstartest.Drop, AfterCommit: true}},
	IssuerSlow:       {{Kind: cashstartest.Slow, Delay: slowness.String()}},
	IssuerSlowAfter:  {{Kind: cashstartest.Slow, Delay: slowness.String(), AfterCommit: true}},
	IssuerLimit: {
		{Kind: cashstartest.RateLimit, RetryAfter: "1"},
		{Kind: cashstartest.RateLimit, Status: http.StatusTooManyRequests, RetryAfter: "2"},
	},
	IssuerMalformed: {{Kind: cashstartest.Malformed}},
	IssuerTruncated: {{Kind: cashstartest.Truncated}},
	IssuerHTMLAfter: {{Kind: cashstartest.HTML, AfterCommit: true}},
	// A content delivery network may return such a status for reasons of its own.
	IssuerPage: {
		{Kind: cashstartest.HTML, Status: http.StatusNotFound}, {Kind: cashstartest.HTML, Status: http.StatusConflict},
	},
}

// issuerCount maps events to the names under which the issuer counts their faults.
var issuerCount = map[What]string{
	IssuerError: "server_error", IssuerErrorAfter: "server_error_after_commit", IssuerDrop: "drop",
	IssuerDropAfter: "drop_after_commit", IssuerSlow: "slow", IssuerSlowAfter: "slow_after_commit",
	IssuerLimit: "rate_limit", IssuerMalformed: "malformed", IssuerTruncated: "truncated",
	IssuerHTMLAfter: "html_after_commit", IssuerPage: "html",
}

// atShop maps events to faults of the shop.
var atShop = map[What]shopifytest.Fault{
	ShopError:           {Kind: shopifytest.FaultStatus, Status: http.StatusBadGateway},
	ShopTooManyRequests: {Kind: shopifytest.FaultStatus, Status: http.StatusTooManyRequests, RetryAfter: "1.0"},
	ShopThrottled:       {Kind: shopifytest.FaultThrottled},
	ShopInternal:        {Kind: shopifytest.FaultInternalError},
	ShopDrop:            {Kind: shopifytest.FaultDropped},
	ShopTruncated:       {Kind: shopifytest.FaultTruncated},
	ShopMalformed:       {Kind: shopifytest.FaultMalformed},
	ShopSlow:            {Kind: shopifytest.FaultSlow, Delay: shopifytest.Duration(slowness)},
}

// begin starts a burst. The next request to the shop, or the next request that creates a card, is certain to meet it.
func (s *storm) begin(ctx context.Context, e *Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bursts[e] = true
	if err := s.apply(ctx, e.What); err != nil {
		return err
	}
	if fault, ok := atShop[e.What]; ok {
		return s.control.send(ctx, http.MethodPost, s.control.shop+"faults", map[string]any{"fault": fault, "times": 1}, nil)
	}
	sure := slices.Clone(atIssuer[e.What][:1])
	if e.What == IssuerPage { // Both pages, and each twice: they say different things of a card.
		sure = slices.Clone(atIssuer[e.What])
		for i := range sure {
			sure[i].Times = 2
		}
	}
	for i := range sure {
		sure[i].Operation = cashstartest.CreateOrder
	}
	return s.control.send(ctx, http.MethodPost, s.control.issuer+"faults", map[string]any{"faults": sure}, nil)
}

// end ends a burst.
func (s *storm) end(ctx context.Context, e *Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.bursts, e)
	return s.apply(ctx, e.What)
}

// apply sends the current faults to the service concerned.
func (s *storm) apply(ctx context.Context, what What) error {
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
		return s.control.send(ctx, http.MethodPut, s.control.shop+"faults",
			map[string]any{"seed": s.seed + s.puts, "rates": rates}, nil)
	}
	random := []issuerFault{}
	for e := range s.bursts {
		for _, f := range atIssuer[e.What] {
			f.Rate = e.Share / float64(len(atIssuer[e.What]))
			random = append(random, f)
		}
	}
	return s.control.send(ctx, http.MethodPost, s.control.issuer+"faults", map[string]any{"random": random}, nil)
}

// abate ends all bursts. Faults that are certain to happen still do.
func (s *storm) abate(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.bursts)
	for _, what := range []What{ShopError, IssuerError} {
		if err := s.apply(ctx, what); err != nil {
			return err
		}
	}
	return s.control.send(ctx, http.MethodPut, s.control.shop+"lag", map[string]string{"lag": "0s"}, nil)
}

// clear removes the certain faults that have not met a request.
func (s *storm) clear(ctx context.Context) error {
	for _, service := range []string{s.control.shop, s.control.issuer} {
		if err := s.control.send(ctx, http.MethodDelete, service+"faults", nil, nil); err != nil {
			return err
		}
	}
	return nil
}
