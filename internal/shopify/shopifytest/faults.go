package shopifytest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
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
type Duration time.Duration

// MarshalJSON implements json.Marshaler.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON implements json.Unmarshaler.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	v, err := time.ParseDuration(s)
	if err == nil && v < 0 {
		err = errors.New("duration is negative")
	}
	*d = Duration(v)
	return err
}

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
	mu     sync.Mutex
	set    Faults
	random *rand.Rand
	queue  []Fault
}

func newFaults(set Faults) *faults {
	f := &faults{}
	f.replace(set)
	return f
}

// replace sets everything except the queued faults, and the hook, which stays unless there is a new one.
func (f *faults) replace(set Faults) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if set.Next == nil {
		set.Next = f.set.Next
	}
	f.set = set
	f.random = rand.New(rand.NewPCG(set.Seed, 0))
}

// clear removes all faults except the hook's.
func (f *faults) clear() {
	f.replace(Faults{})
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue = nil
}

func (f *faults) push(fault Fault, times int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for range times {
		f.queue = append(f.queue, fault)
	}
}

func (f *faults) next(kind string) *Fault {
	f.mu.Lock()
	hook := f.set.Next
	f.mu.Unlock()
	if hook != nil {
		if fault := hook(kind); fault != nil {
			return fault
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if kind == kindToken {
		return nil
	}
	if len(f.queue) > 0 {
		fault := f.queue[0]
		f.queue = f.queue[1:]
		return &fault
	}
	for _, r := range f.set.Rates {
		if f.random.Float64() < r.Probability {
			return &r.Fault
		}
	}
	return nil
}

func (f *faults) latency() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.set.Latency
}

// misbehave applies the fault of a request, if any. It returns the writer with which to continue the request, or nil if
// the request is finished.
func (s *Server) misbehave(w http.ResponseWriter, r *http.Request, kind string) http.ResponseWriter {
	if kind != kindToken && !wait(r, s.faults.latency()) {
		return nil
	}
	fault := s.faults.next(kind)
	if fault == nil {
		return w
	}
	s.counts.fault(fault.Kind)
	switch fault.Kind {
	case FaultSlow:
		if wait(r, time.Duration(fault.Delay)) {
			return w
		}
	case FaultTruncated:
		return truncated{w}
	case FaultDropped:
		s.counts.answered(kind, 0)
		panic(http.ErrAbortHandler)
	case FaultThrottled:
		cost := s.bucket.report(s.opts.RestoreRate, nil, 0)
		s.fail(w, kind, &cost, coded("THROTTLED", "Throttled"))
	case FaultInternalError:
		s.fail(w, kind, nil, coded("INTERNAL_SERVER_ERROR", "Internal error. Looks like something went wrong on our end."))
	case FaultMalformed:
		s.send(w, kind, http.StatusOK, []byte(`{"data":{"orders":{"nodes":[}`))
	case FaultNullData:
		s.send(w, kind, http.StatusOK, []byte(`{"data":null}`))
	case FaultHTML:
		s.counts.answered(kind, http.StatusOK)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, "<!doctype html><title>Something went wrong</title>") //nolint:errcheck // the client may be gone
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

// wait waits for d. It reports whether the client is still there.
func wait(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// truncated breaks the connection halfway through an answer.
type truncated struct{ http.ResponseWriter }

func (t truncated) Write(b []byte) (int, error) {
	t.ResponseWriter.Write(b[:len(b)/2])                 //nolint:errcheck // breaks anyway
	http.NewResponseController(t.ResponseWriter).Flush() //nolint:errcheck // breaks anyway
	panic(http.ErrAbortHandler)
}
