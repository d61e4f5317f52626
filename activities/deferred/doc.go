// Package deferred has the activities of cards that an issuer promises and makes later: see [issuer.Deferred]. Their
// workflow is DeferredCard. An activity does one step and never waits for a callback: a waiting activity would hold a slot
// that the work it waits for may need.
package deferred

import "github.com/giftbridge/giftbridge/internal/issuer"

// What workflows need of the port.
type (
	// Answer is what a callback says.
	Answer = issuer.Answer
	// Code is what a card is spent with.
	Code = issuer.Code
	// Step is a step in the life of a card that the issuer takes later.
	Step = issuer.Step
)

// The steps.
const (
	Generating = issuer.Generating
	Activating = issuer.Activating
	Draining   = issuer.Draining
)
