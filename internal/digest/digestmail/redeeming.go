package digestmail

import (
	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/besides"
	"github.com/giftbridge/giftbridge/internal/digest/todo"
	"github.com/giftbridge/giftbridge/internal/digest/words"
)

// addRedeeming adds the amounts of which it is unknown whether they were taken off a card, and says if cards could not be asked. No
// sum includes them: they are no orders that wait for cards.
func (v *viewer) addRedeeming(add func(digest.Party, groupView, words.Sum)) {
	if n := len(v.Redeeming.Unknown); n > 0 {
		g := noted(besides.UnknownRedemptions, "Redemption", "What is unknown")
		g.Sum = words.Count(n, "redemption")
		g.Todos = todo.Unknown(v.Redeeming.Unknown)
		v.notes(&g, n, func(i int) noteView { return v.redemption(v.Redeeming.Unknown[i]) })
		add(besides.UnknownRedemptions.Who, g, words.Sum{})
	}
	if n := v.Redeeming.Unread; n > 0 {
		g := groupView{Title: besides.UnreadRedemptions.Title, Says: besides.UnreadRedemptions.Says, Sum: words.Count(n, "card")}
		g.Todos = []todo.Item{{Label: "To ask them again:", Command: besides.UnknownRedemptionsCommand()}}
		add(besides.UnreadRedemptions.Who, g, words.Sum{})
	}
}

// contradicted returns the alarm about amounts that the issuer says it has not moved; nil if there is none.
func (v *viewer) contradicted() *alarmView {
	n := len(v.Redeeming.Contradicted)
	if n == 0 {
		return nil
	}
	out := alarmView{
		Title: besides.Contradicted.Title + ": " + words.Count(n, "redemption"), Says: besides.Contradicted.Says,
		Todos:  todo.Contradicted(v.Redeeming.Contradicted),
		Orders: &groupView{NotesOf: "Redemption", About: "What is contradicted"},
	}
	v.notes(out.Orders, n, func(i int) noteView { return v.redemption(v.Redeeming.Contradicted[i]) })
	return &out
}

// redemption returns a note on a redemption.
func (v *viewer) redemption(r digest.Redemption) noteView {
	return noteView{Name: words.Name(r.Name()), Says: v.say.Redemption(r)}
}
