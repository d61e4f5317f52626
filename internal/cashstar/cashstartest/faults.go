package cashstartest

import (
	"encoding/json"
	"net/http"

	"github.com/giftbridge/giftbridge/internal/simulator"
)

// The faults are those of every issuer, and one of CashStar's own. They have names here so that a test names one package.
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
	// WrongMerchant returns a card of another merchant. The request has taken effect.
	WrongMerchant FaultKind = "wrong_merchant"
)

func newFaults(seed uint64) *simulator.Faults {
	return simulator.NewFaults(simulator.Service{
		Operations:  []Operation{ListMerchants, GetCatalog, GetFaceplates, CreateOrder, GetBalance, CancelCard},
		Unavailable: refusal(http.StatusServiceUnavailable, "the service is not available"),
		Limited:     limited(""),
		Spoil: map[FaultKind]func([]byte) []byte{
			WrongMerchant: func(body []byte) []byte { return withMerchant(body, "NOT-THE-ONE") },
		},
	}, seed)
}

// Inject queues faults: each request takes the first one that applies to its operation. It panics on an invalid fault.
func (s *Server) Inject(faults ...Fault) {
	if err := s.faults.Inject(faults...); err != nil {
		panic("cashstartest: inject fault: " + err.Error())
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
	return simulator.MustMarshal(tree)
}
