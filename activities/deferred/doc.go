// Package deferred has the activities of cards that an issuer promises and makes later: see [issuer.Deferred]. Their
// workflow is DeferredCard. An activity does one step and never waits for a callback: a waiting activity would hold a slot
// that the work it waits for may need.
package deferred
