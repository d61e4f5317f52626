// Package schedule says when an event that did not reach its endpoint is sent again.
package schedule

import (
	"math/rand/v2"
	"time"
)

// pauses are the pauses between one attempt and the next, as Standard Webhooks 1.0.0 suggests them
// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md): ten attempts in a little more than
// three days.
var pauses = [...]time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour,
	20 * time.Hour, 24 * time.Hour,
}

const (
	// Attempts is how often an event is sent before the schedule is over.
	Attempts = len(pauses) + 1
	// MaxAsked is the longest wait that an endpoint can ask for; a longer one is cut to it.
	MaxAsked = 24 * time.Hour
	// jitter is the largest share by which a pause is lengthened, so that events that failed together do not come back together.
	jitter = 0.1
)

// Schedule is the schedule of all endpoints. The zero value is ready to use. It is safe for concurrent use if Random is.
type Schedule struct {
	// Random returns a number from 0 to less than 1. Nil means that of package math/rand/v2.
	Random func() float64
	// Hurry divides the pauses; zero is one. What an endpoint asks for stays as it is. Only installations in which everything runs
	// faster have another.
	Hurry int
}

// After returns the pause after a failed attempt, and whether the schedule has another attempt. Attempts count from 1; a lower
// number counts as 1. Asked is how long the endpoint asks to wait, 0 if it does not: the pause is never shorter, up to [MaxAsked].
// After the last attempt, the pause is the longest of the schedule, for events that are sent until they arrive.
func (s Schedule) After(attempt int, asked time.Duration) (pause time.Duration, again bool) {
	i := max(attempt, 1) - 1
	again = i < len(pauses)
	pause = max(pauses[min(i, len(pauses)-1)]/time.Duration(max(s.Hurry, 1)), min(asked, MaxAsked))
	random := s.Random
	if random == nil {
		random = rand.Float64
	}
	return pause + time.Duration(float64(pause)*jitter*random()), again
}
