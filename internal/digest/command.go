package digest

import (
	"strings"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/printable"
)

// Command returns the command that settles a failed order, for a shell, or the empty string if no command does. curable
// reports whether running the order again may issue some of its cards.
func Command(o FailedOrder, curable bool) string {
	name := Argument(o.Name, o.OrderID)
	switch {
	case name == "" || o.Rerun == StillRunning:
		return ""
	case o.Kind == giftcard.OutcomeUnknown:
		return buildinfo.Program + " orders resolve " + name
	case o.Kind == giftcard.UnexpectedResponse:
		return buildinfo.Program + " orders retry " + name + " --force"
	case curable:
		return buildinfo.Program + " orders retry " + name
	case o.Kind == giftcard.OrderChanged:
		return buildinfo.Program + " orders release " + name
	case o.Kind == giftcard.InvalidRequest:
		return FixCommand(o)
	}
	return buildinfo.Program + " orders retry " + name
}

// FixCommand returns the command that corrects the address of a failed order's cards, or the empty string if the order
// cannot be named. Its reader replaces ADDRESS.
func FixCommand(o FailedOrder) string {
	name := Argument(o.Name, o.OrderID)
	if name == "" {
		return ""
	}
	return buildinfo.Program + " orders fix " + name + " --email ADDRESS"
}

// ReleaseCommand returns the command that issues the cards of an order that is left to people, or the empty string if
// the order cannot be named.
func ReleaseCommand(o LeftOrder) string {
	name := Argument(o.Name, o.OrderID)
	if name == "" {
		return ""
	}
	return buildinfo.Program + " orders release " + name
}

// SettleCommand returns the command that records that nothing is owed for an order that is left to people, or the empty
// string if the order cannot be named. Its reader replaces WHY.
func SettleCommand(o LeftOrder) string {
	name := Argument(o.Name, o.OrderID)
	if name == "" {
		return ""
	}
	return buildinfo.Program + " orders settle " + name + " --note WHY"
}

// maxName is the length of the longest name that a command repeats, in characters.
const maxName = 80

// Argument returns an order's name as one word of a shell, or its number if the name cannot be copied safely.
func Argument(name, number string) string {
	if name != "" && printable.Line(name, maxName) == name && !strings.ContainsAny(name, "'\ufffd") && !strings.HasPrefix(name, "-") {
		return "'" + name + "'"
	}
	if number != "" && len(number) <= maxName && strings.Trim(number, "0123456789") == "" {
		return number
	}
	return ""
}
