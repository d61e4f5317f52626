package digestmail

import (
	"cmp"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/besides"
	"github.com/giftbridge/giftbridge/internal/digest/phrases"
	"github.com/giftbridge/giftbridge/internal/digest/todo"
	"github.com/giftbridge/giftbridge/internal/digest/words"
)

// addRelaying adds what another system, such as an ERP, has not got. No sum includes it: it is about no order that waits for cards.
func (v *viewer) addRelaying(add func(digest.Party, groupView, words.Sum)) {
	r := v.Relaying
	if n := len(r.Halted); n > 0 {
		g := noted(besides.HaltedEndpoints, "Endpoint", "Why")
		g.Todos = todo.Halted(r.Halted)
		v.notes(&g, n, func(i int) noteView {
			return noteView{Name: words.Name(r.Halted[i].Endpoint), Says: v.say.Halted(r.Halted[i])}
		})
		add(besides.HaltedEndpoints.Who, g, words.Sum{})
	}
	if n := r.Count(); n > 0 {
		g := noted(besides.UndeliveredEvents, "Order or product", "Event")
		g.Sum, g.Todos = words.Count(n, "event"), todo.Undelivered(r.Undelivered)
		v.notes(&g, len(r.Undelivered), func(i int) noteView {
			e := r.Undelivered[i]
			return noteView{
				Name: words.Name(cmp.Or(e.Name, e.Resource)), Says: v.say.Undelivered(e), Does: phrases.Reason(e.Kind, e.Message),
			}
		})
		g.More.Nowhere += n - len(r.Undelivered)
		add(besides.UndeliveredEvents.Who, g, words.Sum{})
	}
	if n := len(r.Gaps); n > 0 {
		g := noted(besides.EventGaps, "When", "Events")
		v.notes(&g, n, func(i int) noteView {
			return noteView{Name: v.say.EventGap(r.Gaps[i]), Says: phrases.EventsOf(r.Gaps[i])}
		})
		add(besides.EventGaps.Who, g, words.Sum{})
	}
}
