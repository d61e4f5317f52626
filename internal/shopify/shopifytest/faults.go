package shopifytest

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/graphql"
	"github.com/giftbridge/giftbridge/internal/simulator"
)

// FaultKind is a kind of fault.
type FaultKind string

const (
	// FaultStatus responds with the fault's Status, by default 503, and its RetryAfter.
	FaultStatus FaultKind = "status"
	// FaultThrottled responds that the bucket will be empty for a second.
	FaultThrottled FaultKind = "throttled"
	// FaultInternalError responds with INTERNAL_SERVER_ERROR and status 200.
	FaultInternalError FaultKind = "internal_error"
	// FaultHTML responds with an HTML page and status 200.
	FaultHTML FaultKind = "html"
	// FaultMalformed responds with malformed JSON and status 200.
	FaultMalformed FaultKind = "malformed"
	// FaultNullData responds with neither data nor errors, and status 200.
	FaultNullData FaultKind = "null_data"
	// FaultTruncated breaks the connection halfway through the correct response.
	FaultTruncated FaultKind = "truncated"
	// FaultDropped breaks the connection before any response.
	FaultDropped FaultKind = "dropped"
	// FaultSlow responds after the fault's Delay.
	FaultSlow FaultKind = "slow"
)

// Fault is one fault.
type Fault struct {
	Kind FaultKind `json:"kind"`
	// Status is the HTTP status of FaultStatus.
	Status int `json:"status,omitempty"`
	// RetryAfter is the Retry-After header in Shopify's format: "2.0".
	RetryAfter string `json:"retry_after,omitempty"`
	// Delay is the delay of FaultSlow.
	Delay Duration `json:"delay,omitzero"`
}

// Rate is a fault and the probability with which it happens.
type Rate struct {
	Fault       Fault   `json:"fault"`
	Probability float64 `json:"probability"`
}

// Faults are the faults of a shop. The control routes change Seed, Latency and Rates.
type Faults struct {
	// Next returns the fault for a request, nil for none. It is consulted before the other faults. The kind of a
	// request is the first root field of its query ("orders", "order", "shop"), "token", or "invalid". Next may be
	// called concurrently.
	Next func(kind string) *Fault
	// Rates are faults that happen to queries at random. The same Seed reproduces them for sequential requests.
	Rates []Rate
	Seed  uint64
	// Latency is a delay before each response to a query.
	Latency time.Duration
}

// Duration is a time.Duration that is encoded in JSON as a string: "1.5s".
type Duration = simulator.Duration

func (f Fault) valid() error {
	switch f.Kind {
	case FaultStatus:
		if f.Status != 0 && (f.Status < 300 || f.Status > 599) {
			return fmt.Errorf("status %d is not that of a failure", f.Status)
		}
	case FaultThrottled, FaultInternalError, FaultHTML, FaultMalformed, FaultNullData, FaultTruncated, FaultDropped,
		FaultSlow:
	default:
		return fmt.Errorf("unknown kind of fault %q", f.Kind)
	}
	return nil
}

// faults decides which requests fail.
type faults struct {
	draws *simulator.Draws[Fault]
	hook  func(kind string) *Fault

	mu      sync.Mutex
	latency time.Duration
}

func newFaults(set Faults) *faults {
	f := &faults{draws: simulator.NewDraws[Fault](set.Seed), hook: set.Next}
	f.replace(set)
	return f
}

// replace sets everything except the queued faults and the hook.
func (f *faults) replace(set Faults) {
	shares := make([]simulator.Share[Fault], len(set.Rates))
	for i, r := range set.Rates {
		shares[i] = simulator.Share[Fault]{Fault: r.Fault, Rate: r.Probability}
	}
	f.draws.Seed(set.Seed)
	f.draws.SetShares(shares...)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.latency = set.Latency
}

// clear removes all faults except the hook's.
func (f *faults) clear() {
	f.replace(Faults{})
	f.draws.Clear()
}

func (f *faults) next(kind string) *Fault {
	if f.hook != nil {
		if fault := f.hook(kind); fault != nil {
			return fault
		}
	}
	if kind == kindToken {
		return nil
	}
	if fault, ok := f.draws.Draw(nil); ok {
		return &fault
	}
	return nil
}

// wait waits for the latency of a response. It reports whether the client is still there.
func (f *faults) wait(ctx context.Context) bool {
	f.mu.Lock()
	latency := f.latency
	f.mu.Unlock()
	return simulator.Wait(ctx, latency)
}

// misbehave applies the fault of a request, if any. It returns the writer with which to continue the request, or nil if
// the request is finished.
func (s *Server) misbehave(w http.ResponseWriter, r *http.Request, kind string) http.ResponseWriter {
	if kind != kindToken && !s.faults.wait(r.Context()) {
		return nil
	}
	fault := s.faults.next(kind)
	if fault == nil {
		return w
	}
	s.counts.Fault(fault.Kind)
	switch fault.Kind {
	case FaultSlow:
		if simulator.Wait(r.Context(), time.Duration(fault.Delay)) {
			return w
		}
	case FaultTruncated:
		return simulator.BreakHalfway(w)
	case FaultDropped:
		s.deliver(w, kind, simulator.Answer{Dropped: true})
	case FaultThrottled:
		cost := s.opts.cost(s.opts.RestoreRate, nil, 0)
		s.throttle(w, kind, &cost)
	case FaultInternalError:
		s.fail(w, kind, nil, graphql.Coded("INTERNAL_SERVER_ERROR", "Internal error. Looks like something went wrong on our end."))
	case FaultMalformed:
		s.send(w, kind, http.StatusOK, []byte(`{"data":{"orders":{"nodes":[}`))
	case FaultNullData:
		s.send(w, kind, http.StatusOK, []byte(`{"data":null}`))
	case FaultHTML:
		s.deliver(w, kind, simulator.Page(http.StatusOK))
	default:
		if fault.RetryAfter != "" {
			w.Header().Set("Retry-After", fault.RetryAfter)
		}
		status := fault.Status
		if status == 0 {
			status = http.StatusServiceUnavailable
		}
		s.refuse(w, kind, status, http.StatusText(status))
	}
	return nil
}
