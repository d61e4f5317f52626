package settings

import "time"

// StaleIntervals is the number of intervals after which something that a schedule does counts as overdue.
const StaleIntervals = 3

// StaleAfter returns the age from which a watermark is stale: polls that run at this interval and leave the newest changes
// to settle are then missing.
func StaleAfter(interval, settle time.Duration) time.Duration {
	return StaleIntervals*interval + settle
}

// Stale reports whether a watermark of this age is stale by the process's own configuration.
func (o *Settings) Stale(age time.Duration) bool {
	return age > StaleAfter(o.cfg.Poll.Interval, o.cfg.Poll.SettleDelay)
}
