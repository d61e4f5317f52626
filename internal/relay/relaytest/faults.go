package relaytest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/giftbridge/giftbridge/internal/simulator"
)

// FaultKind is a kind of fault.
type FaultKind string

// The kinds of faults. All but Gone and Redirect may happen before or after the event is taken.
const (
	// ServerError answers with Status, by default 500, and RetryAfter.
	ServerError FaultKind = "server_error"
	// Throttle answers with 429 and RetryAfter.
	Throttle FaultKind = "throttle"
	// Gone answers with 410.
	Gone FaultKind = "gone"
	// Redirect answers with Status, by default 307, and a Location on another host.
	Redirect FaultKind = "redirect"
	// Drop closes the connection without an answer.
	Drop FaultKind = "drop"
	// Reset resets the connection.
	Reset FaultKind = "reset"
	// Slow waits for Delay or until the client gives up, and answers then.
	Slow FaultKind = "slow"
	// Garbage sends what is not HTTP.
	Garbage FaultKind = "garbage"
	// Endless takes the event and answers with 200 and a body without end.
	Endless FaultKind = "endless"
)

// Fault is a fault that happens to one or more requests.
type Fault struct {
	Kind FaultKind `json:"kind"`
	// Endpoint limits the fault to one endpoint, and Topic to one topic; empty means any.
	Endpoint Endpoint `json:"endpoint"`
	Topic    string   `json:"topic"`
	// Times is the number of requests to which a queued fault happens, by default 1.
	Times int `json:"times"`
	// AfterTaking lets the event be taken first.
	AfterTaking bool `json:"after_taking"`
	// Status applies to ServerError and Redirect, RetryAfter to ServerError and Throttle, and Delay to Slow.
	Status     int                `json:"status"`
	RetryAfter string             `json:"retry_after"`
	Delay      simulator.Duration `json:"delay"`
}

