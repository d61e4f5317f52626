package besides

import (
	"fmt"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/digest"
)

// ChangedCommand returns the command that comes next for a changed order: it cancels the first of the cards, or tries again.
// It is empty if the order cannot be named. Its reader replaces WHY.
func ChangedCommand(o digest.ChangedOrder) string {
	name := digest.Argument(o.Name, o.OrderID)
	switch {
	case name == "":
		return ""
	case o.Kind != "":
		return buildinfo.Program + " orders recheck " + name
	case len(o.Units) == 0:
		return ""
	}
	return fmt.Sprintf("%s orders cancel-card %s --unit %d --reason WHY", buildinfo.Program, name, o.Units[0])
}

// BalanceCommand returns the command that shows what is left on the cards of a changed order; empty if the order cannot be
// named.
func BalanceCommand(o digest.ChangedOrder) string {
	if name := digest.Argument(o.Name, o.OrderID); name != "" {
		return buildinfo.Program + " orders balance " + name
	}
	return ""
}

// SettleChangedCommand returns the command that ends the telling of a changed order; empty if the order cannot be named. Its
// reader replaces WHY.
func SettleChangedCommand(o digest.ChangedOrder) string {
	return digest.SettleCommand(digest.LeftOrder{Name: o.Name, OrderID: o.OrderID})
}
