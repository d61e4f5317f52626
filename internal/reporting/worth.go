package reporting

import (
	"cmp"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

// worth returns what all cards of an order are worth.
func worth(memo workflows.OrderMemo) digest.Worth {
	return digest.Worth{Cards: memo.Cards, Amount: memo.Amount, Currency: memo.Currency}
}

// owed returns what the cards of a failed order that do not exist are worth. The value is not known if the run failed
// for a reason other than its cards after it had issued some of them.
func owed(memo workflows.OrderMemo, run executions.FailedRun) digest.Worth {
	all := worth(memo)
	if run.Units == nil {
		if run.Issued == 0 {
			return all
		}
		return digest.Worth{Cards: max(all.Cards-run.Issued, 0)}
	}
	cards := digest.Worth{Cards: len(run.Units.Failed)}
	rest, err := giftcard.ParseMoney(all.Amount, all.Currency)
	for _, c := range run.Units.Issued {
		var value giftcard.Money
		if err == nil {
			value, err = giftcard.ParseMoney(c.Amount, c.Currency)
		}
		if err == nil {
			rest, err = rest.Add(value, -1)
		}
	}
	if err != nil || rest.Hundredths < 0 {
		return cards
	}
	cards.Amount, cards.Currency = rest.Amount(), rest.Currency
	return cards
}

// shopLink returns the address of an order in Shopify's admin, under the shop's present name if that is known.
func (o *Reporting) shopLink(order executions.Order) string {
	return workflows.ShopLink(cmp.Or(o.shop, order.Shop), order.ID)
}
