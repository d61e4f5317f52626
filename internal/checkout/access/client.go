package access

import (
	"container/list"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// perMinute is the number of unusable codes of a client that are admitted at once, and then in each minute.
	perMinute = 30
	// maxDebt is how far a budget goes below zero when many requests on their way turn out to be guesses.
	maxDebt = 5 * perMinute
	// maxPersons is the number of end users of a client that are remembered.
	maxPersons = 20_000
)

// budget is a number of unusable codes that fills up again.
type budget struct {
	left float64
	at   time.Time
	// flights are when the requests on their way that the budget would pay for land.
	flights []time.Time
}

// admits reports whether the budget can pay for another request. While less than half of it is used, what is on its way
// does not count: otherwise a busy shop would be refused whose codes are all usable.
func (b *budget) admits(now time.Time) (wait time.Duration, ok bool) {
	b.left = min(b.left+now.Sub(b.at).Minutes()*perMinute, perMinute)
	b.at = now
	for len(b.flights) > 0 && !now.Before(b.flights[0]) {
		b.flights = b.flights[1:]
	}
	switch {
	case b.left >= perMinute/2, b.left-float64(len(b.flights)) >= 1:
		return 0, true
	case b.left < 1:
		return time.Duration(math.Ceil((1 - b.left) / perMinute * float64(time.Minute))), false
	}
	return b.flights[0].Sub(now), false
}

// pay takes an unusable code off the budget.
func (b *budget) pay() {
	b.left = max(b.left-1, -maxDebt)
	if len(b.flights) > 0 {
		b.flights = b.flights[1:]
	}
}

// client is what a receiver remembers of a client.
type client struct {
	mu   sync.Mutex
	rate *rate.Limiter
	// open is the budget for everybody, and kept that for known end users when open is used up.
	open, kept budget
	persons    map[personID]*list.Element
	// order has the persons, the one that was admitted last in front.
	order *list.List
}

func newClient(maxRPS float64, now time.Time) *client {
	limit, burst := rate.Inf, 0
	if maxRPS > 0 {
		limit, burst = rate.Limit(maxRPS), max(1, int(maxRPS))
	}
	full := budget{left: perMinute, at: now}
	return &client{
		rate: rate.NewLimiter(limit, burst), open: full, kept: full, persons: map[personID]*list.Element{}, order: list.New(),
	}
}

func (c *client) admit(id personID, now time.Time) (wait time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.find(id, now)
	if p != nil {
		if wait, ok := p.admits(now); !ok {
			return wait, false
		}
	}
	from := &c.open
	wait, ok = from.admits(now)
	if !ok && p != nil {
		switch {
		case p.known():
			from = &c.kept
			wait, ok = from.admits(now)
		case p.strikes == 0 && len(p.flights) > 0:
			wait = min(wait, p.flights[0].lands.Sub(now)) // Then the person is known.
		}
	}
	if !ok {
		return wait, false
	}
	slot := c.rate.ReserveN(now, 1)
	if wait := slot.DelayFrom(now); wait > 0 {
		slot.CancelAt(now)
		return wait, false
	}
	lands := now.Add(landsWithin)
	from.flights = append(from.flights, lands)
	if id != (personID{}) {
		p = c.remember(id, now)
		p.flights = append(p.flights, flight{lands: lands, paid: from})
	}
	return 0, true
}

func (c *client) unusable(id personID, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	from := &c.open
	if id != (personID{}) {
		p := c.remember(id, now)
		if len(p.flights) > 0 {
			from, p.flights = p.flights[0].paid, p.flights[1:]
		}
		p.strike(now)
	}
	from.pay()
}

// find returns a person that is remembered, or nil.
func (c *client) find(id personID, now time.Time) *person {
	e := c.persons[id]
	if e == nil {
		return nil
	}
	p := e.Value.(*person)
	p.update(now)
	return p
}

// remember returns a person, who is the last to be forgotten now.
func (c *client) remember(id personID, now time.Time) *person {
	if p := c.find(id, now); p != nil {
		c.order.MoveToFront(c.persons[id])
		return p
	}
	if c.order.Len() >= maxPersons {
		delete(c.persons, c.order.Remove(c.order.Back()).(*person).id)
	}
	p := &person{id: id}
	c.persons[id] = c.order.PushFront(p)
	return p
}
