// Package notes puts into groups what a digest tells besides orders that wait for cards. A mail shows each group as it is.
package notes

import (
	"cmp"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/besides"
	"github.com/giftbridge/giftbridge/internal/digest/phrases"
	"github.com/giftbridge/giftbridge/internal/digest/todo"
	"github.com/giftbridge/giftbridge/internal/digest/words"
)

// Group are notes with one explanation.
type Group struct {
	digest.Explanation

	// Of and About are the headings of the columns with the names, and with what there is to say.
	Of, About string
	// Sum says how many there are; it may be empty.
	Sum   string
	Todos []todo.Item
	Notes []Note
	// More is the number of those that are not among the notes.
	More int
}

// Note is something that is not an order. Name is what it is about, Says what there is to say, and Does what to do or what was answered;
// Does may be empty.
type Note struct{ Name, Says, Does string }

// Unsent returns the messages to customers that could not be sent.
func Unsent(say phrases.Times, u digest.Unsent) (out []Group) {
	rest := u.Count() - len(u.Messages)
	for _, e := range []digest.Explanation{besides.Unsendable, besides.Untold} {
		var of []digest.UnsentMessage
		for _, m := range u.Messages {
			if besides.ExplainUnsent(m) == e {
				of = append(of, m)
			}
		}
		if len(of) == 0 {
			continue
		}
		g := Group{
			Explanation: e, Of: "Order", About: "Message", Sum: words.Count(len(of), "message"), Todos: todo.Unsent(of), More: rest,
		}
		for _, m := range of {
			g.Notes = append(g.Notes, Note{unsentOf(m), say.Unsent(m), words.WithoutName(words.Message(m.Message), m.Name)})
		}
		out = append(out, g)
		rest = 0
	}
	return out
}

// unsentOf names what a message is about.
func unsentOf(m digest.UnsentMessage) string {
	switch {
	case m.Product != "":
		return "product " + words.Name(m.Product)
	case m.Variant != "":
		return "variant " + words.Name(m.Variant)
	}
	return words.Order(m.Name, m.OrderID)
}

// Relaying returns what another system, such as an ERP, has not got.
func Relaying(say phrases.Times, r digest.Relaying) (out []Group) {
	if len(r.Halted) > 0 {
		g := Group{Explanation: besides.HaltedEndpoints, Of: "Endpoint", About: "Why", Todos: todo.Halted(r.Halted)}
		for _, h := range r.Halted {
			g.Notes = append(g.Notes, Note{Name: words.Name(h.Endpoint), Says: say.Halted(h)})
		}
		out = append(out, g)
	}
	if n := r.Count(); n > 0 {
		g := Group{
			Explanation: besides.UndeliveredEvents, Of: "Order or product", About: "Event", Sum: words.Count(n, "event"),
			Todos: todo.Undelivered(r.Undelivered), More: n - len(r.Undelivered),
		}
		for _, e := range r.Undelivered {
			g.Notes = append(g.Notes, Note{words.Name(cmp.Or(e.Name, e.Resource)), say.Undelivered(e), phrases.Reason(e.Kind, e.Message)})
		}
		out = append(out, g)
	}
	if len(r.Gaps) > 0 {
		g := Group{Explanation: besides.EventGaps, Of: "When", About: "Events"}
		for _, gap := range r.Gaps {
			g.Notes = append(g.Notes, Note{Name: say.EventGap(gap), Says: phrases.EventsOf(gap)})
		}
		out = append(out, g)
	}
	return out
}
