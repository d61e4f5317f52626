package sonartest

import (
	"bytes"
	"net/http"

	"github.com/giftbridge/giftbridge/internal/simulator"
)

// The faults are those of every service, and some of Sonar's own. They have names here so that a test names one package.
type (
	// Operation names a kind of request in [Stats] and [Fault].
	Operation = simulator.Operation
	// FaultKind is a kind of fault.
	FaultKind = simulator.FaultKind
	// Fault is a fault that happens to one or more requests.
	Fault = simulator.Fault
	// RandomFault happens to a random share of the requests.
	RandomFault = simulator.RandomFault
)

// The kinds of faults.
const (
	ServerError = simulator.ServerError
	Drop        = simulator.Drop
	Slow        = simulator.Slow
	HTML        = simulator.HTML
	RateLimit   = simulator.RateLimit
	Malformed   = simulator.Malformed
	Truncated   = simulator.Truncated
	// TimedOut answers "Request Timed Out" with Status, by default 504. AfterCommit applies.
	TimedOut FaultKind = "timed_out"
	// Silent answers with an empty object, which does not say what became of the message. The message was taken.
	Silent FaultKind = "silent"
	// Huge answers with some megabytes. The message was taken.
	Huge FaultKind = "huge"
)

// hugeBody is the size of such an answer in bytes.
const hugeBody = 4 << 20

func newFaults(seed uint64) *simulator.Faults {
	refusal := func(status int, text string) simulator.Answer {
		return simulator.Answer{Status: status, Body: errorBody{text}}
	}
	return simulator.NewFaults(simulator.Service{
		Operations:  []Operation{SendMessage},
		Unavailable: refusal(http.StatusServiceUnavailable, "Service Unavailable"),
		Limited:     refusal(http.StatusTooManyRequests, "Too Many Requests"),
		Spoil: map[FaultKind]func([]byte) []byte{
			TimedOut: func([]byte) []byte { return simulator.MustMarshal(errorBody{timedOut}) },
			Silent:   func([]byte) []byte { return []byte("{}") },
			Huge:     func(body []byte) []byte { return append(bytes.Repeat([]byte(" "), hugeBody), body...) },
		},
	}, seed)
}

// Inject queues faults: each request takes the first one that applies to its operation. It panics on an invalid fault.
func (s *Server) Inject(faults ...Fault) {
	if err := s.faults.Inject(faults...); err != nil {
		panic("sonartest: inject fault: " + err.Error())
	}
}

// ClearFaults removes the queued and the random faults.
func (s *Server) ClearFaults() { s.faults.Clear() }

// draw returns and counts the fault of a request. It is the zero Fault if there is none.
func (s *Server) draw(req Request) Fault {
	var f Fault
	if s.options.Fault != nil {
		if hooked := s.options.Fault(req); hooked != nil {
			f = *hooked
		}
	}
	if f.Kind == "" {
		f = s.faults.Draw(req.Operation)
	}
	if f.Kind != "" {
		s.counts.Fault(f.Name())
	}
	return f
}
