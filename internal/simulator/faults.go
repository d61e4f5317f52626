package simulator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Operation names a kind of request to a service.
type Operation string

// FaultKind is a kind of fault.
type FaultKind string

// The kinds that each service has. [Fault].AfterCommit applies only to the kinds that say so. Malformed and Truncated
// corrupt a response, so the request has taken effect; RateLimit happens before it does.
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
	// RateLimit returns Status, by default the service's own status for too many requests.
	RateLimit FaultKind = "rate_limit"
	// Malformed returns something close to JSON.
	Malformed FaultKind = "malformed"
	// Truncated returns the first half of the JSON.
	Truncated FaultKind = "truncated"
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

// Name returns the fault's name in counts: its kind, with the suffix "_after_commit" if it happens after the request
// took effect.
func (f Fault) Name() string {
	if f.AfterCommit {
		return string(f.Kind) + "_after_commit"
	}
	return string(f.Kind)
}

type faultBody struct {
	Kind        FaultKind `json:"kind"`
	Operation   Operation `json:"operation"`
	Times       int       `json:"times"`
	AfterCommit bool      `json:"after_commit"`
	Status      int       `json:"status"`
	RetryAfter  string    `json:"retry_after"`
	Delay       Duration  `json:"delay"`
	// Rate applies to random faults.
	Rate float64 `json:"rate"`
}

func (b faultBody) fault() Fault {
	return Fault{
		Kind: b.Kind, Operation: b.Operation, Times: b.Times, AfterCommit: b.AfterCommit, Status: b.Status,
		RetryAfter: b.RetryAfter, Delay: time.Duration(b.Delay),
	}
}

// UnmarshalJSON implements json.Unmarshaler in the format of the control routes.
func (f *Fault) UnmarshalJSON(b []byte) error {
	var body faultBody
	if err := StrictJSON(b, &body); err != nil {
		return err
	}
	if body.Rate != 0 {
		return errors.New("rate is for random faults")
	}
	*f = body.fault()
	return nil
}

// UnmarshalJSON implements json.Unmarshaler in the format of the control routes.
func (f *RandomFault) UnmarshalJSON(b []byte) error {
	var body faultBody
	if err := StrictJSON(b, &body); err != nil {
		return err
	}
	if body.Rate <= 0 || body.Rate > 1 {
		return fmt.Errorf("rate %v is not within (0, 1]", body.Rate)
	}
	f.Rate, f.Fault = body.Rate, body.fault()
	return nil
}

// Service is what faults need to know of the service to which they happen.
type Service struct {
	// Operations are the operations that a fault may name.
	Operations []Operation
	// Unavailable and Limited are the refusals of ServerError and RateLimit, with their default statuses.
	Unavailable, Limited Answer
	// Spoil has the service's own kinds of faults. Each corrupts the body of a response to a request that took effect.
	Spoil map[FaultKind]func(body []byte) []byte
}

// Faults are the faults of a service that carries out requests. It is safe for concurrent use.
type Faults struct {
	service Service
	draws   *Draws[Fault]
}

// NewFaults returns faults, none of which happens yet. The same seed reproduces the random ones for sequential requests.
func NewFaults(service Service, seed uint64) *Faults {
	return &Faults{service: service, draws: NewDraws[Fault](seed)}
}

// Check returns an error if the fault cannot happen to the service.
func (f *Faults) Check(fault Fault) error {
	kinds := []FaultKind{ServerError, Drop, Slow, HTML, RateLimit, Malformed, Truncated}
	switch {
	case !slices.Contains(kinds, fault.Kind) && f.service.Spoil[fault.Kind] == nil:
		return fmt.Errorf("unknown kind %q", fault.Kind)
	case fault.Operation != "" && !slices.Contains(f.service.Operations, fault.Operation):
		return fmt.Errorf("unknown operation %q", fault.Operation)
	case fault.Status != 0 && (fault.Status < 400 || fault.Status > 599):
		return fmt.Errorf("status %d is not an error status", fault.Status)
	case fault.Times < 0:
		return fmt.Errorf("times is %d", fault.Times)
	}
	return nil
}

// Inject queues faults: each request takes the first one that applies to its operation. It queues all of them or, if one
// cannot happen, none.
func (f *Faults) Inject(faults ...Fault) error {
	for _, fault := range faults {
		if err := f.Check(fault); err != nil {
			return err
		}
	}
	for _, fault := range faults {
		f.draws.Queue(fault, fault.Times)
	}
	return nil
}

// SetRandom replaces the faults that happen at random.
func (f *Faults) SetRandom(random ...RandomFault) {
	shares := make([]Share[Fault], len(random))
	for i, r := range random {
		shares[i] = Share[Fault]{Fault: r.Fault, Rate: r.Rate}
	}
	f.draws.SetShares(shares...)
}

// Clear removes the queued and the random faults.
func (f *Faults) Clear() { f.draws.Clear() }

// Control adds the routes of the faults: POST queues some and replaces the random ones, DELETE removes both.
func (f *Faults) Control(c Control) {
	type body struct {
		Faults []Fault       `json:"faults"`
		Random []RandomFault `json:"random"`
	}
	Receive(c, http.MethodPost, "faults", func(b body) error {
		for _, r := range b.Random {
			if err := f.Check(r.Fault); err != nil {
				return err
			}
		}
		if err := f.Inject(b.Faults...); err != nil {
			return err
		}
		if b.Random != nil {
			f.SetRandom(b.Random...)
		}
		return nil
	})
	c.Delete("faults", f.Clear)
}

// Draw returns the fault of a request, the zero Fault if there is none.
func (f *Faults) Draw(op Operation) Fault {
	fault, _ := f.draws.Draw(func(fault Fault) bool { return fault.Operation == "" || fault.Operation == op })
	return fault
}

// Exchange carries out a request with the fault drawn for it, if any, and returns the response. It does not call perform
// if the fault happens before the request takes effect.
func (f *Faults) Exchange(ctx context.Context, fault Fault, perform func() Answer) Answer {
	after := fault.AfterCommit && fault.Kind != RateLimit
	if !after {
		if instead, ok := f.instead(fault); ok {
			return instead
		}
		slow(ctx, fault)
	}
	a := perform()
	if after {
		if instead, ok := f.instead(fault); ok {
			return instead
		}
		slow(ctx, fault)
	}
	return f.spoil(fault, a)
}

func slow(ctx context.Context, fault Fault) {
	if fault.Kind == Slow {
		Wait(ctx, fault.Delay) // A service carries out the request even if the client has gone.
	}
}

// instead returns the response of a fault whose response does not depend on the request.
func (f *Faults) instead(fault Fault) (Answer, bool) {
	refusal := func(a Answer) Answer {
		a.RetryAfter = fault.RetryAfter
		if fault.Status != 0 {
			a.Status = fault.Status
		}
		return a
	}
	switch fault.Kind {
	case RateLimit:
		return refusal(f.service.Limited), true
	case ServerError:
		return refusal(f.service.Unavailable), true
	case Drop:
		return Answer{Dropped: true}, true
	case HTML:
		if fault.Status == 0 {
			fault.Status = http.StatusOK
		}
		return Page(fault.Status), true
	}
	return Answer{}, false
}

func (f *Faults) spoil(fault Fault, a Answer) Answer {
	switch spoil := f.service.Spoil[fault.Kind]; {
	case spoil != nil:
		return a.Spoilt(spoil)
	case fault.Kind == Malformed:
		return a.Spoilt(garbled)
	case fault.Kind == Truncated:
		return a.Spoilt(halved)
	}
	return a
}
