package told

import (
	"maps"
	"math/big"
	"slices"
	"time"
)

// judge judges the messages of one order.
type judge struct {
	*Tally

	books  Books
	order  Order
	person Person
	told   []text
	state  State
	// seen reports whether the system knows the order.
	seen bool
}

func (j *judge) judge() {
	j.judgeStates()
	j.judgePeople()
	first, n := j.judgeReceipt()
	if n == 0 && j.silent() {
		if len(j.told) > 0 {
			j.problem(&j.Misstated, "%s: nothing is to be told, and its customer got %d messages", j.order.Name, len(j.told))
		}
		return
	}
	j.judgeTexts()
	j.judgeEarly(first, n)
	if !j.order.paid() || j.order.Test {
		return
	}
	j.judgeParcels()
	if n == 1 {
		j.judgeQuantities(first)
		j.judgeMoney(first.delivery.At)
	}
}

// all returns what the system says of the messages in some states of a kind; an empty kind stands for all.
func (j *judge) all(kind string, states ...string) (out []Message) {
	for _, m := range j.state.Messages {
		if (kind == "" || m.Kind == kind) && slices.Contains(states, m.State) {
			out = append(out, m)
		}
	}
	return out
}

// unsent returns the messages of a kind that the system says it has not delivered, or may not have.
func (j *judge) unsent(kind string) []Message { return j.all(kind, dropped, failed, unsubscribed) }

// doubted returns the number of messages of kinds of which it is not known whether the customer got them.
func (j *judge) doubted(kinds ...string) (n int) {
	for _, m := range j.all("", failed) {
		if m.Failure == inDoubt && (len(kinds) == 0 || slices.Contains(kinds, m.Kind)) {
			n++
		}
	}
	return n
}

// judgeStates judges what the system says of its messages.
func (j *judge) judgeStates() {
	fates := map[string]bool{}
	for _, m := range j.state.Messages {
		switch m.State {
		case sent:
		case unsubscribed:
			fates[FateUnsubscribed] = true
			fates[FateLeft] = !j.person.Left.IsZero()
			j.Dropped[unsubscribed]++
			if !j.person.Unsubscribed && j.person.Left.IsZero() {
				j.problem(&j.Misstated, "%s: its customer has not unsubscribed", j.order.Name)
			}
		case dropped:
			j.Dropped[m.Dropped]++
			fates[fateDropped+m.Dropped] = true
			if !j.justified(m.Dropped) {
				j.problem(&j.Misstated, "%s: a %s was dropped as %s, which it is not", j.order.Name, m.Kind, m.Dropped)
			}
		case failed:
			j.judgeFailed(m, fates)
		default:
			j.problem(&j.Misstated, "%s: a message is in the state %q", j.order.Name, m.State)
		}
	}
	for fate, is := range fates {
		if is {
			j.Fates[fate]++
		}
	}
	for _, u := range j.books.Unsent {
		known := func(m Message) bool { return m.Key == u.Key && m.State == failed }
		if u.Order == id(j.order.ID) && !slices.ContainsFunc(j.state.Messages, known) {
			j.problem(&j.Misstated, "%s: people see a message as unsent that is not", j.order.Name)
		}
	}
	is, doubted, got := len(j.all("", sent)), j.doubted(), len(j.told)
	if got < is || got > is+doubted {
		j.problem(&j.Misstated, "%s: the system says that it has sent %d messages, with %d in doubt, and its customer got %d",
			j.order.Name, is, doubted, got)
	}
}

func (j *judge) judgeFailed(m Message, fates map[string]bool) {
	j.Unsent[m.Failure]++
	switch {
	case m.Failure == inDoubt:
		fates[FateInDoubt] = true
	case m.Failure == refused && j.person.Unreachable:
		fates[FateRefused] = true
	default:
		j.problem(&j.Missing, "missing: %s: a %s could not be sent: %s", j.order.Name, m.Kind, m.Failure)
	}
	if !slices.Contains(j.books.Unsent, Unsent{Order: id(j.order.ID), Key: m.Key}) {
		j.problem(&j.Unseen, "unseen: %s: a %s could not be sent, and nobody sees it", j.order.Name, m.Kind)
	}
}

// justified reports whether a message may have been dropped for a reason.
func (j *judge) justified(reason string) bool {
	switch reason {
	case "":
		return false
	case j.person.Why:
		return true
	case unsubscribed:
		return j.person.Unsubscribed || !j.person.Left.IsZero()
	case "test":
		return j.order.Test
	case cancelled:
		return !j.order.CancelledAt.IsZero()
	case "empty":
		return j.order.empty()
	case "delivered":
		return slices.ContainsFunc(j.order.Fulfillments, Fulfillment.delivered)
	}
	return false
}

func (f Fulfillment) delivered() bool { return f.DisplayStatus == "DELIVERED" }

