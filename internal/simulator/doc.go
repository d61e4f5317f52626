// Package simulator has what the simulators of outside services share: the faults that happen to requests, the control
// routes through which another process steers a simulator, the responses, rate limits and counts. What one service alone
// does is in the package of its simulator, such as the ledger of an issuer.
//
// A service that changes something when it carries out a request, such as an issuer of cards, uses [Faults]: a fault may
// happen before or after the request takes effect, and a client cannot tell the two apart. A simulator with faults of its
// own kind uses [Draws], which only decides when a fault happens.
package simulator
