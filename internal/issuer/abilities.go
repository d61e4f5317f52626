package issuer

import (
	"context"
	"errors"
)

// Abilities is an issuer with the abilities that its adapter has. The ones that it does not have are nil.
type Abilities struct {
	Issuer
	Direct     Direct
	Deferred   Deferred
	Accounts   Accounts
	Offerer    Offerer
	Inspector  Inspector
	Canceller  Canceller
	Spender    Spender
	Documenter Documenter
	Prober     Prober
}

// Find returns the abilities of an issuer. An issuer that cannot issue cards is an error.
func Find(i Issuer) (Abilities, error) {
	a := Abilities{Issuer: i}
	a.Direct, _ = i.(Direct)
	a.Deferred, _ = i.(Deferred)
	a.Accounts, _ = i.(Accounts)
	a.Offerer, _ = i.(Offerer)
	a.Inspector, _ = i.(Inspector)
	a.Canceller, _ = i.(Canceller)
	a.Spender, _ = i.(Spender)
	a.Documenter, _ = i.(Documenter)
	a.Prober, _ = i.(Prober)
	if a.Direct == nil && a.Deferred == nil {
		return Abilities{}, errors.New(i.Words().Issuer + " cannot issue cards")
	}
	return a, nil
}

// Issue calls [Direct.Issue]. After an error that does not say what is known about the card, the card may exist.
func (a Abilities) Issue(ctx context.Context, r Request) (Card, error) {
	card, err := a.Direct.Issue(ctx, r)
	if err == nil {
		return card, nil
	}
	return Card{}, stated(err)
}

// Cancel calls [Canceller.Cancel] of an issuer that has no accounts. After an error that does not say what is known about the
// card, it may be cancelled.
func (a Abilities) Cancel(ctx context.Context, reference string) (State, error) {
	s, err := a.Canceller.Cancel(ctx, "", reference)
	return s, stated(err)
}

// stated returns err with what is known about the effect of the request. An error that does not say may have had one.
func stated(err error) error {
	if _, ok := errors.AsType[*Error](err); err == nil || ok {
		return err
	}
	return &Error{Effect: Unclear, Err: err}
}

// Activate calls [Deferred.Activate]. After an error that does not say what is known about the card, it may be active.
func (a Abilities) Activate(ctx context.Context, activation Activation) error {
	return stated(a.Deferred.Activate(ctx, activation))
}

// Ability is a line of the table of abilities.
type Ability struct {
	Name string
	Has  bool
	// Means says what the ability is for.
	Means string
}

// Table returns all abilities, for people to read.
func (a Abilities) Table() []Ability {
	return []Ability{
		{"direct", a.Direct != nil, "issues a card at once"},
		{"deferred", a.Deferred != nil, "promises a card and makes it later"},
		{"dedupes", a.Direct != nil && a.Direct.Dedupes(), "recognises the key of a card that it has issued"},
		{"accounts", a.Accounts != nil, "lists the accounts of its customers"},
		{"offers", a.Offerer != nil, "shows what it offers for an account"},
		{"inspect", a.Inspector != nil, "shows the state and the balance of a card"},
		{"cancel", a.Canceller != nil, "cancels a card"},
		{"spend", a.Spender != nil, "takes an amount off a card"},
		{"reverse", a.Spender != nil && a.Spender.Reverses(), "gives back what was taken off a card"},
		{"document", a.Documenter != nil, "makes a printable document of a card"},
		{"probe", a.Prober != nil, "answers a request that changes nothing"},
	}
}

// Names returns the names of the abilities that the issuer has.
func (a Abilities) Names() []string {
	var names []string
	for _, ability := range a.Table() {
		if ability.Has {
			names = append(names, ability.Name)
		}
	}
	return names
}
