package simulator

import (
	"sync"
	"time"
)

// Bucket limits a rate. It holds points, or requests, that are taken and come back over time. It is safe for concurrent
// use.
type Bucket struct {
	now           func() time.Time
	size, restore float64

	mu     sync.Mutex
	points float64
	at     time.Time
}

// NewBucket returns a full bucket. The rate at which points are restored is per second, by the given clock.
func NewBucket(now func() time.Time, size, restore float64) *Bucket {
	return &Bucket{now: now, size: size, restore: restore, points: size, at: now()}
}

// Take takes points, unless there are too few, and returns the number left.
func (b *Bucket) Take(points float64) (left float64, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refill()
	if points > b.points {
		return b.points, false
	}
	b.points -= points
	return b.points, true
}

// GiveBack restores points that were taken but not used, and returns the number left.
func (b *Bucket) GiveBack(points float64) (left float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refill()
	b.points = min(b.size, b.points+points)
	return b.points
}

func (b *Bucket) refill() {
	now := b.now()
	if passed := now.Sub(b.at); passed > 0 {
		b.points = min(b.size, b.points+passed.Seconds()*b.restore)
		b.at = now
	}
}
