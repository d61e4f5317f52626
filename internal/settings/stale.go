package settings

import "time"

// StaleIntervals is the number of intervals after which a schedule's action counts as overdue.
const StaleIntervals = 3

// StaleAfter returns the age beyond which a watermark is stale: with this poll interval and settle delay, polls must
// then be missing.
func StaleAfter(interval, settle time.Duration) time.Duration {
	return StaleIntervals*interval + settle
}

// Stale reports whether a watermark of this age is stale by the configuration of the process.
func (o *Settings) Stale(age time.Duration) bool {
	return age > StaleAfter(o.configured.PollEvery, time.Duration(o.configured.Poll.SettleDelay))
}
