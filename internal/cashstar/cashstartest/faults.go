package cashstartest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// FaultKind is a way to go wrong.
type FaultKind string

// The kinds. Those that say so heed [Fault].AfterCommit; Malformed, Truncated and WrongMerchant spoil an answer and so
// come after, RateLimit comes before.
const (
	// ServerError answers Status, 503 where it is 0. It heeds AfterCommit.
	ServerError FaultKind = "server_error"
	// Drop closes the connection without an answer. It heeds AfterCommit.
	Drop FaultKind = "drop"
	// Slow waits for Delay or until the client gives up, and carries out the request all the same. It heeds
	// AfterCommit.
	Slow FaultKind = "slow"
	// HTML answers with a page, as a proxy does: Status, 200 where it is 0. It heeds AfterCommit. A content delivery
	// network says 404 where it has no route and 409 where it does not find the service, before the service is asked.
	HTML FaultKind = "html"
	// RateLimit answers Status, 420 where it is 0.
	RateLimit FaultKind = "rate_limit"
	// Malformed answers something close to JSON.
	Malformed FaultKind = "malformed"
	// Truncated answers the first half of the JSON.
	Truncated FaultKind = "truncated"
	// WrongMerchant answers with a card of another merchant.
	WrongMerchant FaultKind = "wrong_merchant"
)

// Fault is something that goes wrong with one request or several.
type Fault struct {
	Kind FaultKind
	// Operation limits the fault to one operation; empty is any.
	Operation Operation
	// Times is to how many requests a queued fault happens, 1 where it is 0.
	Times int
	// AfterCommit lets the request take effect first.
	AfterCommit bool
	// Status is for ServerError, RateLimit and HTML, RetryAfter for the header of the first two.
	Status     int
	RetryAfter string
	// Delay is for Slow.
	Delay time.Duration
}

// RandomFault happens to a share of the requests, Rate of 1 being all.
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
	// Delay is a Go duration: "250ms".
	Delay string `json:"delay,omitempty"`
	// Rate is for random faults.
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
	case "", ListMerchants, CreateOrder, GetBalance, CancelCard:
	default:
		return fmt.Errorf("unknown operation %q", f.Operation)
	}
	if f.Status != 0 && (f.Status < 400 || f.Status > 599) {
		return fmt.Errorf("status %d is no error", f.Status)
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

// Inject queues faults: each request takes the first one that is for its operation. It panics on a fault that is none.
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

// ClearFaults ends the queued and the random faults.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = faults{}
}

// name is the fault's name in [Stats].
func (f Fault) name() string {
	if f.AfterCommit {
		return string(f.Kind) + "_after_commit"
	}
	return string(f.Kind)
}

// draw returns the fault of a request, the zero Fault for none, and counts it.
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

// before is what happens instead of the request, if anything.
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

// after is what happens to the answer of a request that was carried out.
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

// instead answers without regard to the request.
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

// withMerchant replaces each merchant code of the answer.
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
