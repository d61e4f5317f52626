package phrases

import (
	"strings"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/words"
)

// Undelivered says when an event was given up.
func (t Times) Undelivered(e digest.UndeliveredEvent) string {
	return words.Name(e.Topic) + ", given up " + t.Moment(e.At) + "; " + words.Name(e.ID)
}

// Halted says why an endpoint gets no events, or few, and what waits for it.
func (t Times) Halted(h digest.HaltedEndpoint) string {
	says := "Paused"
	switch {
	case h.Slow:
		says = "Few events go there, because it fails,"
	case h.By != "":
		says += " by " + words.Name(h.By)
	}
	says += " since " + t.Moment(h.Since)
	if reason := words.Message(h.Reason); reason != "" {
		says += ": " + reason
	}
	says = strings.TrimRight(says, ".") + "."
	if h.Waiting > 0 {
		says += " Events of " + words.Count(h.Waiting, "order") + " or products wait, the first since " + t.Moment(h.Oldest) + "."
	}
	return says
}

// EventGap says for which time the other system may lack events.
func (t Times) EventGap(g digest.EventGap) string {
	if g.To.IsZero() {
		return "since " + t.Moment(g.From)
	}
	return t.Moment(g.From) + " to " + t.Moment(g.To)
}

// EventsOf says which events a gap is about, and why.
func EventsOf(g digest.EventGap) string {
	why := "Shopify's notices were not set up"
	if g.Unwatched {
		why = "giftbridge was away, or nothing looked after the shop; perhaps nothing is missing"
	}
	return words.Message(strings.Join(g.Topics, ", ")) + ". " + why + "."
}