// RandomFault happens to a random share of the requests. A Rate of 1 means all of them.
type RandomFault struct {
	Fault
	Rate float64 `json:"rate"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (f *Fault) UnmarshalJSON(b []byte) error {
	type bare Fault
	return simulator.StrictJSON(b, (*bare)(f))
}

// UnmarshalJSON implements json.Unmarshaler.
func (f *RandomFault) UnmarshalJSON(b []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil {
		return err
	}
	if err := json.Unmarshal(fields["rate"], &f.Rate); err != nil {
		return errors.New("a random fault needs a rate")
	}
	delete(fields, "rate")
	rest, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	return json.Unmarshal(rest, &f.Fault)
}

func (f Fault) check() error {
	switch f.Kind {
	case ServerError, Throttle, Gone, Redirect, Drop, Reset, Slow, Garbage, Endless:
	default:
		return fmt.Errorf("unknown kind %q", f.Kind)
	}
	switch {
	case f.Endpoint != "" && f.Endpoint != Orders && f.Endpoint != Products:
		return fmt.Errorf("unknown endpoint %q", f.Endpoint)
	case f.Status != 0 && (f.Status < 300 || f.Status > 599):
		return fmt.Errorf("status %d is not one of a failure", f.Status)
	case f.Times < 0:
		return fmt.Errorf("times is %d", f.Times)
	}
	return nil
}

// Inject queues faults: each request takes the first one that applies to it. It queues all of them or, if one cannot happen, none.
func (s *Server) Inject(faults ...Fault) error {
	for _, f := range faults {
		if err := f.check(); err != nil {
			return err
		}
	}
	for _, f := range faults {
		s.draws.Queue(f, f.Times)
	}
	return nil
}

// SetRandom replaces the faults that happen at random.
func (s *Server) SetRandom(random ...RandomFault) error {
	shares := make([]simulator.Share[Fault], len(random))
	for i, r := range random {
		if err := r.check(); err != nil {
			return err
		}
		if r.Rate <= 0 || r.Rate > 1 {
			return fmt.Errorf("rate %v is not within (0, 1]", r.Rate)
		}
		shares[i] = simulator.Share[Fault]{Fault: r.Fault, Rate: r.Rate}
	}
	s.draws.SetShares(shares...)
	return nil
}

// Clear removes the queued and the random faults.
func (s *Server) Clear() { s.draws.Clear() }

// draw returns and counts the fault of a request, the zero Fault if there is none.
func (s *Server) draw(d Delivery) Fault {
	var f Fault
	if s.options.Fault != nil {
		if hooked := s.options.Fault(d); hooked != nil {
			f = *hooked
		}
	}
	if f.Kind == "" {
		f, _ = s.draws.Draw(func(f Fault) bool {
			return (f.Endpoint == "" || f.Endpoint == d.Endpoint) && (f.Topic == "" || f.Topic == d.Topic)
		})
	}
	if f.Kind == "" {
		return f
	}
	name := string(f.Kind)
	if f.taken() {
		name += "_after_taking"
	}
	s.counts.Fault(name)
	return f
}

// taken reports whether the event of a fault is taken.
func (f Fault) taken() bool {
	return f.Kind == Endless || f.AfterTaking && f.Kind != Gone && f.Kind != Redirect
}

// serve takes a valid request, or has its fault happen.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, d Delivery) {
	f, place := s.draw(d), -1
	if f.Kind == "" || f.taken() {
		place = s.take(d)
	}
	if f.Kind == Slow {
		if there := simulator.Wait(r.Context(), time.Duration(f.Delay)); there && place < 0 {
			place = s.take(d)
		}
	}
	status := func(standard int) int {
		if f.Status != 0 {
			return f.Status
		}
		return standard
	}
	a := simulator.Answer{Status: http.StatusOK, Raw: []byte("{}")}
	switch f.Kind {
	case ServerError:
		a = simulator.Refused(status(http.StatusInternalServerError), "it failed")
		a.RetryAfter = f.RetryAfter
	case Throttle:
		a = simulator.Refused(http.StatusTooManyRequests, "too many requests")
		a.RetryAfter = f.RetryAfter
	case Gone:
		a = simulator.Refused(http.StatusGone, "no events any more")
	case Redirect:
		w.Header().Set("Location", "https://elsewhere.invalid/")
		a = simulator.Refused(status(http.StatusTemporaryRedirect), "elsewhere")
	case Drop, Reset, Garbage:
		s.counts.Answered(d.Endpoint, 0)
		breakOff(w, f.Kind)
	case Endless:
		s.counts.Answered(d.Endpoint, http.StatusOK)
		w.WriteHeader(http.StatusOK)
		s.said(place)
		chunk := make([]byte, 1<<16)
		for r.Context().Err() == nil {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
		return
	}
	s.answer(w, r, d.Endpoint, a)
	if a.Status == http.StatusOK && place >= 0 && r.Context().Err() == nil {
		s.said(place)
	}
}

// breakOff ends the connection without an answer of HTTP. It does not return. With HTTP/2, which has no connection to take over, it
// resets the stream.
func breakOff(w http.ResponseWriter, kind FaultKind) {
	if kind != Drop {
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			switch tcp, ok := conn.(*net.TCPConn); {
			case kind == Garbage:
				_, _ = io.WriteString(conn, "this is not HTTP\r\n\r\n") // the client may be gone
			case ok:
				_ = tcp.SetLinger(0) // Close resets the connection then.
			}
			_ = conn.Close()
		}
	}
	panic(http.ErrAbortHandler)
}

// routeControl adds the control routes that the package documentation lists.
func (s *Server) routeControl() {
	c := simulator.Control{Mux: s.control}
	c.Show("deliveries", func() any { return s.Deliveries() })
	c.Show("stats", func() any { return s.Stats() })
	simulator.Receive(c, http.MethodPost, "faults", func(b struct {
		Faults []Fault       `json:"faults"`
		Random []RandomFault `json:"random"`
	},
	) error {
		if b.Random != nil {
			if err := s.SetRandom(b.Random...); err != nil {
				return err
			}
		}
		return s.Inject(b.Faults...)
	})
	c.Delete("faults", s.Clear)
	simulator.Receive(c, http.MethodPost, "away", func(b struct {
		Away bool `json:"away"`
	},
	) error {
		s.SetAway(b.Away)
		return nil
	})
}
