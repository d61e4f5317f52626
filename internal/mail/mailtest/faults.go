package mailtest

import (
	"slices"
	"strings"
	"time"
)

// FaultKind is a way to go wrong.
type FaultKind string

// The kinds.
const (
	// Down answers a new connection 421 and closes it.
	Down FaultKind = "down"
	// RefuseSender answers MAIL 550.
	RefuseSender FaultKind = "refuse_sender"
	// RefuseRecipient answers RCPT 550, repeating the address as servers do.
	RefuseRecipient FaultKind = "refuse_recipient"
	// Greylist answers RCPT 451.
	Greylist FaultKind = "greylist"
	// RefuseMail answers the end of the mail 554, and does not keep it.
	RefuseMail FaultKind = "refuse_mail"
	// BusyMail answers the end of the mail 452, and does not keep it.
	BusyMail FaultKind = "busy_mail"
	// CloseMidData closes the connection when the first line of the mail arrives.
	CloseMidData FaultKind = "close_mid_data"
	// CloseBeforeReply keeps the mail and closes the connection without an answer.
	CloseBeforeReply FaultKind = "close_before_reply"
	// GarbleReply keeps the mail and answers what is not SMTP.
	GarbleReply FaultKind = "garble_reply"
	// CloseAtQuit closes the connection when QUIT arrives.
	CloseAtQuit FaultKind = "close_at_quit"
	// Slow waits for Delay before it answers the end of a mail, or until the client gives up. The mail is kept.
	Slow FaultKind = "slow"
	// Silent waits in the same way before it greets a new connection.
	Silent FaultKind = "silent"
)

// Fault is something that goes wrong once, or several times.
type Fault struct {
	Kind FaultKind
	// Recipient limits RefuseRecipient and Greylist to one address; empty is any.
	Recipient string
	// Times is how often it happens, 1 where it is 0.
	Times int
	// Delay is for Slow and Silent.
	Delay time.Duration
}

// Fail queues faults. Each happens at its next occasion, in the order in which they were queued.
func (s *Server) Fail(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		f.Times = max(f.Times, 1)
		s.faults = append(s.faults, f)
	}
}

// Heal forgets the faults that have not happened.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// fault takes the first queued fault that is one of the kinds.
func (s *Server) fault(recipient string, kinds ...FaultKind) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if !slices.Contains(kinds, f.Kind) || (f.Recipient != "" && !strings.EqualFold(f.Recipient, recipient)) {
			continue
		}
		s.faults[i].Times--
		if s.faults[i].Times == 0 {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
		return f, true
	}
	return Fault{}, false
}
