package cashstartest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// FaultKind is a kind of fault.
type FaultKind string

// The kinds. [Fault].AfterCommit applies only to the kinds that say so. Malformed, Truncated and WrongMerchant corrupt
// a response, so the request has taken effect; RateLimit happens before it does.
const (
	// ServerError returns Status, by default 503. AfterCommit applies.
	ServerError FaultKind = "server_error"
	// Drop closes the connection without a response. AfterCommit applies.
	Drop FaultKind = "drop"
	// Slow waits for Delay or until the client gives up. The request is carried out in either case. AfterCommit
	// applies.
	Slow FaultKind = "slow"
	// HTML returns a page, as a proxy does, with Status, by default 200. AfterCommit applies. A content delivery
	// network returns 404 if it has no route and 409 if it does not find the service; in both cases the service never
	// sees the request.
	HTML FaultKind = "html"
	// RateLimit returns Status, by default 420.
	RateLimit FaultKind = "rate_limit"
	// Malformed returns something close to JSON.
	Malformed FaultKind = "malformed"
	// Truncated returns the first half of the JSON.
	Truncated FaultKind = "truncated"
	// WrongMerchant returns a card of another merchant.
	WrongMerchant FaultKind = "wrong_merchant"
)

// Fault is a fault that happens to one or more requests.
type Fault struct {
	Kind FaultKind
	// Operation limits the fault to one operation; empty means any.
	Operation Operation
	// Times is the number of requests to which a queued fault happens, by default 1.
	Times int
	// AfterCommit lets the request take effect first.
	AfterCommit bool
	// Status applies to ServerError, RateLimit and HTML. RetryAfter is the Retry-After header of the first two.
	Status     int
	RetryAfter string
	// Delay applies to Slow.
	Delay time.Duration
}

// RandomFault happens to a random share of the requests. A Rate of 1 means all of them.
type RandomFault struct {
	Rate float64
	Fault
}

type faultBody struct {
	Kind        FaultKind `json:"kind"`
	Operation   Operation `json:"operation,omitempty"`
	Times       int       `json:"times,omitempty"`
	AfterCommit bool      `json:"after_commit,omitempty"`
	Status      int       `json:"status,omitempty"`
	RetryAfter  string    `json:"retry_after,omitempty"`
	// Delay is a Go duration such as "250ms".
	Delay string `json:"delay,omitempty"`
	// Rate applies to random faults.
	Rate float64 `json:"rate,omitempty"`
}

func (b faultBody) fault() (Fault, error) {
	f := Fault{
		Kind: b.Kind, Operation: b.Operation, Times: b.Times, AfterCommit: b.AfterCommit, Status: b.Status,
		RetryAfter: b.RetryAfter,
	}
	if b.Delay != "" {
		d, err := time.ParseDuration(b.Delay)
		if err != nil {
			return Fault{}, fmt.Errorf("delay: %w", err)
		}
		f.Delay = d
	}
	return f, f.validate()
}

func (f Fault) validate() error {
	switch f.Kind {
	case ServerError, Drop, Slow, HTML, RateLimit, Malformed, Truncated, WrongMerchant:
	default:
		return fmt.Errorf("unknown kind %q", f.Kind)
	}
	switch f.Operation {
	case "", ListMerchants, GetCatalog, GetFaceplates, CreateOrder, GetBalance, CancelCard:
	default:
		return fmt.Errorf("unknown operation %q", f.Operation)
	}
	if f.Status != 0 && (f.Status < 400 || f.Status > 599) {
		return fmt.Errorf("status %d is not an error status", f.Status)
	}
	if f.Times < 0 {
		return fmt.Errorf("times is %d", f.Times)
	}
	return nil
}

// UnmarshalJSON implements json.Unmarshaler in the format of the control routes.
func (f *Fault) UnmarshalJSON(b []byte) error {
	var body faultBody
	if err := strictJSON(b, &body); err != nil {
		return err
	}
	if body.Rate != 0 {
		return fmt.Errorf("rate is for random faults")
	}
	var err error
	*f, err = body.fault()
	return err
}

// UnmarshalJSON implements json.Unmarshaler in the format of the control routes.
func (f *RandomFault) UnmarshalJSON(b []byte) error {
	var body faultBody
	if err := strictJSON(b, &body); err != nil {
		return err
	}
	if body.Rate <= 0 || body.Rate > 1 {
		return fmt.Errorf("rate %v is not within (0, 1]", body.Rate)
	}
	f.Rate = body.Rate
	var err error
	f.Fault, err = body.fault()
	return err
}

