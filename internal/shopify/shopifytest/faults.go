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

// FaultKind is a way in which a request goes wrong.
type FaultKind string

const (
	// FaultStatus answers with the fault's Status, 503 unless it is set, and its RetryAfter.
	FaultStatus FaultKind = "status"
	// FaultThrottled answers that the bucket is empty for a second.
	FaultThrottled FaultKind = "throttled"
	// FaultInternalError answers INTERNAL_SERVER_ERROR with status 200.
	FaultInternalError FaultKind = "internal_error"
	// FaultHTML answers a page for people with status 200.
	FaultHTML FaultKind = "html"
	// FaultMalformed answers something like JSON with status 200.
	FaultMalformed FaultKind = "malformed"
	// FaultNullData answers neither data nor errors with status 200.
	FaultNullData FaultKind = "null_data"
	// FaultTruncated breaks the connection halfway through the right answer.
	FaultTruncated FaultKind = "truncated"
	// FaultDropped breaks the connection before an answer.
	FaultDropped FaultKind = "dropped"
	// FaultSlow answers after the fault's Delay.
	FaultSlow FaultKind = "slow"
)

// Fault is one thing that goes wrong.
type Fault struct {
	Kind FaultKind `json:"kind"`
	// Status of FaultStatus.
	Status int `json:"status,omitempty"`
	// RetryAfter is the header of that name as Shopify sends it: "2.0".
	RetryAfter string `json:"retry_after,omitempty"`
	// Delay of FaultSlow.
	Delay Duration `json:"delay,omitzero"`
}

// Rate is how often a fault happens.
type Rate struct {
	Fault       Fault   `json:"fault"`
	Probability float64 `json:"probability"`
}

// Faults are what makes a shop's requests go wrong. The control routes change Seed, Latency and Rates.
type Faults struct {
	// Next decides on each request, before anything else does; nil lets it pass. The kind of a request is the first root
	// field of its query ("orders", "order", "shop"), "token", or "invalid". It may be called concurrently.
	Next func(kind string) *Fault
	// Rates strike queries at random, reproducibly from Seed for requests one after the other.
	Rates []Rate
	Seed  uint64
	// Latency delays each answer to a query.
	Latency time.Duration
}

// Duration is a time.Duration that is a text in JSON: "1.5s".
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
			return fmt.Errorf("status %d is none of a failure", f.Status)
		}
	case FaultThrottled, FaultInternalError, FaultHTML, FaultMalformed, FaultNullData, FaultTruncated, FaultDropped,
		FaultSlow:
	default:
		return fmt.Errorf("unknown kind of fault %q", f.Kind)
	}
	return nil
}

// faults decides which request goes wrong.
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

// replace sets all but the hook, which stays unless there is a new one, and the faults that are queued.
func (f *faults) replace(set Faults) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if set.Next == nil {
		set.Next = f.set.Next
	}
	f.set = set
	f.random = rand.New(rand.NewPCG(set.Seed, 0))
}

// clear ends all faults but the hook's.
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

// misbehave does what is wrong with a request. It returns the writer for the request to go on with, nil where the
// request is over.
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

// wait is false where the client has gone away before.
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
