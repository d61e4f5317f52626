package digestmail

import (
	"slices"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/besides"
	"github.com/giftbridge/giftbridge/internal/digest/todo"
	"github.com/giftbridge/giftbridge/internal/digest/words"
)

// changedGroups returns the orders that were cancelled or refunded after their cards were issued: first those of which a
// person decides, then those for which giftbridge failed to act.
func (v *viewer) changedGroups() (groups []groupView, sums []words.Sum) {
	for _, why := range []digest.ChangedReason{digest.CardsTooMany, digest.ChangeFailed} {
		var orders []digest.ChangedOrder
		var sum words.Sum
		for _, o := range v.Changed {
			if o.Why() == why {
				orders = append(orders, o)
				sum.Add(o.Worth)
			}
		}
		if len(orders) == 0 {
			continue
		}
		g := groupView{
			Title: why.Title, Says: why.Says, Sum: sum.String(), About: "What happened", Todos: changedTodos(orders),
		}
		v.rows(&g, len(orders), 0, func(i int) rowView { return v.changedRow(orders[i]) })
		groups, sums = append(groups, g), append(sums, sum)
	}
	return groups, sums
}

func (v *viewer) changedRow(o digest.ChangedOrder) rowView {
	row := rowView{
		Name: words.Order(o.Name, o.OrderID), Link: words.Link(o.ShopLink), Worth: words.Worth(o.Worth), New: o.New,
		Message: words.WithoutName(words.Message(o.Says()), o.Name),
	}
	if !o.At.IsZero() {
		row.When = "As of " + v.say.Moment(o.At) + "."
	}
	return row
}

// changedTodos returns what can be done about changed orders with the same explanation.
func changedTodos(orders []digest.ChangedOrder) (out []todo.Item) {
	n, i := len(orders), slices.IndexFunc(orders, func(o digest.ChangedOrder) bool { return besides.BalanceCommand(o) != "" })
	if i < 0 {
		return nil
	}
	first := orders[i]
	add := func(label, command string) {
		if command = words.Command(command); command != "" {
			out = append(out, todo.Item{Label: label, Command: command})
		}
	}
	if first.Kind != "" {
		add(words.Plural(n, "To try again:", "To try one of them again, such as the first:"), besides.ChangedCommand(first))
	} else {
		add(words.Plural(n, "To see what is left on its cards:", "To see what is left on the cards of one of them, such as the first:"),
			besides.BalanceCommand(first))
		add("To cancel a card, with the reason in place of WHY:", besides.ChangedCommand(first))
	}
	add(words.Plural(n, "To settle it with its cards as they are:", "To settle one of them with its cards as they are:"),
		besides.SettleChangedCommand(first))
	return out
}
