package issuer

import (
	"context"
	"errors"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// Issuer is what every adapter implements.
type Issuer interface {
	// Words returns the vendor's words, for messages.
	Words() Words
}

// Words are a vendor's words for what the port names in its own.
type Words struct {
	// Issuer is the name of the vendor.
	Issuer string
	// Account and Accounts are the account of a customer, and several.
	Account, Accounts string
	// Key is the idempotency key of a unit, and Reference the reference of a card.
	Key, Reference string
}

// Direct issues cards at once.
type Direct interface {
	// Issue issues one card. Its errors are of type [*Error].
	Issue(ctx context.Context, r Request) (Card, error)
	// Dedupes reports whether the issuer recognises the key of a card that it has issued, so that it is safe to ask for
	// the same card again.
	Dedupes() bool
}

// Request asks for one card.
type Request struct {
	// Key is the idempotency key of the unit.
	Key string
	// Account is the code of the customer's account; empty if the issuer has no accounts.
	Account string
	// Value is above zero.
	Value giftcard.Money
	To    Recipient
	// SendOn is the beginning of the day of delivery; the zero time means at once.
	SendOn time.Time
	// AdditionalContent is the operator's text that accompanies the card; empty means none.
	AdditionalContent string
}

// Recipient is who gets a card. Email is a valid address; the rest is as the buyer wrote it.
type Recipient struct {
	Email, Name, From, Message string
}

// Card is a card that was issued. It contains nothing that can be spent.
type Card struct {
	// Reference identifies the card at the issuer. OrderNumber is the issuer's number of the request, if it has one.
	Reference, OrderNumber string
	// MaskedNumber is the card's number with all but the last digits hidden.
	MaskedNumber string
}

// Accounts lists the accounts of the issuer's customers.
type Accounts interface {
	// Accounts returns all accounts for which cards can be issued. Its errors have a kind.
	Accounts(ctx context.Context) ([]Account, error)
}

// Account is a customer's account at the issuer.
type Account struct {
	Code string
	// Names are the names by which the customer may be known: the usual one, then the legal one.
	Names []string
}

// Offerer shows what the issuer offers for an account.
type Offerer interface {
	// Offer returns what can be ordered for an account. Its errors have a kind.
	Offer(ctx context.Context, account string) (Offer, error)
}

// Offer is what an issuer offers for an account, for people to read.
type Offer struct {
	// Items are the cards that can be ordered, and Designs what they can look like.
	Items, Designs Listing
}

// Listing is a list of facts in the vendor's words.
type Listing struct {
	// Name is the vendor's word for the list.
	Name string
	// Facts are printable, and their number is bounded. Omitted is the number of further facts.
	Facts   []Fact
	Omitted int
}

// Fact is a value and its name. The name may be empty.
type Fact struct {
	Name, Value string
}

// Empty reports whether the listing holds nothing.
func (l Listing) Empty() bool { return len(l.Facts) == 0 }

// Inspector reads the state of a card.
type Inspector interface {
	// Inspect returns the present state of a card. Its errors have a kind.
	Inspect(ctx context.Context, account, reference string) (State, error)
}

// State is the state of a card.
type State struct {
	MaskedNumber string
	// Status is the state in the vendor's words. Cancelled reports whether they mean that the card was cancelled.
	Status    string
	Cancelled bool
	// InitialBalance and CurrentBalance are decimals in Currency.
	InitialBalance, CurrentBalance, Currency string
}

// Canceller cancels cards.
type Canceller interface {
	// Cancel cancels a card and returns its state. Its errors have a kind. An issuer that answers later returns the state from
	// before, as [Inspector] shows the effect later; its errors are of type [*Error], and asking again is not safe after one
	// with the effect Unclear.
	Cancel(ctx context.Context, account, reference string) (State, error)
}

// Prober sends the issuer a request that changes nothing.
type Prober interface {
	// Probe fails while the issuer is unavailable. Its errors have a kind.
	Probe(ctx context.Context) error
}

// Effect is what is known about the effect of a request that failed.
type Effect int

const (
	// Unclear: the card may exist, or what was asked of it may be done.
	Unclear Effect = iota
	// None: it is certain that the request has issued no card, and changed none.
	None
	// Duplicate: the issuer itself says that a card was issued under this key before. The caller must know whether that
	// card can be its own.
	Duplicate
	// Different: a card was issued, and it is not the one that was requested.
	Different
)

// Error is a request for a card, or for a change of one, that failed.
type Error struct {
	Effect Effect
	// Err is the failure. It has a kind.
	Err error
}

// Error implements error.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the failure.
func (e *Error) Unwrap() error { return e.Err }

// EffectOf returns the effect of the request that err is about. It returns None if err is about anything else, such as what
// precedes the request.
func EffectOf(err error) Effect {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Effect
	}
	return None
}
