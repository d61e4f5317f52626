package workflows

import "time"

// pollWindow is what a scheduled poll looks at: the orders that were updated in [since, until).
type pollWindow struct {
	since, until time.Time
	// watermark is where the next poll begins, before its overlap.
	watermark time.Time
	// missed are orders that became too old before a poll looked at them.
	missed *MissedOrders
	// rewound reports whether the last watermark was too far in the future to be believed.
	rewound bool
}

// windowOf returns the window of a poll that the schedule starts now, after the last one that completed. The zero value of
// last is no poll.
func windowOf(now time.Time, in PollOrdersInput, last PollOrdersResult) pollWindow {
	createdFrom := latest(in.CreatedAtMin, now.Add(-time.Duration(in.MaxOrderAge)))
	w := pollWindow{
		since: createdFrom, until: now.Add(-time.Duration(in.SettleDelay)), missed: last.Missed.at(now),
	}
	if last.Watermark.After(now) && last.Watermark.Sub(w.until) > time.Duration(in.Overlap) {
		// A wrong clock wrote the watermark. Orders between the time of that poll and the watermark may not have been
		// seen. So all orders that count are looked at again, and known orders are recognised.
		w.watermark, w.rewound = w.until, true
		return w
	}
	var since time.Time
	if !last.Watermark.IsZero() {
		since = last.Watermark.Add(-time.Duration(in.Overlap))
		w.since = latest(w.since, since)
	}
	if seen := latest(in.CreatedAtMin, last.Watermark); seen.Before(createdFrom) {
		w.missed = w.missed.and(MissedOrders{From: latest(in.CreatedAtMin, since), Until: createdFrom, FoundAt: now})
	}
	// The watermark never goes back, not even if the clock goes back a little.
	w.watermark = latest(last.Watermark, w.until)
	return w
}

// at returns m while it should still be reported (48 h), then nil.
func (m *MissedOrders) at(now time.Time) *MissedOrders {
	if m == nil || now.Sub(m.FoundAt) >= tellMissed {
		return nil
	}
	return m
}

// and merges m with more missed orders.
func (m *MissedOrders) and(more MissedOrders) *MissedOrders {
	if m != nil {
		if m.From.Before(more.From) {
			more.From = m.From
		}
		more.Until = latest(m.Until, more.Until)
	}
	return &more
}

// MissedOrders are the orders created in [From, Until) that were too old to be taken in when a poll looked again,
// because there had been no poll for longer than MaxOrderAge, or because that poll had no watermark to begin from.
type MissedOrders struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	// FoundAt is when a poll first noticed.
	FoundAt time.Time `json:"found_at"`
}

// tellMissed is how long polls report missed orders: a digest and a half.
const tellMissed = 48 * time.Hour

func (p *poll) window() string {
	return p.Result.Since.Format(time.RFC3339) + " to " + p.Result.Until.Format(time.RFC3339)
}
