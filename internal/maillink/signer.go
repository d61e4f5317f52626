package maillink

import (
	"strings"
	"time"
)

// Signer makes the links of one digest.
type Signer struct {
	keys    Keys
	base    string
	day     string
	expires time.Time
}

// Maker makes links to one receiver.
type Maker struct {
	keys Keys
	base string
}

// NewMaker returns a maker of links to the receiver at base, its address as people reach it. It is nil, and makes no
// links, without an address or without a key.
func NewMaker(base string, keys Keys) *Maker {
	if base == "" || len(keys) == 0 {
		return nil
	}
	return &Maker{keys: keys, base: strings.TrimRight(base, "/")}
}

// For returns the signer of the digest that was scheduled for the given time. Its day is the day in that time's zone. A
// digest that is sent again, days later, gets the same links.
func (m *Maker) For(at time.Time) *Signer {
	if m == nil {
		return nil
	}
	return &Signer{keys: m.keys, base: m.base, day: at.Format(dayFormat), expires: at.Add(Validity)}
}

// Link returns the address that does the action for the given run of an order, or the empty string if there are no links,
// or if the order cannot be named in one.
func (s *Signer) Link(workflowID, runID string, a Action) string {
	if s == nil {
		return ""
	}
	token, err := s.keys.Sign(Link{WorkflowID: workflowID, RunID: runID, Action: a, Day: s.day, Expires: s.expires})
	if err != nil {
		return ""
	}
	return s.base + Path + token
}
