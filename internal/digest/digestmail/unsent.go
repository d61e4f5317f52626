package digestmail

import (
	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/besides"
	"github.com/giftbridge/giftbridge/internal/digest/todo"
	"github.com/giftbridge/giftbridge/internal/digest/words"
)

// addUnsent adds the messages to customers that could not be sent. No sum includes them: they are no orders that wait for cards.
func (v *viewer) addUnsent(add func(digest.Party, groupView, words.Sum)) {
	rest := v.Unsent.Count() - len(v.Unsent.Messages)
	for _, e := range []digest.Explanation{besides.Unsendable, besides.Untold} {
		var of []digest.UnsentMessage
		for _, m := range v.Unsent.Messages {
			if besides.ExplainUnsent(m) == e {
				of = append(of, m)
			}
		}
		if len(of) == 0 {
			continue
		}
		g := noted(e, "Order", "Message")
		g.Sum, g.Todos = words.Count(len(of), "message"), todo.Unsent(of)
		v.notes(&g, len(of), func(i int) noteView {
			m := of[i]
			return noteView{Name: unsentOf(m), Says: v.say.Unsent(m), Does: withoutName(words.Message(m.Message), m.Name)}
		})
		g.More.Nowhere += rest
		rest = 0
		add(e.Who, g, words.Sum{})
	}
}

// unsentOf names what a message is about.
func unsentOf(m digest.UnsentMessage) string {
	if m.Variant != "" {
		return "variant " + words.Name(m.Variant)
	}
	return orderName(m.Name, m.OrderID)
}
