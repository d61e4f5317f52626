package digestmail

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/besides"
	"github.com/giftbridge/giftbridge/internal/digest/notes"
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

// notesOf returns a group of notes that are ready to be shown.
func (v *viewer) notesOf(n notes.Group) groupView {
	g := noted(n.Explanation, n.Of, n.About)
	g.Sum, g.Todos = n.Sum, n.Todos
	v.notes(&g, len(n.Notes), func(i int) noteView { return noteView(n.Notes[i]) })
	g.More.Nowhere += n.More
	return g
}

// watchGroups returns what a look at the shop has found: what the shop has to correct, and what concerns the operator.
func (v *viewer) watchGroups() (shop, operator []groupView) {
	w := v.Watch
	if n := len(w.Products); n > 0 {
		g := noted(besides.WrongProducts, "SKU", "What to do")
		v.notes(&g, n, func(i int) noteView {
			p := w.Products[i]
			return noteView{words.Name(p.SKU), sentence(words.Message(p.Says)), words.Message(p.Cure)}
		})
		shop = append(shop, g)
	}
	if n := len(w.Lost); n > 0 {
		g := noted(besides.LostNotices, "Notice", "What is wrong")
		g.Todos = []todo.Item{{Label: "To find out why:", Command: besides.WhyLostCommand()}, {Label: "Then, to set them up:", Command: besides.SetUpCommand()}}
		v.notes(&g, n, func(i int) noteView { return notice(w.Lost[i]) })
		operator = append(operator, g)
	}
	if r := w.Repaired; r != nil {
		g := noted(besides.RepairedNotices, "Notice", "What was wrong")
		g.Says += " " + v.say.Gap(*r) + " " + besides.WhoRepairs
		v.notes(&g, len(r.Topics), func(i int) noteView { return notice(r.Topics[i]) })
		operator = append(operator, g)
	}
	if n := len(w.Failed); n > 0 {
		g := noted(besides.FailedLooks, "When", "Why")
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
