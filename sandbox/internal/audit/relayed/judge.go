package relayed

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Tally is the result of comparing the books.
type Tally struct {
	// Events counts the events of which the shop was told that they are taken. Of these, Delivered are at the ERP, Coalesced were left
	// out for a newer state of their product, and Undelivered are left to people, who see them. Notices counts what came to the ERP
	// without its body, which was too large.
	Events      int `json:"relay_events"`
	Delivered   int `json:"relay_delivered"`
	Coalesced   int `json:"relay_coalesced"`
	Undelivered int `json:"relay_undelivered"`
	Notices     int `json:"relay_notices"`
	// Doubled counts what the ERP has taken once more, for a reason: the shop has announced it again, an answer was lost, or a worker
	// died. Stale counts what was marked as older than what had been delivered.
	Doubled int `json:"relay_doubled"`
	Stale   int `json:"relay_stale"`
	// Missing counts the events of which the shop was told that they are taken, and that neither came nor were left to people. Twice
	// counts what came once more without a reason, or with another ID, and Unordered what came before an earlier event of its resource.
	// Changed counts what the ERP has got that the shop has not sent.
	Missing   int `json:"relay_missing"`
	Twice     int `json:"relay_twice"`
	Unordered int `json:"relay_unordered"`
	Changed   int `json:"relay_changed"`
	// Mismarked counts older states without the mark, and marks without a reason. Unseen counts events that were given up, of which
	// people see nothing.
	Mismarked int `json:"relay_mismarked"`
	Unseen    int `json:"relay_unseen"`
	// Wait is how long half of the events were on their way at most, and LongestWait the longest.
	Wait        float64 `json:"relay_wait_median_seconds"`
	LongestWait float64 `json:"relay_wait_longest_seconds"`
	// Wrong describes what is wrong.
	Wrong []string `json:"-"`
}

const (
	// fresh is how old the state in an event is at least, and how long ago a newer one was delivered, if its mark is certain. The
	// promise is five seconds; the rest is for a busy machine.
	fresh = 7 * time.Second
	// dying is how long before or after an answer a process died that may have lost it, and repeated how much later at least its event
	// is tried again: once the attempt has timed out.
	dying    = 15 * time.Second
	repeated = 30 * time.Second
)

func (t *Tally) problem(n *int, format string, args ...any) {
	*n++
	t.Wrong = append(t.Wrong, fmt.Sprintf(format, args...))
}

// Judge compares the books.
func (b Books) Judge() Tally {
	t := &Tally{}
	if n := len(b.Requests); n != b.Counted {
		t.Wrong = append(t.Wrong, fmt.Sprintf("the shop has sent %d requests, and its list has %d", b.Counted, n))
	}
	if b.Waiting > 0 {
		t.Wrong = append(t.Wrong, fmt.Sprintf("events of %d orders or products still wait", b.Waiting))
	}
	for _, r := range b.Requests {
		if r.accepted() && (r.Trouble == forged || r.Trouble == unsigned) {
			t.problem(&t.Changed, "changed: a %s webhook was accepted", r.Trouble)
		}
	}
	for reason, n := range b.Refused {
		t.problem(&t.Changed, "changed: the ERP has refused %d requests: %s", n, reason)
	}
	events, by := b.events()
	b.judgeNames(t, by)
	resources := map[string][]*event{}
	var waits []time.Duration
	for _, e := range events {
		of := e.endpoint + "/" + e.resource
		resources[of] = append(resources[of], e)
		b.judgeDoubles(t, e)
		if len(e.takes) > 0 && !e.acked.IsZero() {
			waits = append(waits, b.Taken[e.takes[0]].At.Sub(e.acked))
		}
	}
	for _, of := range resources {
		b.judgeArrival(t, of)
		b.judgeOrder(t, of)
	}
	b.judgeMarks(t)
	b.judgeSeen(t)
	slices.Sort(waits)
	if n := len(waits); n > 0 {
		t.Wait, t.LongestWait = max(0, waits[n/2].Seconds()), max(0, waits[n-1].Seconds())
	}
	slices.Sort(t.Wrong)
	return *t
}

// judgeNames judges whether the ERP has got what the shop has sent, each event under one ID.
func (b Books) judgeNames(t *Tally, by map[key]*event) {
	ids, keys := map[key]string{}, map[string]key{}
	for i, d := range b.Taken {
		k := d.key()
		if d.Stale {
			t.Stale++
		}
		if d.Oversized > 0 {
			t.Notices++
		}
		e := by[k]
		if e == nil {
			t.problem(&t.Changed, "changed: the ERP has taken %s of %s/%s (number %d), which the shop has not sent so", d.Topic, d.Endpoint,
				d.Resource, i+1)
			continue
		}
		if d.Resource != e.resource {
			t.problem(&t.Changed, "changed: %v came as an event of %s", e, d.Resource)
		}
		named := d.Endpoint + " " + d.ID
		if of, known := keys[named]; known && of != k {
			t.problem(&t.Changed, "changed: %v has the ID of another event", e)
		}
		keys[named] = k
		if id, known := ids[k]; known && id != d.ID && d.Oversized == 0 { // Notices say too little to tell events apart.
			t.problem(&t.Twice, "twice: %v came with two IDs", e)
		}
		ids[k] = d.ID
	}
}

// unanswered reports whether the system may not know that an event was taken. It began to wait before the event was at the ERP, and
// may hear of the answer after it was given.
func (b Books) unanswered(d Taken) bool {
	return d.AnsweredAt.IsZero() || d.AnsweredAt.Sub(d.At) > b.Patience/4
}

