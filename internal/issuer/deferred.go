package issuer

import (
	"context"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// Later is what issuers have in common that take a request, and do what it asks for later. A callback says what became of
// it. The callback is only a hint, which may be late, repeated, lost or forged: Look shows what is true.
type Later interface {
	// Look returns the present state of a card. Its errors have a kind.
	Look(ctx context.Context, code Code) (Standing, error)
	// Answer reads the body of a callback of a step. An error says that the body is no such callback.
	Answer(step Step, body []byte) (Answer, error)
}

// Deferred is an issuer that promises a card and makes it later. A card takes two steps. [Deferred.Generate] asks for a
// card that is worth nothing; a callback brings its code. [Deferred.Activate] asks to give that card its value; a callback
// says what became of that.
type Deferred interface {
	Later
	// Generate asks for one card of an item, which is worth nothing yet. Its errors have a kind. It is safe to ask again:
	// a card that nobody activates stays worthless.
	Generate(ctx context.Context, item, callback string) error
	// Activate asks once that a card be given its value. Its errors are of type [*Error], with the effect None if it is
	// certain that nothing will come of the request, and Unclear otherwise.
	Activate(ctx context.Context, a Activation) error
}

// Step is what was asked of an issuer that answers later: a step in the making of a card, or a [Movement].
type Step string

// The steps.
const (
	Generating Step = "generate"
	Activating Step = "activate"
	Spending   Step = "spend"
	Reversing  Step = "reverse"
)

// Code is what a card is spent with: whoever knows it has the money. It does not show itself in texts.
type Code string

// String hides the code.
func (Code) String() string { return "(hidden)" }

// GoString hides the code.
func (c Code) GoString() string { return c.String() }

// Activation gives a card its value.
type Activation struct {
	Code  Code
	Item  string
	Value giftcard.Money
	// Reference is the key of the unit, for the issuer's records.
	Reference string
	// At is the time of the activation.
	At       time.Time
	Callback string
}

// Standing is the state of a card at an issuer that answers later.
type Standing struct {
	// Known reports whether the issuer knows the card. Everything else is empty if it does not.
	Known bool
	// Item is the code of the card's item; empty if the issuer does not say.
	Item string
	// Active reports whether the card can be spent.
	Active bool
	// Value is what is on the card now, and Original what it was activated with.
	Value, Original giftcard.Money
	// ValidUntil is when the card expires; zero if the issuer does not say.
	ValidUntil time.Time
	// InParts reports whether the issuer says that less than the whole value can be spent.
	InParts bool
}

// Answer is what a callback says.
type Answer struct {
	// OK reports whether the issuer says that the step is done.
	OK bool
	// Code, ValidFrom and ValidUntil describe the card that was generated. The times are zero if the issuer does not say.
	Code                  Code
	ValidFrom, ValidUntil time.Time
	// Kind is the kind of the refusal, and Message the issuer's words for it, for people to read.
	Kind    giftcard.Kind
	Message string
	// Job is the issuer's identifier of what it has done, for people who ask the issuer; empty if it does not say.
	Job string `json:",omitempty"`
}
