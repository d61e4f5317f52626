package orders

import (
	"fmt"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

// Card is a card of an order at the issuer.
type Card struct {
	workflows.IssuedCard
	MerchantCode string `json:"merchant_code"`
}

// Cards returns the order's cards that exist, even if the order failed because of other cards.
func (d *OrderDetails) Cards() []Card {
	var cards []workflows.IssuedCard
	var merchantCode string
	switch {
	case d.Result != nil:
		cards, merchantCode = d.Result.Cards, d.Result.MerchantCode
	case d.Units != nil:
		cards, merchantCode = d.Units.Issued, d.Units.MerchantCode
	}
	var out []Card
	for _, c := range cards {
		out = append(out, Card{IssuedCard: c, MerchantCode: merchantCode})
	}
	return out
}

// CardToCancel returns the card of a unit, or an error that says why it cannot be cancelled.
func (d *OrderDetails) CardToCancel(unit int) (Card, error) {
	for _, c := range d.Cards() {
		if c.Unit != unit {
			continue
		}
		if c.EGCCode == "" {
			return c, fmt.Errorf("card %d of order %s exists, but the issuer did not return its code when the request "+
				"was repeated; cancel it in the issuer's console by its audit number %s", unit, d.Name, c.AuditNumber)
		}
		return c, nil
	}
	return Card{}, &executions.NotFoundError{What: fmt.Sprintf("order %s has no card %d", d.Name, unit)}
}

// CardInDoubt returns the card of a unit if it is unknown whether the card was issued. Otherwise it returns an error
// that says why the card is not in doubt.
func (d *OrderDetails) CardInDoubt(unit int) (workflows.UnitFailure, error) {
	for _, u := range d.FailedUnits() {
		switch {
		case u.Unit != unit:
		case u.Kind == giftcard.OutcomeUnknown:
			return u, nil
		default:
			return u, fmt.Errorf("card %d of order %s is not in doubt: it failed as %s", unit, d.Name, u.Kind)
		}
	}
	for _, c := range d.Cards() {
		if c.Unit == unit {
			return workflows.UnitFailure{}, fmt.Errorf("card %d of order %s is not in doubt: it exists", unit, d.Name)
		}
	}
	if d.State == executions.Running {
		return workflows.UnitFailure{}, fmt.Errorf("order %s is running: wait until it has finished", d.Name)
	}
	return workflows.UnitFailure{}, &executions.NotFoundError{
		What: fmt.Sprintf("order %s has no card %d in doubt", d.Name, unit),
	}
}

// UnitsInDoubt returns the units of a failed order for which it is unknown whether a card was issued.
func (d *OrderDetails) UnitsInDoubt() []int {
	var out []int
	for _, u := range d.FailedUnits() {
		if u.Kind == giftcard.OutcomeUnknown {
			out = append(out, u.Unit)
		}
	}
	return out
}

// FailedUnits returns the cards of a failed order that were not issued, or may not have been.
func (d *OrderDetails) FailedUnits() []workflows.UnitFailure {
	if d.Units == nil {
		return nil
	}
	return d.Units.Failed
}
