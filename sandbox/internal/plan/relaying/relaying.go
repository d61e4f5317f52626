// Package relaying says what becomes of the ERP that takes the shop's events in a run of the laboratory.
package relaying

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/sandbox/internal/plan/happenings"
)

// Relaying is what becomes of the ERP. The zero value has none.
type Relaying struct {
	// At is when it goes away, and For is how long it stays away. That may be longer than everything else lasts.
	At, For time.Duration
}

// The times for which the ERP is away, in production: in runs of the usual length, and in shorter ones.
const (
	usual   = 6 * time.Hour
	shorter = 20 * time.Minute
)

// usualLength is the length of a run from which on the ERP is away for the usual time.
const usualLength = time.Minute

// New returns what becomes of the ERP in a run of a length with a seed. hurry is how much faster everything is than in production.
func New(seed uint64, length time.Duration, hurry int) Relaying {
	// Early, so that most of what waits is delivered once everything else is quiet: two runs at a time fill a small machine.
	const from, to, percent = 30, 37, 100
	random := rand.New(rand.NewPCG(seed, 0x656e7465))
	r := Relaying{At: length * time.Duration(from+random.IntN(to-from)) / percent, For: usual / time.Duration(hurry)}
	if length < usualLength {
		r.For = shorter / time.Duration(hurry)
	}
	return r
}

// On reports whether there is an ERP.
func (r Relaying) On() bool { return r.For > 0 }

// String describes it in a few words.
func (r Relaying) String() string {
	if !r.On() {
		return "no ERP"
	}
	return fmt.Sprintf("an ERP that is away for %.0fs from %.0fs on", r.For.Seconds(), r.At.Seconds())
}

// Troubles lists what must befall the events of a run with so many orders: nothing if there are few.
func (r Relaying) Troubles(orders int) []happenings.What {
	if !r.On() || orders < enough {
		return nil
	}
	return append(slices.Clone(happenings.RelayTroubles), happenings.RelayAway)
}

// enough is fewer than the orders of a run of the usual size.
const enough = 150