// judgePeople requires that only the customer got messages, and only as long as he wanted them.
func (j *judge) judgePeople() {
	p := j.person
	for _, m := range j.told {
		switch {
		case p.Number == "":
			j.problem(&j.Unasked, "unasked: %s: a message to a customer of whom there is %s", m.short(), p.Why)
		case m.delivery.To != p.Number:
			j.problem(&j.Unasked, "unasked: %s: a message to somebody else", m.short())
		case p.Unsubscribed || !p.Left.IsZero() && m.delivery.At.After(p.Left):
			j.problem(&j.Unasked, "unasked: %s: a message to a customer who has unsubscribed", m.short())
		}
	}
	// An answer may be lost twice.
	const each = 3
	stopped := len(j.all("", unsubscribed))
	if most := each * (1 + len(j.all("", failed))); p.Unsubscribed && j.books.Asked[p.Number] > most || stopped > 1 {
		j.problem(&j.Unasked, "unasked: %s: %d requests for a customer who has unsubscribed, of which %d were answered so",
			j.order.Name, j.books.Asked[p.Number], stopped)
	}
}

// silent reports whether nothing is ever told of the order: it was cancelled before its receipt, or is a test.
func (j *judge) silent() bool {
	for _, m := range j.all(receipt, dropped) {
		if m.Dropped == cancelled || m.Dropped == "test" {
			return true
		}
	}
	return false
}

// judgeReceipt requires one receipt of an order that was paid, and returns it.
func (j *judge) judgeReceipt() (first text, n int) {
	for _, m := range j.told {
		if m.what == saysReceipt {
			if n++; n == 1 {
				first = m
			}
		}
	}
	j.Receipts += n
	// An order that nobody cancelled later was cancelled when it came.
	never := j.order.Test || !j.order.CancelledAt.IsZero() && !slices.ContainsFunc(j.books.Changes, func(c Change) bool {
		return c.Order == j.order.ID && c.What == cancelled
	})
	switch wanted := j.order.paid() && !never; {
	case n > 1:
		j.problem(&j.Twice, "twice: %s: %d receipts", j.order.Name, n)
	case n == 1 && !wanted:
		j.problem(&j.Misstated, "%s: a receipt of an order that has none", j.order.Name)
	case n == 0 && wanted && len(j.unsent(receipt)) == 0:
		j.problem(&j.Missing, "missing: %s: no receipt; the system knows the order: %t", j.order.Name, j.seen)
	}
	if n == 1 && (first.delivery.Type == "") != j.person.Abroad {
		j.problem(&j.Misstated, "%s: its receipt is of the type %q", j.order.Name, first.delivery.Type)
	}
	if n == 1 && first.delivery.Type == "" {
		j.Fates[FateAsText]++
	}
	return first, n
}

// judgeTexts compares structures with the texts beside them.
func (j *judge) judgeTexts() {
	for _, m := range j.told {
		if differ := m.structured(j.order); differ != "" {
			j.problem(&j.Misstated, "%s: %s", m.short(), differ)
		}
	}
}

// judgeEarly requires that the receipt came first. If it is in doubt, the customer may not have got it.
func (j *judge) judgeEarly(first text, n int) {
	for _, m := range j.told {
		if m.what != saysReceipt && (n > 0 && m.nth < first.nth || n == 0 && j.doubted(receipt) == 0) {
			j.problem(&j.Early, "early: %s came before the receipt", m.short())
		}
	}
}

// judgeQuantities follows what the customer knows of the lines: each message changes it, and in the end it is what the shop has.
func (j *judge) judgeQuantities(first text) {
	knows, doubted := maps.Clone(first.items), j.doubted(update) > 0
	for _, m := range j.told {
		if !slices.Contains([]string{saysChanged, saysAdded, saysCancelled}, m.what) {
			continue
		}
		j.Updates++
		for name, n := range m.items {
			if was := knows[name]; was == n && !doubted {
				j.problem(&j.Twice, "twice: %s: %d units, which the customer knew", m.short(), n)
			}
			knows[name] = n
		}
	}
	for _, l := range j.order.Lines {
		if is := j.order.left(l); knows[l.Title] != is && len(j.unsent(update)) == 0 {
			j.problem(&j.Missing, "missing: %s: the customer knows of %d units of a line, and there are %d", j.order.Name, knows[l.Title], is)
		}
		delete(knows, l.Title)
	}
	for range knows {
		j.problem(&j.Misstated, "%s: a message names a line that there is not", j.order.Name)
	}
}

// judgeMoney compares the money that was given back without units with what the customer was told of it.
func (j *judge) judgeMoney(from time.Time) {
	total, told := new(big.Rat), new(big.Rat)
	for _, r := range j.order.Refunds {
		if amount, ok := new(big.Rat).SetString(r.Amount); ok && len(r.Lines) == 0 {
			total.Add(total, amount)
		}
	}
	for _, m := range j.told {
		if m.what == saysRefunded && m.amount != nil {
			j.Updates++
			told.Add(told, m.amount)
		}
	}
	if told.Cmp(total) > 0 {
		j.problem(&j.Twice, "twice: %s: the customer was told that %s was given back, and it was %s", j.order.Name, told.FloatString(2), total.FloatString(2))
	}
	since := slices.ContainsFunc(j.books.Changes, func(c Change) bool {
		return c.Order == j.order.ID && c.What == moneyBack && c.Began.After(from)
	})
	if since && told.Cmp(total) < 0 && len(j.unsent(update)) == 0 {
		j.problem(&j.Missing, "missing: %s: money was given back, and its customer was not told", j.order.Name)
	}
}
