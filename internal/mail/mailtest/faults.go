package mailtest

import (
	"slices"
	"strings"
	"time"
)

// FaultKind is a kind of fault.
type FaultKind string

// The kinds.
const (
	// Down replies 421 to a new connection and closes it.
	Down FaultKind = "down"
	// RefuseSender replies 550 to MAIL.
	RefuseSender FaultKind = "refuse_sender"
	// RefuseRecipient replies 550 to RCPT, repeating the address as servers do.
	RefuseRecipient FaultKind = "refuse_recipient"
	// Greylist replies 451 to RCPT.
	Greylist FaultKind = "greylist"
	// RefuseMail replies 554 at the end of the mail, and does not keep it.
	RefuseMail FaultKind = "refuse_mail"
	// BusyMail replies 452 at the end of the mail, and does not keep it.
	BusyMail FaultKind = "busy_mail"
	// CloseMidData closes the connection when the first line of the mail arrives.
	CloseMidData FaultKind = "close_mid_data"
	// CloseBeforeReply keeps the mail and closes the connection without a reply.
	CloseBeforeReply FaultKind = "close_before_reply"
	// GarbleReply keeps the mail and sends a reply that is not SMTP.
	GarbleReply FaultKind = "garble_reply"
	// CloseAtQuit closes the connection when QUIT arrives.
	CloseAtQuit FaultKind = "close_at_quit"
	// Slow keeps the mail, and waits for Delay, or until the client gives up, before the reply at the end of the mail.
	Slow FaultKind = "slow"
	// Silent waits in the same way before it greets a new connection.
	Silent FaultKind = "silent"
)

// Fault is a fault that happens once or several times.
type Fault struct {
	Kind FaultKind
	// Recipient limits the faults of RCPT, and those at the end of a mail, to one address; empty means any.
	Recipient string
	// Times is how often the fault happens, by default once.
	Times int
	// Delay applies to Slow and Silent.
	Delay time.Duration
}

// Fail queues faults. Each happens at the next opportunity, in the order in which they were queued.
func (s *Server) Fail(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		f.Times = max(f.Times, 1)
		s.faults = append(s.faults, f)
	}
}

// Heal removes the faults that have not happened yet.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// fault returns the first queued fault of one of the kinds, and reports whether there was one. It counts down the
// fault's Times. recipients are those that the mail has so far.
func (s *Server) fault(recipients []string, kinds ...FaultKind) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		concerns := func(to string) bool { return strings.EqualFold(f.Recipient, to) }
		if !slices.Contains(kinds, f.Kind) || (f.Recipient != "" && !slices.ContainsFunc(recipients, concerns)) {
			continue
		}
		s.faults[i].Times--
		if s.faults[i].Times == 0 {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
		if s.options.OnFault != nil {
			s.options.OnFault(f)
		}
		return f, true
	}
	return Fault{}, false
}
