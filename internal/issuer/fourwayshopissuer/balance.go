package fourwayshopissuer

import (
	"context"

	"github.com/giftbridge/giftbridge/internal/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
)

// The states of a card, for people to read. 4WS has no word for a card that was emptied.
const (
	active    = "active"
	notActive = "not active"
)

// Inspect implements [issuer.Inspector]. 4WS has no accounts, and the reference is the barcode.
func (i *Issuer) Inspect(ctx context.Context, _, reference string) (issuer.State, error) {
	card, err := i.client.Get(ctx, fourwayshop.Barcode(reference))
	if err != nil {
		return issuer.State{}, withKind(err)
	}
	s := issuer.State{
		MaskedNumber: card.Barcode.Masked(), Status: notActive,
		InitialBalance: card.OriginalAmount, CurrentBalance: card.Amount, Currency: card.Currency,
	}
	if card.Active {
		s.Status = active
	}
	return s, nil
}

// Cancel implements [issuer.Canceller]. 4WS cancels no cards, so it spends the whole value of a card that was not spent, once.
// A card that was spent is refused.
func (i *Issuer) Cancel(ctx context.Context, account, reference string) (issuer.State, error) {
	s, err := i.Inspect(ctx, account, reference)
	if err != nil {
		return s, &issuer.Error{Effect: issuer.None, Err: err}
	}
	refuse := func(format string, args ...any) (issuer.State, error) {
		return s, &issuer.Error{Effect: issuer.None, Err: giftcard.Errorf(giftcard.CardDeclined, format, args...)}
	}
	initial, badInitial := giftcard.ParseMoney(s.InitialBalance, s.Currency)
	now, bad := giftcard.ParseMoney(s.CurrentBalance, s.Currency)
	switch {
	case s.Status != active:
		return refuse("the card is not active, so nothing can be taken off it")
	case badInitial != nil || bad != nil:
		return refuse("Four Way Shop does not say what was spent of the card, so nothing was taken off it")
	case now != initial || now.Hundredths <= 0:
		return refuse("something of the card was spent, so nothing was taken off it: %s are left", now)
	}
	return s, i.Spend(ctx, issuer.Movement{Code: issuer.Code(reference), Amount: now})
}

// Spend implements [issuer.Spender].
func (i *Issuer) Spend(ctx context.Context, m issuer.Movement) error {
	return i.update(ctx, m, "-"+m.Amount.Amount(), nil)
}

// Reverses implements [issuer.Spender].
func (i *Issuer) Reverses() bool { return i.options.Adds }

// Reverse implements [issuer.Spender]. 4WS has no other way to give an amount back than the one in which a card is activated.
func (i *Issuer) Reverse(ctx context.Context, m issuer.Movement) error {
	if !i.Reverses() {
		return &issuer.Error{Effect: issuer.None, Err: giftcard.Errorf(giftcard.InvalidRequest,
			"it is not known whether Four Way Shop adds an amount to what is on a card, so nothing was given back")}
	}
	return i.add(ctx, m)
}
