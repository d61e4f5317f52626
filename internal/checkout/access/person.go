package access

import (
	"crypto/hmac"
	"crypto/sha256"
	"time"
)

const (
	// free is the number of unusable codes of an end user without a wait.
	free = 5
	// firstWait follows the last of them, and maxWait is the longest wait. An end user is forgiven one code each maxWait.
	firstWait = 5 * time.Second
	maxWait   = 15 * time.Minute
	// maxStrikes is the first number of unusable codes with the longest wait. Further ones are not remembered.
	maxStrikes = free + 8
	// atOnce is the number of requests of a known end user that may be on their way, such as those for several cards.
	atOnce = 20
	// landsWithin is how long a request may be on its way: what is not reported as unusable by then has named a usable code,
	// or nobody could say. The issuer is asked for three seconds.
	landsWithin = 4 * time.Second
)

// personID is a hash of an end user; zero if the client names none.
type personID [16]byte

func (g *Guard) person(endUser string) (id personID) {
	if endUser == "" {
		return id
	}
	mac := hmac.New(sha256.New, g.secret[:])
	_, _ = mac.Write([]byte(endUser))
	copy(id[:], mac.Sum(nil))
	return id
}

// flight is a request on its way.
type flight struct {
	lands time.Time
	// paid is the budget that pays for its code, if that is unusable.
	paid *budget
}

// person is an end user whose request was admitted.
type person struct {
	id personID
	// strikes is the number of unusable codes that are held against the person, and forgiven the time when that is one less.
	strikes  int
	forgiven time.Time
	// until is the end of the wait.
	until time.Time
	// usable says that a code of the person was usable.
	usable  bool
	flights []flight
}

// update brings a person up to date.
func (p *person) update(now time.Time) {
	for len(p.flights) > 0 && !now.Before(p.flights[0].lands) {
		p.flights, p.usable = p.flights[1:], true
	}
	for p.strikes > 0 && !now.Before(p.forgiven) {
		p.strikes--
		p.forgiven = p.forgiven.Add(maxWait)
	}
}

// known reports whether a person has named usable codes alone.
func (p *person) known() bool { return p.usable && p.strikes == 0 }

// admits reports whether the person need not wait.
func (p *person) admits(now time.Time) (wait time.Duration, ok bool) {
	if now.Before(p.until) {
		return p.until.Sub(now), false
	}
	most := max(free-p.strikes, 1)
	if p.known() {
		most = atOnce
	}
	if len(p.flights) >= most {
		return p.flights[0].lands.Sub(now), false
	}
	return 0, true
}

// strike holds an unusable code against a person.
func (p *person) strike(now time.Time) {
	p.strikes = min(p.strikes+1, maxStrikes)
	p.forgiven = now.Add(maxWait)
	if over := p.strikes - free; over >= 0 {
		p.until = now.Add(min(firstWait<<over, maxWait))
	}
}