type faults struct {
	queue  []Fault
	random []RandomFault
}

// Inject queues faults: each request takes the first one that applies to its operation. It panics on an invalid fault.
func (s *Server) Inject(faults ...Fault) {
	for _, f := range faults {
		if err := f.validate(); err != nil {
			panic("cashstartest: inject fault: " + err.Error())
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.queue = append(s.faults.queue, faults...)
}

// ClearFaults removes the queued and the random faults.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = faults{}
}

// name returns the fault's name in [Stats].
func (f Fault) name() string {
	if f.AfterCommit {
		return string(f.Kind) + "_after_commit"
	}
	return string(f.Kind)
}

// draw returns and counts the fault of a request. It is the zero Fault if there is none.
func (s *Server) draw(req Request) Fault {
	var f Fault
	if s.options.Fault != nil {
		if hooked := s.options.Fault(req); hooked != nil {
			f = *hooked
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Kind == "" {
		f = s.drawQueued(req)
	}
	if f.Kind != "" {
		s.stats.Faults[f.name()]++
	}
	return f
}

func (s *Server) drawQueued(req Request) Fault {
	for i := range s.faults.queue {
		f := &s.faults.queue[i]
		if f.Operation != "" && f.Operation != req.Operation {
			continue
		}
		drawn := *f
		if f.Times--; f.Times <= 0 {
			s.faults.queue = append(s.faults.queue[:i], s.faults.queue[i+1:]...)
		}
		return drawn
	}
	for _, f := range s.faults.random {
		if (f.Operation == "" || f.Operation == req.Operation) && s.random.Float64() < f.Rate {
			return f.Fault
		}
	}
	return Fault{}
}

// before returns the response that replaces carrying out the request, if there is one.
func (f Fault) before(ctx context.Context) (answer, bool) {
	switch {
	case f.Kind == RateLimit:
		return limited(orElse(f.Status, 420), f.RetryAfter), true
	case f.AfterCommit:
		return answer{}, false
	case f.Kind == Slow:
		wait(ctx, f.Delay)
		return answer{}, false
	default:
		return f.instead()
	}
}

// after returns the response, with the fault applied, to a request that was carried out.
func (f Fault) after(ctx context.Context, a answer) answer {
	switch f.Kind {
	case Slow:
		if f.AfterCommit {
			wait(ctx, f.Delay)
		}
	case Malformed:
		return spoilt(a, bytes.ReplaceAll(a.bytes(), []byte(`"`), []byte(`'`)))
	case Truncated:
		b := a.bytes()
		return spoilt(a, b[:len(b)/2])
	case WrongMerchant:
		return spoilt(a, withMerchant(a.bytes(), "NOT-THE-ONE"))
	default:
		if other, ok := f.instead(); ok {
			return other
		}
	}
	return a
}

// instead returns the response of a fault whose response does not depend on the request.
func (f Fault) instead() (answer, bool) {
	switch f.Kind {
	case ServerError:
		a := refusal(orElse(f.Status, http.StatusServiceUnavailable), "the service is not available")
		a.retryAfter = f.RetryAfter
		return a, true
	case Drop:
		return answer{dropped: true}, true
	case HTML:
		page := []byte("<!DOCTYPE html><title>Maintenance</title><p>We will be back soon.</p>")
		return answer{status: orElse(f.Status, http.StatusOK), raw: page, media: "text/html; charset=utf-8"}, true
	}
	return answer{}, false
}

func spoilt(a answer, raw []byte) answer {
	a.body, a.raw = nil, raw
	return a
}

// withMerchant replaces each merchant code in the response.
func withMerchant(b []byte, code string) []byte {
	var tree any
	if err := json.Unmarshal(b, &tree); err != nil {
		return b
	}
	var replace func(any)
	replace = func(node any) {
		switch n := node.(type) {
		case map[string]any:
			if _, ok := n["merchant_code"]; ok {
				n["merchant_code"] = code
			}
			for _, child := range n {
				replace(child)
			}
		case []any:
			for _, child := range n {
				replace(child)
			}
		}
	}
	replace(tree)
	return answer{body: tree}.bytes()
}

func orElse(v, other int) int {
	if v == 0 {
		return other
	}
	return v
}