// judgeDoubles judges whether an event came more often than there is a reason for.
func (b Books) judgeDoubles(t *Tally, e *event) {
	extra := len(e.takes) - len(e.requests)
	for _, r := range e.requests {
		if b.died(r.Began, r.At) { // Whoever kept it for the shop did not hear that it was kept, and has kept it again.
			extra--
		}
	}
	for n, i := range e.takes {
		d := b.Taken[i]
		switch {
		case b.unanswered(d):
			extra--
		case n+1 < len(e.takes) && b.Taken[e.takes[n+1]].At.Sub(d.AnsweredAt) >= repeated && b.died(d.AnsweredAt.Add(-dying), d.AnsweredAt.Add(dying)):
			extra--
		}
	}
	extra = max(0, extra)
	t.Doubled += max(0, len(e.takes)-1-extra)
	for range extra {
		t.problem(&t.Twice, "twice: %v came %d times; the shop has announced it %d times", e, len(e.takes), len(e.requests))
	}
}

// died reports whether a process died within a time.
func (b Books) died(from, to time.Time) bool {
	return slices.ContainsFunc(b.Deaths, func(death time.Time) bool { return !death.Before(from) && !death.After(to) })
}

// judgeArrival judges whether the events of a resource came.
func (b Books) judgeArrival(t *Tally, of []*event) {
	undelivered := map[key]bool{}
	for _, u := range b.Undelivered {
		undelivered[u.key()] = true
	}
	for _, e := range of {
		if e.acked.IsZero() {
			continue
		}
		t.Events++
		switch {
		case len(e.takes) > 0:
			t.Delivered++
		case undelivered[e.key]:
			t.Undelivered++
		case slices.ContainsFunc(of, func(newer *event) bool { return b.replaces(newer, e) }):
			t.Coalesced++
		case e.topic == coalesced:
			t.problem(&t.Missing, "missing: %v was left out, and no newer state came", e)
		default:
			t.problem(&t.Missing, "missing: %v, of which the shop was told at %s that it is taken", e, e.acked.Format(time.TimeOnly))
		}
	}
}

// coalesced is the topic of events that a newer state makes needless.
const coalesced = "products/update"

// replaces reports whether an event makes another one of the same resource needless: it shows a state that is not older, was announced
// later, and came.
func (b Books) replaces(newer, e *event) bool {
	return newer != e && e.topic == coalesced && newer.topic == coalesced && !newer.updated.Before(e.updated) &&
		newer.ended.After(e.began) && slices.ContainsFunc(newer.takes, func(i int) bool { return b.Taken[i].At.After(e.began) })
}

// judgeOrder judges whether the events of a resource came in the order in which they had been announced. Of two that were announced at
// the same time, either may come first.
func (b Books) judgeOrder(t *Tally, of []*event) {
	for _, e := range of {
		if len(e.takes) == 0 {
			continue
		}
		late := slices.IndexFunc(of, func(before *event) bool {
			return !before.acked.IsZero() && before.acked.Before(e.began) && len(before.takes) > 0 && before.takes[0] > e.takes[0] &&
				!b.leftOutAtFirst(before, of)
		})
		if late >= 0 {
			t.problem(&t.Unordered, "out of order: %v came at %s before %v, which had been taken %s earlier and came at %s, announced at %s",
				e, b.Taken[e.takes[0]].At.Format(clock), of[late], e.began.Sub(of[late].acked),
				b.Taken[of[late].takes[0]].At.Format(clock), of[late].announced())
		}
	}
}

// clock is the form of times in descriptions.
const clock = "15:04:05.000"

// announced returns when the shop has sent an event.
func (e *event) announced() string {
	var all []string
	for _, r := range e.requests {
		all = append(all, r.Began.Format(clock))
	}
	return strings.Join(all, ", ")
}

// leftOutAtFirst reports whether a newer state had made an event needless, and the shop has sent it again before it came. The relay knows
// what it has taken only for as long as its mailbox is open.
func (b Books) leftOutAtFirst(e *event, of []*event) bool {
	came := b.Taken[e.takes[0]]
	return slices.ContainsFunc(of, func(newer *event) bool { return b.replaces(newer, e) }) &&
		slices.ContainsFunc(e.requests, func(r Request) bool { return r.Began.After(e.acked) && r.Began.Before(came.At) })
}

// judgeMarks judges the marks of older states. A state of an order says nothing of one of its fulfilments.
func (b Books) judgeMarks(t *Tally) {
	type object struct{ resource, number string }
	before := map[object][]Taken{}
	for _, d := range b.Taken {
		if d.UpdatedAt.IsZero() {
			continue
		}
		of := object{d.Endpoint + "/" + d.Resource, d.Object}
		newer, certain := false, false
		for _, n := range before[of] {
			if !n.UpdatedAt.After(d.UpdatedAt) {
				continue
			}
			newer = true
			certain = certain || !b.unanswered(n) && d.At.Sub(n.AnsweredAt) >= fresh && d.At.Sub(d.UpdatedAt) >= fresh
		}
		switch {
		case d.Stale && !newer:
			t.problem(&t.Mismarked, "mismarked: %s of %s is marked as older, and nothing newer came before", d.Topic, of.resource)
		case !d.Stale && certain:
			t.problem(&t.Mismarked, "mismarked: %s of %s is older than what came before, and not marked", d.Topic, of.resource)
		}
		before[of] = append(before[of], d)
	}
}

// judgeSeen judges whether people see what was given up.
func (b Books) judgeSeen(t *Tally) {
	seen := map[string]int{}
	for _, u := range b.Undelivered {
		seen[u.Endpoint+"/"+u.Resource]++
	}
	for of, n := range b.GivenUp {
		for range n - seen[of] {
			t.problem(&t.Unseen, "unseen: an event of %s was given up, and nobody sees it", of)
		}
	}
}
