package scenario

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

// Generator makes orders. With the same random numbers it makes the same orders.
type Generator struct {
	Random *rand.Rand
	// Bulk gives orders more units, so that few orders become many cards.
	Bulk bool
}

// New returns the nth order, and the merchant that it is for. The shop has not given the order an ID yet. The order's
// addresses contain n, so that each order's cards can be recognised.
func (g Generator) New(kind Kind, n int) (shopifytest.Order, cashstartest.Merchant) {
	who := g.Random.IntN(merchants)
	owner := merchant(who)
	buyer := fmt.Sprintf("buyer-%d@example.com", n)
	o := shopifytest.Order{
		Email: buyer,
		Customer: &shopifytest.Customer{
			ID: int64(1000 + who), DisplayName: owner.Name, FirstName: "Buyer", LastName: fmt.Sprint(n), Email: buyer,
		},
		Lines: []shopifytest.LineItem{g.line(g.units(kind))},
	}
	if kind == TwoLines || kind == Edited {
		second := g.line(2)
		second.Attributes = friend(n)
		o.Lines = append(o.Lines, second)
	}
	switch kind {
	case MadeLater:
		o.Lines[0] = g.laterLine(o.Lines[0].Quantity)
	case MadeLaterTwice:
		o.Lines = []shopifytest.LineItem{g.laterLine(2), g.laterLine(1)}
		o.Lines[1].Attributes = friend(n)
	case Goods:
		goodsOrder(&o)
	case BothIssuers:
		o.Lines = append(o.Lines, g.laterLine(1+g.Random.IntN(2)))
	case LateMerchant, Withdrawn, Reimbursed, Reduced, Edited:
		owner = LateComer
		o.Customer.DisplayName = owner.Name
	}
	shape(kind, &o, owner, n)
	return o, owner
}

// units returns the number of units of an order's first line.
func (g Generator) units(kind Kind) int {
	switch kind {
	case PartlyRefunded:
		if g.Bulk {
			return 4
		}
		return 3
	case ManyUnits:
		return 12 + g.Random.IntN(4)
	case SeveralUnits:
		if !g.Bulk {
			return 2 + g.Random.IntN(3)
		}
	case MadeLater, PaidLater, Company, LateMerchant, Withdrawn, Reimbursed, Reduced, Edited, GivenUp, PaidBack, PaidInParts:
		if !g.Bulk {
			return 1
		}
	default:
		return 1
	}
	return 2 + g.Random.IntN(4)
}

func (g Generator) line(units int) shopifytest.LineItem {
	p := products[g.Random.IntN(len(products))]
	return shopifytest.LineItem{SKU: p.sku, Title: "Gift card", Quantity: units, UnitPrice: p.price}
}

func (g Generator) laterLine(units int) shopifytest.LineItem {
	products := LaterProducts()
	p := products[g.Random.IntN(len(products))]
	return shopifytest.LineItem{SKU: p.SKU, Title: "Gift card", Quantity: units, UnitPrice: p.Price}
}

func friend(n int) []shopifytest.Attribute {
	return []shopifytest.Attribute{
		{Key: "Recipient email", Value: fmt.Sprintf("friend-%d@example.com", n)},
		{Key: "Recipient name", Value: "Grandma"},
		{Key: "Message", Value: "Thanks so much for everything."},
	}
}

// longAgo is the cancellation time of cancelled orders. Its value does not matter.
var longAgo = time.Date(2026, time.January, 2, 3, 4, 5, 0, time.UTC)

// shape turns an ordinary order into one of the given kind.
func shape(kind Kind, o *shopifytest.Order, who cashstartest.Merchant, n int) {
	first := &o.Lines[0]
	company := func(c shopifytest.Company) {
		c.ID = int64(5000 + n)
		o.Customer.DisplayName, o.Company = "Somebody in purchasing", &c
	}
	switch kind {
	case ForAFriend:
		first.Attributes = friend(n)
	case DeliveredLater:
		day := time.Now().AddDate(0, 6, 0).Format(time.DateOnly)
		first.Attributes = append(friend(n), shopifytest.Attribute{Key: "Send on", Value: day})
	case PaidLater, Unpaid:
		o.FinancialStatus = "PENDING"
	case PartlyRefunded:
		first.Removed, o.FinancialStatus = 1, "PARTIALLY_REFUNDED"
	case Company:
		company(shopifytest.Company{Name: "  " + strings.ToUpper(who.LegalName)})
	case CompanyByID:
		company(shopifytest.Company{Name: "A name of its own", ExternalID: who.MerchantCode})
	case UnknownMerchant:
		o.Customer.DisplayName = fmt.Sprintf("Stranger %d", n)
	case Guest:
		o.Customer = nil
	case AmbiguousMerchant:
		o.Customer.DisplayName = Twins[0].Name
	case WorthNothing:
		first.UnitPrice = "0.0"
	case NoAddress:
		o.Email, o.Customer.Email = "", ""
	case Mixed, Returned:
		o.Lines = append(o.Lines, shopifytest.LineItem{SKU: "MUG", Title: "Mug", Quantity: 1, UnitPrice: "12.5"})
	case GiftWrapped:
		o.Lines = append(o.Lines, shopifytest.LineItem{SKU: Companion, Title: "Gift wrap", Quantity: 1, UnitPrice: "4.0"})
	case Test:
		o.Test = true
	case Cancelled:
		o.CancelledAt = longAgo
	case Refunded:
		first.Removed, o.FinancialStatus = first.Quantity, "REFUNDED"
	case SimilarSKU:
		first.SKU += sleeve
	case Native:
		first.GiftCard = true
	}
}
