package fourwayshoptest

import (
	"net/http"

	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/bodies"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/jobs"
	"github.com/giftbridge/giftbridge/internal/simulator"
)

// The faults are those of every issuer, and one of this service's own; the troubles are those of its queue. They have
// names here so that a test names one package.
type (
	// Operation names a kind of request in [Stats], [Fault] and [Trouble].
	Operation = simulator.Operation
	// FaultKind is a kind of fault.
	FaultKind = simulator.FaultKind
	// Fault is a fault that happens to one or more requests.
	Fault = simulator.Fault
	// RandomFault happens to a random share of the requests.
	RandomFault = simulator.RandomFault
	// Trouble is what goes wrong with one or more jobs.
	Trouble = jobs.Trouble
	// RandomTrouble befalls a random share of the jobs.
	RandomTrouble = jobs.RandomTrouble
)

// The kinds of faults. To commit means to enqueue the job.
const (
	ServerError = simulator.ServerError
	Drop        = simulator.Drop
	Slow        = simulator.Slow
	HTML        = simulator.HTML
	RateLimit   = simulator.RateLimit
	Malformed   = simulator.Malformed
	Truncated   = simulator.Truncated
	// Silent answers with an empty object, which does not say whether the request succeeded. The request has taken effect.
	Silent FaultKind = "silent"
)

func newFaults(seed uint64) *simulator.Faults {
	return simulator.NewFaults(simulator.Service{
		Operations:  []Operation{Login, Generate, Get, Update, MakePDF, Download},
		Unavailable: transport(http.StatusInternalServerError, "Internal Server Error"),
		Limited:     limited(""),
		Spoil: map[FaultKind]func([]byte) []byte{
			Silent: func([]byte) []byte { return []byte("{}") },
		},
	}, seed)
}

// Inject queues faults: each request takes the first one that applies to its operation. It panics on an invalid fault.
func (s *Server) Inject(faults ...Fault) {
	if err := s.faults.Inject(faults...); err != nil {
		panic("fourwayshoptest: inject fault: " + err.Error())
	}
}

// Befall queues troubles: each job takes the first one that applies to its operation. It panics on an invalid trouble.
func (s *Server) Befall(troubles ...Trouble) {
	if err := s.queue.Befall(troubles...); err != nil {
		panic("fourwayshoptest: trouble: " + err.Error())
	}
}

// Clear removes the queued and the random faults and troubles.
func (s *Server) Clear() {
	s.faults.Clear()
	s.queue.ClearTroubles()
}

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

func enqueued() simulator.Answer {
	return simulator.Answer{Status: http.StatusOK, Body: bodies.Enqueued{Success: true}}
}

// transport is an answer that is given before the service looks at a request.
func transport(status int, text string) simulator.Answer {
	return simulator.Answer{Status: status, Body: bodies.Transport{Message: text}}
}

// denied is the published answer to a token that is wrong or expired.
func denied() simulator.Answer { return transport(http.StatusUnauthorized, "Access Denied.") }

func limited(retryAfter string) simulator.Answer {
	a := transport(http.StatusTooManyRequests, "Too Many Requests")
	a.RetryAfter = retryAfter
	return a
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, op Operation, a simulator.Answer) {
	simulator.Wait(r.Context(), s.options.Latency)
	s.counts.Answered(op, a.Status)
	a.Send(w)
}
