// Package todo says what the readers of a digest can do: commands, with what introduces them.
package todo

import (
	"slices"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/besides"
	"github.com/giftbridge/giftbridge/internal/digest/words"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// Item is what a reader can do about a group of orders.
type Item struct {
	// Label introduces the command.
	Label, Command string
}

// Failed returns what can be done about failed orders of one kind.
func Failed(kind giftcard.Kind, orders []digest.FailedOrder, reruns bool) []Item {
	var command string
	var fix bool
	for _, o := range orders {
		if command = words.Command(o.Command); command != "" {
			fix = o.Command == digest.FixCommand(o)
			break
		}
	}
	if command == "" {
		return nil
	}
	several := len(orders) > 1
	label := words.Plural(len(orders), "To run it again", "To run one of them again, such as the first")
	switch {
	case kind == giftcard.OutcomeUnknown:
		label = words.Plural(len(orders), "Then record what you found", "Then record what you found, order by order")
	case kind == giftcard.UnexpectedResponse:
		label = words.Plural(len(orders), "Then run it again", "Then run them again, one by one")
	case fix:
		label = words.Plural(len(orders), "To correct its address, with the right one in place of ADDRESS",
			"To correct the address of one of them, such as the first, with the right one in place of ADDRESS")
	case kind == giftcard.OrderChanged:
		label = words.Plural(len(orders), "To issue what is left of it", "To issue what is left of one of them, such as the first")
	case kind.Curable():
		if several {
			command = buildinfo.Program + " orders retry --all-failed --kind " + string(kind)
		}
		label = words.Plural(len(orders), "To run it again now", "To run them again now")
		if reruns {
			label = words.Plural(len(orders), "It is", "They are") + " run again before each of these mails. " + label
		}
	}
	return []Item{{Label: label + ":", Command: command}}
}

// Left returns what can be done about a group of n orders that are left to people for the same reason, of which
// some are known by more than their names.
func Left(why giftcard.Reason, orders []digest.LeftOrder, n int) []Item {
	i := slices.IndexFunc(orders, func(o digest.LeftOrder) bool { return digest.ReleaseCommand(o) != "" })
	if i < 0 {
		return nil
	}
	out := []Item{{
		Label: words.Plural(n, "To have giftbridge issue its cards:",
			"To have giftbridge issue the cards of one of them, such as the first:"),
		Command: digest.ReleaseCommand(orders[i]),
	}}
	if why == giftcard.Reopened {
		out = append(out, Item{
			Label: words.Plural(n, "To settle it again, with the reason in place of WHY:",
				"To settle one of them again, such as the first, with the reason in place of WHY:"),
			Command: digest.SettleCommand(orders[i]),
		})
	}
	return out
}

// Unknown returns what can be done about redemptions of which something is unknown.
func Unknown(list []digest.Redemption) []Item {
	return redemptions(list, func(r digest.Redemption) Item {
		return Item{
			"Once you know, with --not-moved in place of --moved if it was not, and the reason in place of WHY:",
			besides.ResolveRedemptionCommand(r),
		}
	})
}

// Unsent returns what can be done about messages to customers that could not be sent, for the same reason.
func Unsent(list []digest.UnsentMessage) (out []Item) {
	i := slices.IndexFunc(list, func(m digest.UnsentMessage) bool { return besides.ShowUnsentCommand(m) != "" })
	if i < 0 {
		return nil
	}
	n, first := len(list), list[i]
	out = []Item{{
		words.Plural(n, "To see all about it:", "To see all about one of them, such as the first:"), besides.ShowUnsentCommand(first),
	}}
	if resend := besides.ResendUnsentCommand(first); resend != "" && besides.ExplainUnsent(first) == besides.Unsendable {
		out = append(out, Item{"Once the cause is gone, to send it, with the reason in place of WHY:", resend})
	}
	if settle := besides.SettleUnsentCommand(first); settle != "" {
		out = append(out, Item{"Once nothing is left to do about it, with the reason in place of WHY:", settle})
	}
	return out
}

// Contradicted returns what can be done about redemptions that the issuer contradicts.
func Contradicted(list []digest.Redemption) []Item { return redemptions(list) }

// redemptions returns what shows the first redemption that can be named, and what else can be done about it.
func redemptions(list []digest.Redemption, others ...func(digest.Redemption) Item) []Item {
	for _, r := range list {
		show := besides.ShowRedemptionCommand(r)
		if show == "" {
			continue
		}
		out := []Item{{words.Plural(len(list), "To see all about it:", "To see all about one of them, such as the first:"), show}}
		for _, other := range others {
			out = append(out, other(r))
		}
		return out
	}
	return nil
}
