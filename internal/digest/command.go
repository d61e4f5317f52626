package digest

import (
	"strings"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// Program is the name of the installed program in the commands that mails show.
const Program = buildinfo.Program

// Command returns the command that settles a failed order, for a shell, or the empty string if no command does. curable
// reports whether running the order again may issue some of its cards.
func Command(o FailedOrder, curable bool) string {
	name := argument(o.Name, o.OrderID)
	switch {
	case name == "" || o.Rerun == StillRunning:
		return ""
	case o.Kind == giftcard.OutcomeUnknown:
		return Program + " orders resolve " + name
	case o.Kind == giftcard.UnexpectedResponse:
		return Program + " orders retry " + name + " --force"
	case curable:
		return Program + " orders retry " + name
	case o.Kind == giftcard.OrderChanged:
		return Program + " orders release " + name
	case o.Kind == giftcard.InvalidRequest:
		return ""
	}
	return Program + " orders retry " + name
}

// argument returns an order's name as one word of a shell, or its number if the name cannot be copied safely.
func argument(name, number string) string {
	if name != "" && clean(name, maxName) == name && !strings.ContainsAny(name, "'\ufffd") && !strings.HasPrefix(name, "-") {
		return "'" + name + "'"
	}
	if number != "" && len(number) <= maxName && strings.Trim(number, "0123456789") == "" {
		return number
	}
	return ""
}

// todo is what a reader can do about a group of orders. Links that act get their place here, beside the command.
type todo struct {
	// Label introduces the command.
	Label, Command string
}

// failedTodo returns what can be done about failed orders of one kind.
func failedTodo(kind giftcard.Kind, orders []FailedOrder, reruns bool) todo {
	var command string
	for _, o := range orders {
		if command = cleanCommand(o.Command); command != "" {
			break
		}
	}
	if command == "" {
		return todo{}
	}
	several := len(orders) > 1
	label := plural(len(orders), "To run it again", "To run one of them again, such as the first")
	switch {
	case kind == giftcard.OutcomeUnknown:
		label = plural(len(orders), "Then record what you found", "Then record what you found, order by order")
	case kind == giftcard.UnexpectedResponse:
		label = plural(len(orders), "Then run it again", "Then run them again, one by one")
	case kind == giftcard.OrderChanged:
		label = plural(len(orders), "To issue what is left of it", "To issue what is left of one of them, such as the first")
	case kind.Curable():
		if several {
			command = Program + " orders retry --all-failed --kind " + string(kind)
		}
		label = plural(len(orders), "To run it again now", "To run them again now")
		if reruns {
			label = plural(len(orders), "It is", "They are") + " run again before each of these mails. " + label
		}
	}
	return todo{Label: label + ":", Command: command}
}

// leftTodo returns what can be done about a group of n orders that are left to people, of which some are known by more
// than their names.
func leftTodo(orders []LeftOrder, n int) todo {
	for _, o := range orders {
		if name := argument(o.Name, o.OrderID); name != "" {
			return todo{
				Label: plural(n, "To have giftbridge issue its cards:",
					"To have giftbridge issue the cards of one of them, such as the first:"),
				Command: Program + " orders release " + name,
			}
		}
	}
	return todo{}
}
