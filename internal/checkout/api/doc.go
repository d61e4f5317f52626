// Package api serves the checkout API over HTTP: shops ask for the balance of a card, take an amount off it, see what became of
// that, and give it back. The contract is docs/openapi.yaml. A code comes in a body, never in an address. No answer, log
// line or error repeats a code, an idempotency key or what a client says about its buyer.
package api
