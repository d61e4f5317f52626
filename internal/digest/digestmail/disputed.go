package digestmail

import (
	"strings"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/besides"
	"github.com/giftbridge/giftbridge/internal/digest/todo"
	"github.com/giftbridge/giftbridge/internal/digest/words"
)

// disputedGroup returns the issued orders whose payment is disputed. They do not wait for cards, so no sum includes them.
func (v *viewer) disputedGroup() groupView {
	g := groupView{
		Title: besides.Disputed.Title, Says: besides.Disputed.Says, Sum: words.Count(len(v.Disputed), "dispute"), About: "The dispute",
	}
	for _, o := range v.Disputed {
		if balance := besides.DisputedBalanceCommand(o); balance != "" {
			g.Todos = []todo.Item{
				{
					Label: words.Plural(len(v.Disputed), "To see what is left on its cards:",
						"To see what is left on the cards of one of them, such as the first:"),
					Command: balance,
				},
				{Label: "To cancel a card, with its number in place of UNIT and the reason in place of WHY:", Command: besides.CancelCommand(o)},
				{
					Label: words.Plural(len(v.Disputed), "Once nothing is left to do about it:",
						"Once nothing is left to do about one of them:"),
					Command: besides.SettleDisputedCommand(o),
				},
			}
			break
		}
	}
	v.rows(&g, len(v.Disputed), 0, func(i int) rowView {
		o := v.Disputed[i]
		return rowView{
			Name: words.Order(o.Name, o.OrderID), Link: words.Link(o.Link), New: o.New,
			Message: disputeState(o), When: "recorded " + v.say.Moment(o.Since),
		}
	})
	return g
}

// disputeState phrases the kind and the state of a dispute, as far as they are known.
func disputeState(o digest.DisputedOrder) string {
	state := strings.ReplaceAll(words.Name(o.Status), "_", " ")
	return strings.Trim(words.Name(o.Kind)+", "+state, ", ")
}
