package workflows

import "time"

// forget drops what need not be kept any more. What is open, or for a person to find out, is kept.
func (s *spendCard) forget(now time.Time) {
	excess := len(s.redemptions) - maxKept
	kept := s.redemptions[:0]
	for _, r := range s.redemptions {
		if until, settled := s.keptUntil(r); settled && (excess > 0 || !now.Before(until)) {
			excess--
			if r.AcceptedAt.After(s.forgotten) {
				s.forgotten = r.AcceptedAt
			}
			continue
		}
		kept = append(kept, r)
	}
	s.redemptions = kept
}

// keptUntil returns until when a redemption is kept, and whether it and its reversal are settled.
func (s *spendCard) keptUntil(r *Redemption) (until time.Time, settled bool) {
	keep, last := keepDeclined, r.SettledAt
	if r.Taken != "" {
		keep = keepMoved
	}
	open := r.State.Open()
	if back := r.Reversal; back != nil {
		open = open || back.State.Open()
		last = back.SettledAt
	}
	return last.Add(s.hurried(keep)), !open
}

// idleFor returns how long to wait if nothing is asked for.
func (s *spendCard) idleFor(now time.Time) time.Duration {
	wait := time.Duration(0)
	for _, r := range s.redemptions {
		if until, settled := s.keptUntil(r); settled && (wait == 0 || until.Sub(now) < wait) {
			wait = until.Sub(now)
		}
	}
	if wait == 0 && s.unknown() {
		return keepMoved // A person's answer ends it earlier.
	}
	return max(wait, s.hurried(lingers))
}
