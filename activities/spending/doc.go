// Package spending has the activities of amounts that are taken off cards, and given back: see [issuer.Spender]. Their
// workflow is SpendCard. An activity does one step and never waits for a callback.
package spending

import "github.com/giftbridge/giftbridge/internal/issuer"

// What workflows need of the port.
type (
	// Answer is what a callback says.
	Answer = issuer.Answer
	// Step is what was asked of the issuer.
	Step = issuer.Step
)

// The steps.
const (
	Spending  = issuer.Spending
	Reversing = issuer.Reversing
)
