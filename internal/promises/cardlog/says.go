package cardlog

import (
	"fmt"
	"time"
)

// Says says in one line where a card stands.
func (s Standing) Says() string {
	since := ", since " + s.Since.Format(time.RFC3339)
	said := ""
	switch s.State {
	case NotBegun:
		return "not requested yet"
	case Asked:
		said = fmt.Sprintf("waiting for the issuer to generate it%s (attempt %d)", since, s.Generated)
	case Claimed:
		said = "generated and claimed, and worth nothing yet" + since
		if s.Activated > 0 {
			said = fmt.Sprintf("generated and claimed; to be activated (attempt %d)%s", s.Activated, since)
		}
	case Activating:
		what := "the issuer has not answered"
		if s.Answered {
			what = "the issuer has answered, and does not show the result"
		}
		said = fmt.Sprintf("its activation is open%s (attempt %d): %s", since, s.Activated, what)
	case Settled:
		said = "settled " + s.Since.Format(time.RFC3339)
		if !s.ValidUntil.IsZero() {
			said += ", valid until " + s.ValidUntil.Format(time.DateOnly)
		}
		if s.Resolved != nil {
			said += ", as " + s.Resolved.By + " found out"
		}
	case Failed:
		said = "FAILED " + s.Since.Format(time.RFC3339)
		if s.Failure != nil {
			said += ", " + s.Failure.Kind + ": " + s.Failure.Message
		}
		switch {
		case s.MayHaveValue && s.Resolved == nil:
			said += "; a card may have a value"
		case s.Resolved != nil && s.Resolved.Issued:
			said += "; a person has found out that it has its value"
		case s.Resolved != nil:
			said += "; a person has found out that it has no value"
		}
	}
	for _, alarm := range []struct {
		n    int
		what string
	}{{s.Conflicting, "callbacks that named another card"}, {s.Refused, "named cards that cannot be used"}} {
		if alarm.n > 0 {
			said += fmt.Sprintf("; %d %s", alarm.n, alarm.what)
		}
	}
	return said
}
