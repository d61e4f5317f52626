package digestmail

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/phrases"
	"github.com/giftbridge/giftbridge/internal/digest/todo"
	"github.com/giftbridge/giftbridge/internal/digest/words"
)

// maxNotes is the number of notes of a group that text and HTML show at most. A shop has few gift-card SKUs.
const maxNotes = 30

// noteView is something that is not an order.
type noteView struct {
	// Name is what it is about, Says what there is to say, and Does what to do; Does may be empty.
	Name, Says, Does string
}

// notes adds a note for each of n things to a group.
func (v *viewer) notes(g *groupView, n int, note func(i int) noteView) {
	shown := min(n, v.limit, maxNotes)
	for i := range shown {
		g.Notes = append(g.Notes, note(i))
	}
	g.More = more{Nowhere: n - shown}
}

// noted returns a group of notes with an explanation.
func noted(e digest.Explanation, of, about string) groupView {
	return groupView{Title: e.Title, Says: e.Says, NotesOf: of, About: about}
}

// watchGroups returns what a look at the shop has found: what the shop has to correct, and what concerns the operator.
func (v *viewer) watchGroups() (shop, operator []groupView) {
	w := v.Watch
	if n := len(w.Products); n > 0 {
		g := noted(digest.WrongProducts, "SKU", "What to do")
		v.notes(&g, n, func(i int) noteView {
			p := w.Products[i]
			return noteView{words.Name(p.SKU), sentence(words.Message(p.Says)), words.Message(p.Cure)}
		})
		shop = append(shop, g)
	}
	if n := len(w.Lost); n > 0 {
		g := noted(digest.LostNotices, "Notice", "What is wrong")
		g.Todos = []todo.Item{{Label: "To find out why:", Command: digest.WhyLostCommand()}, {Label: "Then, to set them up:", Command: digest.SetUpCommand()}}
		v.notes(&g, n, func(i int) noteView { return notice(w.Lost[i]) })
		operator = append(operator, g)
	}
	if r := w.Repaired; r != nil {
		g := noted(digest.RepairedNotices, "Notice", "What was wrong")
		g.Says += " " + v.gap(*r) + " " + digest.WhoRepairs
		v.notes(&g, len(r.Topics), func(i int) noteView { return notice(r.Topics[i]) })
		operator = append(operator, g)
	}
	if n := len(w.Failed); n > 0 {
		g := noted(digest.FailedLooks, "When", "Why")
		v.notes(&g, n, func(i int) noteView {
			f := w.Failed[i]
			says := phrases.Reason(f.Kind, f.Message)
			if f.About != "" {
				says = "Looking at " + words.Name(f.About) + ": " + says
			}
			return noteView{Name: v.say.Moment(f.At), Says: says}
		})
		operator = append(operator, g)
	}
	return shop, operator
}

// gap says what became of the orders that no notice has announced.
func (v *viewer) gap(r digest.Repaired) string {
	switch {
	case !r.Gap.To.IsZero():
		return "That was on " + v.say.Moment(r.At) + ". The orders that were placed or changed from " + v.say.Moment(r.Gap.From) +
			" until " + v.say.Moment(r.Gap.To) + " were looked for again: none is lost, but some cards may have come late."
	case r.Held:
		return "That was on " + v.say.Moment(r.At) + ". The orders that were placed or changed since " + v.say.Moment(r.Gap.From) +
			" are looked for again once the pause ends."
	}
	return "That was on " + v.say.Moment(r.At) + ". The orders that were placed or changed since " + v.say.Moment(r.Gap.From) +
		" have not been looked for again yet; giftbridge goes on trying."
}

// notice returns a note on a notice of the shop, given as "topic: what is wrong".
func notice(s string) noteView {
	topic, wrong, _ := strings.Cut(words.Message(s), ": ")
	return noteView{Name: topic, Says: wrong}
}

// sentence returns a text as a sentence.
func sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + strings.TrimRight(s[size:], ".") + "."
}

// later says which orders get their cards later, or returns the empty string.
func (v *viewer) later() string {
	if v.Later == nil {
		return ""
	}
	n := v.Later.Orders
	out := words.Count(n, "order")
	if v.Later.More {
		out = "At least " + out
	}
	return out + words.Plural(n, " gets its cards", " get their cards") + " later, " + words.Plural(n, "on ", "the last one on ") +
		v.say.Moment(v.Later.Until) + ": giftbridge gives Shopify the time to judge them first. Nobody has to act."
}
